"""`--workers N`: one process that waits, and others that serve.

Theory: the parent binds the sockets and forks; the workers accept from the same ones, so that no
connection is lost with a worker. The parent runs no event loop: it hands signals on, buries the
dead, and puts others in their place. Each worker has a process group of its own, or Ctrl-C would
reach it twice; and it holds the end of a pipe that the parent never writes to, which ends when the
parent does, however that came about.
"""

from __future__ import annotations

import contextlib
import logging
import os
import select
import signal
import sys
import time
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from types import FrameType

import anyio
import click

from anyftp._cli._ending._failure import Failure
from anyftp._cli._ending._signals import ending_signals

logger = logging.getLogger("anyftp.server")

#: Seconds that a worker has to have lived for the next one to begin at once.
_EARLY_SECONDS = 1.0
_READY = b"."


@dataclass(frozen=True, slots=True)
class Worker:
    """What a worker knows of itself.

    Attributes:
        index: from 0; who takes a dead one's place has its index.
        name: no other process has it.
    """

    index: int
    name: str
    _lifeline: int
    _ready: int

    def tell_ready(self) -> None:
        """The parent may say that there is a server."""
        os.write(self._ready, _READY)
        os.close(self._ready)

    async def until_alone(self) -> None:
        """Wait for the parent to end. Cancellation: safe."""
        await anyio.wait_readable(self._lifeline)


@dataclass(slots=True)
class _Child:
    worker: Worker
    ready: int | None
    began: float
    is_ready: bool = False

    def close(self) -> None:
        if self.ready is not None:
            os.close(self.ready)
            self.ready = None


class Workers:
    """This many workers.

    Args:
        work: what each does, in its own process, to the end; gives its exit status.
        announce: called once, when all are ready.
        reload: called in the parent on SIGHUP, before the workers get it.
        bury: called with each worker that has died.
        stop: called when the first signal comes that ends everything.
    """

    def __init__(
        self,
        count: int,
        *,
        work: Callable[[Worker], int],
        announce: Callable[[], None],
        reload: Callable[[], None],
        bury: Callable[[Worker], None],
        stop: Callable[[], None],
    ) -> None:
        self._count = count
        self._work = work
        self._announce = announce
        self._reload = reload
        self._bury = bury
        self._stop = stop
        self._children: dict[int, _Child] = {}
        self._waiting: list[tuple[float, int]] = []
        self._is_announced = False
        self._is_ending = False
        self._ended_by: int | None = None
        self._failure: int | None = None
        self._lifeline = (-1, -1)
        self._terminals = [number for number in range(3) if os.isatty(number)]

    def run(self) -> int | None:
        """Have them work until a signal ends them; the number of a second signal if one came.

        Raises:
            Failure: one could not begin.
        """
        self._lifeline = os.pipe()
        with _signals_received() as (received, wake):
            try:
                for index in range(self._count):
                    self._start(index)
                while self._children or self._waiting:
                    self._wait(wake)
                    while received:
                        self._obey(received.popleft())
                    self._reap()
                    self._start_again()
            finally:
                for pid, child in self._children.items():
                    child.close()
                    _send(pid, signal.SIGTERM)
                for end in self._lifeline:
                    os.close(end)
        if self._failure is not None:
            raise Failure("a worker could not begin", self._failure)
        return self._ended_by

    def _start(self, index: int) -> None:
        readable, writable = os.pipe()
        sys.stdout.flush()
        sys.stderr.flush()
        held_back = {*ending_signals(), signal.SIGCHLD}
        signal.pthread_sigmask(signal.SIG_BLOCK, held_back)
        pid = os.fork()
        if pid == 0:
            _mean_what_they_mean()
            worker = Worker(index, f"worker {index} {os.getpid()}", self._lifeline[0], writable)
            os._exit(self._child(worker, readable))
        signal.pthread_sigmask(signal.SIG_UNBLOCK, held_back)
        os.close(writable)
        worker = Worker(index, f"worker {index} {pid}", self._lifeline[0], writable)
        self._children[pid] = _Child(worker, readable, time.monotonic())

    def _child(self, worker: Worker, readable: int) -> int:
        """All that a worker does; whatever happens, nothing of the parent's runs in it."""
        status = 1
        try:
            os.setpgid(0, 0)
            os.close(readable)
            os.close(self._lifeline[1])
            for child in self._children.values():
                child.close()
            status = self._work(worker)
        except click.ClickException as error:
            error.show()
            status = error.exit_code
        except BaseException:
            logger.exception("a worker failed")
        finally:
            with contextlib.suppress(OSError, ValueError):
                sys.stdout.flush()
                sys.stderr.flush()
        return status

    def _wait(self, wake: int) -> None:
        pipes = {child.ready: child for child in self._children.values() if child.ready is not None}
        seconds = None
        if self._waiting:
            seconds = max(0.0, min(moment for moment, _ in self._waiting) - time.monotonic())
        for found in select.select([wake, *pipes], [], [], seconds)[0]:
            if found == wake:
                os.read(wake, 4096)
            else:  # ready, or dead
                pipes[found].is_ready = os.read(found, 1) == _READY
                pipes[found].close()
        are_ready = all(child.is_ready for child in self._children.values())
        if are_ready and len(self._children) == self._count and not self._is_announced:
            self._is_announced = True
            self._announce()

    def _obey(self, number: int) -> None:
        if number == signal.SIGCHLD:
            return
        if number == getattr(signal, "SIGHUP", None):
            if not has_hung_up(self._terminals):
                self._reload()
                return self._tell(number)
            number = signal.SIGTERM  # nobody is there to send a second one
        if self._is_ending:
            self._ended_by = number
        else:
            self._end()
        return self._tell(number)

    def _end(self) -> None:
        if not self._is_ending:
            self._is_ending = True
            self._waiting.clear()
            self._stop()

    def _tell(self, number: int) -> None:
        for pid in self._children:
            _send(pid, number)

    def _reap(self) -> None:
        for pid in tuple(self._children):
            found, status = os.waitpid(pid, os.WNOHANG)
            if found == pid:
                child = self._children.pop(pid)
                self._bury(child.worker)
                if not self._is_ending:
                    self._mourn(child, os.waitstatus_to_exitcode(status))
                child.close()

    def _mourn(self, child: _Child, code: int) -> None:
        """One has died whom nobody told to."""
        if not self._is_announced:
            self._failure = code if code > 0 else 1
            self._end()
            return self._tell(signal.SIGTERM)
        how = f"by signal {-code}" if code < 0 else f"with status {code}"
        logger.error("%s ended %s; another takes its place", child.worker.name, how)
        lived = time.monotonic() - child.began
        pause = 0.0 if lived >= _EARLY_SECONDS else _EARLY_SECONDS
        self._waiting.append((time.monotonic() + pause, child.worker.index))
        return None

    def _start_again(self) -> None:
        now = time.monotonic()
        due = [index for moment, index in self._waiting if moment <= now]
        self._waiting = [(moment, index) for moment, index in self._waiting if moment > now]
        for index in due:
            self._start(index)


@contextlib.contextmanager
def _signals_received() -> Iterator[tuple[deque[int], int]]:
    """The signals that come, and a descriptor that is readable when one has."""
    received: deque[int] = deque()
    readable, writable = os.pipe()
    os.set_blocking(writable, False)

    def note(number: int, frame: FrameType | None) -> None:
        received.append(number)

    numbers = [*ending_signals(), signal.SIGCHLD]
    handlers = {number: signal.signal(number, note) for number in numbers}
    former = signal.set_wakeup_fd(writable, warn_on_full_buffer=False)
    pid = os.getpid()
    try:
        yield received, readable
    finally:
        if os.getpid() == pid:
            signal.set_wakeup_fd(former)
            for number, handler in handlers.items():
                signal.signal(number, handler)
            os.close(readable)
            os.close(writable)


def _mean_what_they_mean() -> None:
    """In a worker: signals do what they do to a program that begins, those that wait included."""
    signal.set_wakeup_fd(-1)
    numbers = [*ending_signals(), signal.SIGCHLD]
    for number in numbers:
        signal.signal(number, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, numbers)


def has_hung_up(terminals: list[int]) -> bool:
    """Whether the terminal that the server was started on is gone, which is told by SIGHUP too."""
    return bool(terminals) and not any(os.isatty(number) for number in terminals)


def _send(pid: int, number: int) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, number)
