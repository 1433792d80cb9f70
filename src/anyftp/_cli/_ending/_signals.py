"""Signals that end a command: noted while something is under way, and heeded at its next wait.

A handler that raises would raise anywhere: in the middle of a clean-up, in an event loop that logs
what it does not know, between a file and the `with` that closes it. So it only writes down which
signal came, and wakes who waits for that through a socket, on every event loop alike. A second
signal ends the process at once: whoever asks twice does not want the clean-up.
"""

from __future__ import annotations

import os
import signal
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from types import FrameType

import anyio

from anyftp._cli._ending._failure import Interrupted, interrupted_by


def ending_signals() -> list[signal.Signals]:
    """The signals that end a command, but those that whoever started us has ignored (nohup)."""
    names = ("SIGINT", "SIGTERM", "SIGHUP")  # Windows has two of them
    numbers = [signal.Signals[name] for name in names if hasattr(signal, name)]
    return [number for number in numbers if signal.getsignal(number) != signal.SIG_IGN]


class NotedSignals:
    """What came while a block was under way; made by `noted_signals`.

    Args:
        is_patient: the second signal does not end the process.
    """

    def __init__(self, *, is_patient: bool) -> None:
        self._came: list[int] = []
        self._told = 0
        self._is_patient = is_patient
        self._bell, self._button = socket.socketpair()
        self._bell.setblocking(False)
        self._button.setblocking(False)

    def note(self, number: int, frame: FrameType | None) -> None:
        """Write a signal down; a handler of signals."""
        if self._came and not self._is_patient:
            try:
                os.write(2, b"anyftp: interrupted\n")
            finally:  # whether or not somebody is there to read it
                os._exit(128 + number)
        self._came.append(number)
        with suppress(BlockingIOError):  # it has been rung often enough
            self._button.send(b"!")

    @property
    def failure(self) -> Interrupted | None:
        """The failure that stands for the first signal, if one came."""
        return interrupted_by(self._came[0]) if self._came else None

    async def next(self) -> int:
        """Wait for the next signal. Cancellation: safe."""
        while len(self._came) == self._told:
            await anyio.wait_readable(self._bell)
            self._bell.recv(4096)
        self._told += 1
        return self._came[self._told - 1]

    def close(self) -> None:
        """Let go of the sockets."""
        self._bell.close()
        self._button.close()


@contextmanager
def noted_signals(*, is_patient: bool = False) -> Iterator[NotedSignals]:
    """Inside, signals that would end the process are noted, and whoever waits for them is woken.

    Args:
        is_patient: any number of them; otherwise the second one ends the process.
    """
    noted = NotedSignals(is_patient=is_patient)
    try:
        with _handled_by(noted.note):
            yield noted
    finally:
        noted.close()


@contextmanager
def signals_that_raise() -> Iterator[None]:
    """Inside, what would end the process raises: for what waits without an event loop.

    Raises:
        Interrupted: a signal came.
    """

    def interrupt(number: int, frame: FrameType | None) -> None:
        raise interrupted_by(number)

    with _handled_by(interrupt):
        yield


@contextmanager
def _handled_by(handler: Callable[[int, FrameType | None], None]) -> Iterator[None]:
    handlers = {number: signal.getsignal(number) for number in ending_signals()}
    try:
        for number in handlers:
            signal.signal(number, handler)
        yield
    finally:
        for number, before in handlers.items():
            signal.signal(number, before)
