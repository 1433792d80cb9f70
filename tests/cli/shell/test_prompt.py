"""The shell on a real terminal."""

import os
import pty
import select
import signal
import subprocess
import time
from pathlib import Path

from cli.running import PATIENCE, command, environment
from cli.shell.served import tree


class Terminal:
    """`anyftp shell` on a terminal of its own."""

    def __init__(self, url: str, folder: Path) -> None:
        self._ours, theirs = pty.openpty()
        self.process = subprocess.Popen(
            command(["shell", f"{url}/"]),
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
            cwd=folder,
            env={**environment(), "TERM": "xterm", "COLUMNS": "80", "LINES": "24"},
            start_new_session=True,
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
        )
        os.close(theirs)
        self._unseen = ""

    def until(self, text: str) -> None:
        """Wait until something is shown that was not there at the last look."""
        end = time.monotonic() + PATIENCE
        while text not in self._unseen:
            assert time.monotonic() < end, (text, self._unseen)
            if select.select([self._ours], [], [], 0.1)[0]:
                self._unseen += os.read(self._ours, 65536).decode(errors="replace")
        self._unseen = self._unseen.partition(text)[2]

    def type(self, text: str) -> None:
        os.write(self._ours, text.encode())

    def close(self) -> None:
        self.process.kill()
        self.process.wait()
        os.close(self._ours)


def test_ctrl_c_ends_a_transfer_and_keeps_the_session(url: str, tmp_path: Path) -> None:
    terminal = Terminal(url, tmp_path)
    try:
        terminal.until(":/>")
        terminal.type("limit 1M\r")
        terminal.until("1.00 MiB/s")
        terminal.until(":/>")
        terminal.type("get big\r")
        terminal.until("MiB/s")
        os.kill(terminal.process.pid, signal.SIGINT)
        terminal.until("interrupted")
        terminal.until(":/>")
        terminal.type("cd su\t")
        terminal.until("b/")  # which Tab has added
        terminal.type("\r")
        terminal.until(":/sub>")
        terminal.type("\x04")
        assert terminal.process.wait(PATIENCE) == 0
    finally:
        terminal.close()
    assert tree(tmp_path) == set()
