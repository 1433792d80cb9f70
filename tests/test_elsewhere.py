"""The library can be imported where calls of POSIX are missing, as on Windows.

What the standard library has there is imitated in a process of its own: the event loops come first,
then names go that only some systems have.
"""

from __future__ import annotations

import subprocess
import sys

import pytest

_PROGRAM = """
import asyncio, os, pathlib, select, signal, socket, sys, tempfile
import contextlib
import anyio, anyio._backends._asyncio
with contextlib.suppress(ImportError):
    import trio

def without(module, *names):
    for name in list(vars(module)):
        if name.startswith(names):
            delattr(module, name)

without(select, "poll", "POLL", "epoll", "EPOLL", "kqueue")
without(os, "sendfile", "splice", "SPLICE", "readv", "preadv", "pread", "writev", "pwrite")
without(os, "fork", "register_at_fork", "getuid", "geteuid", "getgid", "chown", "fchown", "fchmod")
without(os, "statvfs", "posix_", "O_NOFOLLOW", "O_DIRECTORY", "O_NONBLOCK", "O_CLOEXEC")
without(socket, "AF_UNIX", "SO_REUSEPORT", "SO_RCVLOWAT", "MSG_DONTWAIT")
without(signal, "SIGHUP", "SIGUSR", "SIGTSTP", "SIGCONT", "SIGWINCH", "SIGPIPE", "SIGQUIT")
for name in ("fcntl", "pwd", "grp", "resource", "termios", "tty", "pty"):
    sys.modules[name] = None
sys.platform = "win32"

import importlib
package = importlib.import_module(sys.argv[1])
for name in package.__all__:
    getattr(package, name)
"""


@pytest.mark.parametrize("package", ["anyftp", "anyftp_compat"])
def test_every_name_is_there(package: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", _PROGRAM, package], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
