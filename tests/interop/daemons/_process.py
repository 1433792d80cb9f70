"""A server's process: start it, wait for its greeting, end it with all that it forked."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import ssl
import subprocess
import time
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from interop.daemons._setup import Setup, Unavailable


@dataclass
class Daemon:
    """A running server."""

    setup: Setup
    process: subprocess.Popen[bytes]

    @property
    def host(self) -> str:
        return self.setup.host

    @property
    def port(self) -> int:
        return self.setup.port

    @property
    def user(self) -> str:
        return self.setup.user

    @property
    def password(self) -> str:
        return self.setup.password

    def folder(self) -> tuple[Path, PurePosixPath]:
        """A new folder that the user may write into: as the disk and as a client names it."""
        local = self.setup.home / uuid.uuid4().hex
        local.mkdir()
        self.setup.give(local)
        return local, PurePosixPath("/", local.name)

    def put(self, path: Path, content: bytes) -> None:
        """Lay down a file that belongs to the user."""
        path.write_bytes(content)
        self.setup.give(path)

    def log(self) -> str:
        """The ends of all that it logged."""
        logs = sorted(self.setup.run.glob("*.log"))
        return "".join(f"--- {p.name}\n{p.read_text(errors='replace')[-2000:]}" for p in logs)

    def stop(self) -> None:
        _end(self.process)
        self.setup.remove()


def launch(setup: Setup, command: Sequence[str]) -> Daemon:
    environment = {
        **os.environ,
        "TZ": "UTC",
        "LC_ALL": "C.UTF-8",
        "OPENSSL_CONF": str(setup.openssl_configuration()),
    }
    if setup.file_bytes is not None:
        command = ["prlimit", f"--fsize={setup.file_bytes}", *command]
    with open(setup.run / "output.log", "wb") as log:
        process = subprocess.Popen(
            command,
            cwd=setup.run,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
        )
    daemon = Daemon(setup, process)
    try:
        _await_greeting(daemon)
    except BaseException:
        daemon.stop()
        raise
    return daemon


def _await_greeting(daemon: Daemon, patience: float = 10.0) -> None:
    end = time.monotonic() + patience
    problem = ""
    while time.monotonic() < end and daemon.process.poll() is None:
        try:
            greeting = _greeting(daemon.setup)
        except OSError as error:
            problem = str(error)
        else:
            if greeting.startswith(b"220"):
                return
            problem = repr(greeting)
        time.sleep(0.02)
    status = daemon.process.poll()
    raise Unavailable(f"{daemon.setup.name} did not start: {problem}, {status=}\n{daemon.log()}")


def _greeting(setup: Setup) -> bytes:
    with socket.create_connection((setup.host, setup.port), 5) as plain:
        if setup.tls != "implicit":
            return plain.recv(512)
        context = ssl.create_default_context(cafile=setup.certificate.authority)
        with context.wrap_socket(plain, server_hostname=setup.host) as encrypted:
            return encrypted.recv(512)


def _end(process: subprocess.Popen[bytes]) -> None:
    """Kill a process and its descendants; there is nothing that they should save.

    Sessions of these daemons are processes of their own, some of them session leaders, so that
    neither the parent's end nor a signal to its process group would reach them all.
    """
    family = _descendants(process.pid)
    process.kill()
    process.wait()
    for pid in family:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


def _descendants(pid: int) -> list[int]:
    found = []
    with contextlib.suppress(OSError):
        for word in Path(f"/proc/{pid}/task/{pid}/children").read_text().split():
            found += [int(word), *_descendants(int(word))]
    return found
