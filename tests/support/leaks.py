"""Open file descriptors, looked at before and after a test."""

from __future__ import annotations

import gc
import os
import time

#: A text: paths as objects would cost more than the look itself, of which there are two a test.
_TABLE = "/proc/self/fd"
_IGNORED = ("/dev/", "anon_inode:inotify")


def open_descriptors() -> dict[int, str]:
    """What each open descriptor of this process refers to; empty where /proc is missing."""
    found: dict[int, str] = {}
    if not os.path.isdir(_TABLE):
        return found
    listing_itself = f"/proc/{os.getpid()}/fd"
    for name in os.listdir(_TABLE):
        try:
            target = os.readlink(f"{_TABLE}/{name}")
        except OSError:  # the descriptor of the listing itself
            continue
        if not target.startswith(_IGNORED) and target != listing_itself:
            found[int(name)] = target
    return found


def leaked_since(before: dict[int, str], *, patience: float = 0.5) -> list[str]:
    """Descriptors opened since `before` and still open.

    Collecting garbage comes only second, for it is slow; an object that it has to close announces
    itself by a ResourceWarning, and that is an error here. A worker thread that was abandoned may
    still be about to close its file, hence the patience, in seconds.
    """
    end = time.monotonic() + patience
    new = _new(before)
    if new:
        gc.collect()
        new = _new(before)
    while new and time.monotonic() < end:
        time.sleep(0.01)
        new = _new(before)
    return new


def _new(before: dict[int, str]) -> list[str]:
    now = open_descriptors()
    return sorted(f"{fd} -> {what}" for fd, what in now.items() if before.get(fd) != what)
