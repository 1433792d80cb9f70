"""Midnight Commander, which knows no script: keys are pressed for it in a terminal of tmux's."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from interop.clients._interface import Place, program

_SETTINGS = """\
[Midnight-Commander]
confirm_delete=0
confirm_overwrite=0
confirm_exit=0
auto_save_setup=0
use_subshell=0
"""
#: What it asks at a key, and what is answered.
_ANSWERS = {"F5": ("< OK >", ["Enter"]), "F8": ("recursively?", ["Right", "Right", "Enter"])}
_SECONDS = 30


class Mc:
    """At a folder of a server, through its ftp:// file system: LIST, PASV, SITE CHMOD.

    Args:
        own: an empty folder for its settings, and for tmux.
    """

    def __init__(self, place: Place, own: Path) -> None:
        self._mc, self._tmux = program("mc"), program("tmux")
        self._place = place
        self._own = own
        self._terminal = 0
        (own / ".config" / "mc").mkdir(parents=True)
        (own / ".config" / "mc" / "ini").write_text(_SETTINGS)

    def upload_only_item(self, folder: Path, is_done: Callable[[], bool]) -> None:
        """Copy what a folder here holds, one file or one tree."""
        self._press(str(folder), self._url, "F5", is_done)

    def download_only_item(self, folder: Path, is_done: Callable[[], bool]) -> None:
        """Copy what the folder there holds to one here."""
        self._press(self._url, str(folder), "F5", is_done)

    def delete_only_item(self, folder: Path, is_done: Callable[[], bool]) -> None:
        """Delete the tree that the folder there holds."""
        self._press(self._url, str(folder), "F8", is_done)

    @property
    def _url(self) -> str:
        place = self._place
        login = f"{place.user}:{place.password}"
        return f"ftp://{login}@{place.host}:{place.port}{place.folder}"

    def _press(self, left: str, right: str, key: str, is_done: Callable[[], bool]) -> None:
        with self._screen(left, right):
            # Each panel says it in its list, and of what the cursor is on below.
            self._until(lambda: self._shown().count("UP--DIR") == 4)
            self._keys("Down")
            self._until(lambda: self._shown().count("UP--DIR") == 3)
            self._keys(key)
            question, answer = _ANSWERS[key]
            self._until(lambda: question in self._shown())
            self._keys(*answer)
            self._until(is_done)

    @contextmanager
    def _screen(self, left: str, right: str) -> Iterator[None]:
        self._terminal += 1  # tmux's server of the last one may still be going away
        size = ["-d", "-x", "120", "-y", "40"]
        self._tell("-f", "/dev/null", "new-session", *size, f"{self._mc} -u '{left}' '{right}'")
        try:
            yield
        finally:
            self._tell("kill-server")

    def _shown(self) -> str:
        return self._tell("capture-pane", "-p")

    def _keys(self, *keys: str) -> None:
        for key in keys:
            self._tell("send-keys", key)

    def _tell(self, *words: str) -> str:
        environment = os.environ | {
            "HOME": str(self._own),
            "LC_ALL": "C.UTF-8",
            "TERM": "xterm",
            "TMUX_TMPDIR": str(self._own),
        }
        command = [self._tmux, "-L", f"mc{self._terminal}", *words]
        done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=30)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def _until(self, is_so: Callable[[], bool]) -> None:
        deadline = time.monotonic() + _SECONDS
        while not is_so():
            assert time.monotonic() < deadline, self._shown()
            time.sleep(0.05)
