"""Copies between a socket and a file in a worker thread, a slice at a time.

A *slice* lasts at most `SLICE_SECONDS`. It runs in a worker because the file's side may block on a
disk. Between slices the event loop reports progress, asks the throttles, and
waits for a slow peer, so that a slow peer holds no thread.

A cancelled copy must not return while a thread may still use its file descriptors. So a slice is
interrupted through a socket pair and waited for: that takes one chunk's time at most.
"""

from __future__ import annotations

import contextlib
import errno
import select
import socket
import sys
import time
from abc import ABC, abstractmethod
from collections.abc import Iterator
from enum import Enum, auto
from types import TracebackType
from typing import Self

import anyio
from anyio.lowlevel import RunVar

from anyftp._streams._threads import run_in_thread, take
from anyftp._streams._turns import Turns

SLICE_SECONDS = 0.03
#: Largest piece in one system call: bounds how long a cancellation waits.
CHUNK_BYTES = 1 << 20
#: A peer that is not ready after this time is waited for on the event loop.
_PATIENCE_MILLISECONDS = 2

#: A slice that received so much shows a peer so fast that waking up for each packet is waste.
_FAST_BYTES = 2 << 20
_LOW_WATER_BYTES = 131072

IS_AVAILABLE = hasattr(select, "poll")
_UNSUPPORTED = frozenset({errno.EINVAL, errno.ENOSYS, errno.EOPNOTSUPP, errno.ENOTSOCK})

_MAX_UNLIMITED_COPIES = 16
_turns: RunVar[Turns] = RunVar("unlimited_kernel_copies")
#: For files that have no limiter of their own.
_MAX_THREADS = 40
_limiter: RunVar[anyio.CapacityLimiter] = RunVar("kernel_copies")


def unlimited_copies() -> Turns:
    """The turns of all copies that no throttle holds back."""
    turns = _turns.get(None)
    if turns is None:
        turns = Turns(_MAX_UNLIMITED_COPIES)
        _turns.set(turns)
    return turns


def _shared_threads() -> anyio.CapacityLimiter:
    limiter = _limiter.get(None)
    if limiter is None:
        limiter = anyio.CapacityLimiter(_MAX_THREADS)
        _limiter.set(limiter)
    return limiter


class Outcome(Enum):
    """How a slice ended."""

    MORE = auto()  # time or budget used up
    BLOCKED = auto()  # the peer is not ready
    END = auto()  # nothing more to copy
    UNSUPPORTED = auto()  # the platform or this kind of file will not


class Unsupported(Exception):
    """This way is closed for this file; what had been taken from the socket is in the file."""


class FileFailed(Exception):
    """Reading or writing the file failed; the cause is the error. Others are the socket's."""


class SlicedCopy(ABC):
    """One copy between a socket and a file, in slices.

    It works on a duplicate of the socket's descriptor. Should another task close the socket
    meanwhile, the number stays taken, and no byte can go to a connection that is opened next.

    Attributes:
        nbytes: moved so far.
        socket, socket_fd: the non-blocking socket.
        fd: the file.
        unsent: read from the file, but not taken by the socket yet.
        limiter: of the threads that may be busy with files like this one; None for those that all
            others share.
        resources: what `close` frees.

    Raises:
        OSError: there are not enough descriptors left.
    """

    def __init__(self, sock: socket.socket, fd: int) -> None:
        self.nbytes = 0
        self.fd = fd
        self.unsent = memoryview(b"")
        self.limiter: anyio.CapacityLimiter | None = None
        self.resources = contextlib.ExitStack()
        self._is_cancelled = False
        self._is_fast = False
        try:
            self.open(sock)
        except BaseException:
            self.close()
            raise

    def open(self, sock: socket.socket) -> None:
        """Get hold of all descriptors that the copy needs."""
        self.socket = self.resources.enter_context(sock.dup())
        self.socket_fd = self.socket.fileno()
        self._loop_end, self._worker_end = socket.socketpair()
        self.resources.enter_context(self._loop_end)
        self.resources.enter_context(self._worker_end)
        self._loop_end.setblocking(False)
        self._poll = select.poll()
        self._poll.register(self._worker_end.fileno(), select.POLLIN)
        self._poll.register(self.socket_fd, self.events)

    #: What to poll the socket for.
    events = 0

    @abstractmethod
    def move(self, nbytes: int) -> int:
        """Move up to nbytes; returns how many, 0 at the end.

        Raises:
            BlockingIOError: the socket is not ready.
            OSError: the connection failed.
            FileFailed: reading or writing the file failed.
            Unsupported: the next way has to go on from here.
        """

    async def run_slice(self, max_bytes: int | None) -> Outcome:
        """Copy for a while in a worker thread.

        Args:
            max_bytes: stop after so many; None for no bound but time.

        Raises:
            OSError: the connection failed.
            FileFailed: reading or writing the file failed.

        Cancellation: interrupts the copy at once; when it returns, no thread uses the file.
        """
        # First a thread of the file's own: who waits for one has no turn yet.
        limiter = self.limiter or _shared_threads()
        await take(limiter)
        try:
            if max_bytes is not None:
                return await self._run_in_thread(max_bytes)
            async with unlimited_copies().turn():
                return await self._run_in_thread(None)
        finally:
            limiter.release()

    async def _run_in_thread(self, max_bytes: int | None) -> Outcome:
        limiter = anyio.CapacityLimiter(1)  # those that count have been asked by now
        return await run_in_thread(
            self._slice, max_bytes, limiter=limiter, interrupt=self._interrupt
        )

    def _interrupt(self) -> None:
        self._is_cancelled = True
        self._loop_end.send(b"!")

    def _slice(self, max_bytes: int | None) -> Outcome:
        if self._is_cancelled:
            return Outcome.MORE
        before = self.nbytes
        with self._few_wakes() if self._is_fast else contextlib.nullcontext():
            outcome = self._move_on(max_bytes)
        self._is_fast = max_bytes is None and self.nbytes - before >= _FAST_BYTES
        return outcome

    @contextlib.contextmanager
    def _few_wakes(self) -> Iterator[None]:
        """Be woken by 128 KiB, not by each packet: a fifth less work, for the sender as well.

        Only inside a slice: nobody waits there for longer than a moment, so that a peer who has
        become slow is heard all the same.
        """
        if sys.platform != "linux" or self.events != select.POLLIN:
            yield
            return
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVLOWAT, _LOW_WATER_BYTES)
        try:
            yield
        finally:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVLOWAT, 1)

    def _move_on(self, max_bytes: int | None) -> Outcome:
        stop = time.monotonic() + SLICE_SECONDS
        last = None if max_bytes is None else self.nbytes + max_bytes
        while last is None or self.nbytes < last:
            room = CHUNK_BYTES if last is None else min(CHUNK_BYTES, last - self.nbytes)
            try:
                moved = self.move(room)
            except BlockingIOError:
                if not self._is_ready():
                    return Outcome.BLOCKED
                continue
            except Unsupported:
                return Outcome.UNSUPPORTED
            except OSError as error:
                if self.is_unsupported(error):
                    return Outcome.UNSUPPORTED
                raise
            if not moved:
                return Outcome.END
            self.nbytes += moved
            if self._is_cancelled or time.monotonic() >= stop:
                break
        return Outcome.MORE

    def is_unsupported(self, error: OSError) -> bool:
        """Whether an error in the first move says that this way is closed."""
        return error.errno in _UNSUPPORTED and not self.nbytes

    def _is_ready(self) -> bool:
        """Wait a moment for the socket; an interruption looks like a peer that is not ready."""
        ready = {fd for fd, _ in self._poll.poll(_PATIENCE_MILLISECONDS)}
        return self.socket_fd in ready and not self._is_cancelled

    def close(self) -> None:
        """Free what the copy used; the socket and the file are not touched."""
        self.resources.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc_val: BaseException | None,
        exc_tb: TracebackType | None,
    ) -> None:
        self.close()
