"""The library can be imported, and moves files, where calls of POSIX are missing, as on Windows.

What the standard library has there is imitated in a process of its own: the event loops come first,
then names go that only some systems have.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

_ELSEWHERE = """
import asyncio, os, pathlib, select, selectors, signal, socket, sys, types
import contextlib
import anyio, anyio._backends._asyncio
with contextlib.suppress(ImportError):
    import trio

def without(module, *names):
    for name in list(vars(module)):
        if name.startswith(names):
            delattr(module, name)

selectors.select = types.SimpleNamespace(**vars(select))  # Python's own loop still waits by it
family, socketpair = socket.AF_UNIX, socket.socketpair
socket.socketpair = lambda *_: socketpair(family)  # made of two connections there
without(select, "poll", "POLL", "epoll", "EPOLL", "kqueue")
without(os, "sendfile", "splice", "SPLICE", "readv", "preadv", "pread", "writev", "pwrite")
without(os, "fork", "register_at_fork", "getuid", "geteuid", "getgid", "chown", "fchown", "fchmod")
without(os, "statvfs", "posix_", "O_NOFOLLOW", "O_DIRECTORY", "O_NONBLOCK", "O_CLOEXEC")
without(socket, "AF_UNIX", "SO_REUSEPORT", "SO_RCVLOWAT", "MSG_DONTWAIT")
without(signal, "SIGHUP", "SIGUSR", "SIGTSTP", "SIGCONT", "SIGWINCH", "SIGPIPE", "SIGQUIT")
for name in ("fcntl", "pwd", "grp", "resource", "termios", "tty", "pty"):
    sys.modules[name] = None
sys.platform = "win32"
"""

_IMPORTS = """
import importlib
package = importlib.import_module(sys.argv[1])
for name in package.__all__:
    getattr(package, name)
"""


@pytest.mark.parametrize("package", ["anyftp", "anyftp_compat"])
def test_every_name_is_there(package: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", _ELSEWHERE + _IMPORTS, package],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr


# What is open can neither be renamed nor removed there.
_FILES = """
def refused_while_open(call):
    def checked(path, *more, **options):
        for fd in os.listdir("/proc/self/fd"):
            with contextlib.suppress(FileNotFoundError):
                if os.readlink(f"/proc/self/fd/{fd}") == os.fspath(path):
                    raise PermissionError(13, "it is open", path)
        return call(path, *more, **options)
    return checked

for name in ("rename", "replace", "unlink", "remove"):
    setattr(os, name, refused_while_open(getattr(os, name)))
os.supports_dir_fd.clear()
os.supports_fd.clear()

import shutil
from anyftp import Client, LocalFileSystem, Server, User, hash_password

SIZES = {"nothing": 0, "small": 1000, "moderate": 100_000, "large": 3_000_000}

async def main():
    here, there = pathlib.Path(sys.argv[1], "here"), pathlib.Path(sys.argv[1], "there")
    for folder in (here, there):
        folder.mkdir()
    for name, size in SIZES.items():
        (here / name).write_bytes(os.urandom(size))
    user = User("alice", hash_password("wonder"), file_system=LocalFileSystem(there))
    server = Server([user], extensions=["HASH"])
    async with anyio.create_task_group() as tasks:
        (address,) = await tasks.start(server.serve, "127.0.0.1", 0)
        async with Client.context(*address[:2], user="alice", password="wonder") as client:
            await there_and_back(client, here, there)
        tasks.cancel_scope.cancel()

async def there_and_back(client, here, there):
    for name in SIZES:
        for _ in range(2):  # the second time it replaces
            await client.upload(here / name, f"/{name}", verify="SHA-256")
            assert (there / name).read_bytes() == (here / name).read_bytes()
            await client.download(f"/{name}", here / "back")
            assert (there / name).read_bytes() == (here / "back").read_bytes()
    await resumed(client, here, there)
    async with client.append_stream("/small") as stream:
        await stream.write(b"more")
    assert (there / "small").read_bytes() == (here / "small").read_bytes() + b"more"
    await client.rename("/small", "/moderate")
    await client.mirror_upload(here, "/mirror")
    await client.mirror_download("/mirror", here.parent / "again")
    for name in SIZES:
        assert (here.parent / "again" / name).read_bytes() == (here / name).read_bytes()
    await client.remove("/mirror")
    file = await LocalFileSystem(there).open_write(pathlib.PurePosixPath("/broken"))
    await file.write(memoryview(bytes(200_000)))
    await file.aclose()  # without a commit
    assert sorted(os.listdir(there)) == ["large", "moderate", "nothing"], os.listdir(there)

async def resumed(client, here, there):
    whole = (here / "large").read_bytes()
    await client.download("/large", here / "resumed", resume=True)
    assert (here / "resumed").read_bytes() == whole
    (here / "part").write_bytes(whole[:1_000_000])
    (there / "part").write_bytes(whole[:1_000_000])
    await client.upload(here / "large", "/part", resume=True)
    assert (there / "part").read_bytes() == whole
    await client.download("/large", here / "segmented", segments=3)
    assert (here / "segmented").read_bytes() == whole
    os.remove(there / "part")
    for name in ("resumed", "segmented", "part", "back"):
        os.remove(here / name)

anyio.run(main)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="it looks at /proc to see what is open")
def test_files_are_moved(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", _ELSEWHERE + _FILES, str(tmp_path)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
