"""The command as a process of its own, and servers made of a function."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from click.testing import CliRunner

from anyftp._cli._main import anyftp

#: Whatever takes so long hangs. It is no measure of speed: a busy machine may be slow.
PATIENCE = 45.0

Handler = Callable[[socket.socket], None]


@dataclass(frozen=True, slots=True)
class Run:
    """What a run of the command came to."""

    returncode: int
    stdout: str
    stderr: str


class Started(subprocess.Popen[str]):
    """A process that does not outlive a test that fails."""

    def __exit__(self, kind: Any, *rest: Any) -> None:
        if kind is not None:
            self.kill()
        super().__exit__(kind, *rest)


def start(*arguments: str, cwd: Path | None = None) -> subprocess.Popen[str]:
    """Start `anyftp` without waiting for it, as from a terminal.

    A shell that runs these tests in the background has SIGINT ignored, and children inherit that.
    """
    return Started(
        command(arguments),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=cwd,
        env=environment(),
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )


def run(*arguments: str, text: str = "", cwd: Path | None = None) -> Run:
    """Run `anyftp` in this process, with text on its standard input."""
    with contextlib.chdir(cwd or Path.cwd()), standard_input(text):
        result = CliRunner().invoke(anyftp, arguments, prog_name="anyftp")
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return Run(result.exit_code, result.stdout, result.stderr)


@contextlib.contextmanager
def standard_input(text: str) -> Iterator[None]:
    """Have text come through descriptor 0."""
    saved = os.dup(0)
    try:
        with tempfile.TemporaryFile() as file:
            file.write(text.encode())
            file.seek(0)
            os.dup2(file.fileno(), 0)
        yield
    finally:
        os.dup2(saved, 0)
        os.close(saved)


def run_process(*arguments: str, text: str = "", cwd: Path | None = None) -> Run:
    """Run `anyftp` in a process of its own, with text on its standard input."""
    process = subprocess.run(
        command(arguments),
        input=text,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
        cwd=cwd,
        env=environment(),
    )
    return Run(process.returncode, process.stdout, process.stderr)


def command(arguments: Sequence[str]) -> list[str]:
    return [sys.executable, "-m", "anyftp", *arguments]


def environment() -> dict[str, str]:
    """Ours, with warnings shown: a resource left open would add a line to standard error."""
    return {**os.environ, "PYTHONWARNINGS": "default", "PYTHONUTF8": "1"}


def assert_succeeded(process: Run) -> None:
    assert (process.returncode, process.stderr) == (0, "")


def assert_failed(process: Run, reason: str, status: int | None = None) -> None:
    """It left one line that gives the reason, and the right status: None for any failure's."""
    assert process.stderr.count("\n") == 1, process.stderr
    assert process.stderr.startswith("anyftp: ")
    assert reason in process.stderr
    assert process.returncode == status or (status is None and process.returncode not in (0, 2))


def wait_for(condition: Callable[[], bool]) -> None:
    end = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.02)


@contextlib.contextmanager
def peer(handler: Handler) -> Iterator[int]:
    """Run handler, in a thread, for the first connection to a port of 127.0.0.1; gives the port."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=_serve_one, args=(listener, handler))
        thread.start()
        try:
            yield listener.getsockname()[1]
        finally:
            with contextlib.suppress(OSError):
                listener.shutdown(socket.SHUT_RDWR)
            thread.join(PATIENCE)
    assert not thread.is_alive()


def _serve_one(listener: socket.socket, handler: Handler) -> None:
    with contextlib.suppress(OSError):  # the client may go at any moment
        connection, _ = listener.accept()
        with connection:
            connection.settimeout(PATIENCE)
            handler(connection)


def answering(replies: dict[str, str], greeting: str = "220 ready") -> Handler:
    """A server that answers by verb; after QUIT, or a verb without an answer, it hangs up."""

    def handle(connection: socket.socket) -> None:
        connection.sendall(f"{greeting}\r\n".encode())
        for line in connection.makefile("rb"):
            verb = line.split()[0].decode().upper()
            if verb not in replies:
                return
            connection.sendall(f"{replies[verb]}\r\n".encode())

    return handle
