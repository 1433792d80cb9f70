"""Copies between a socket and a file in a worker thread, a slice at a time.

`incoming` and `outgoing` list the ways: by the kernel where it can, and a portable one. One that
finds that the platform or this kind of file will not let it (a file opened for appending cannot be
spliced to, say) hands over to the next without having lost a byte.

A *slice* lasts at most `SLICE_SECONDS`. It runs in a worker because the file's side may block on a
disk. Between slices the event loop reports progress, asks the throttles, and
waits for a slow peer, so that a slow peer holds no thread.

A cancelled copy must not return while a thread may still use its file descriptors. So a slice is
told to end, and waited for: that takes one chunk's time at most, or that of its patience.
"""

from __future__ import annotations

import contextlib
import errno
import os
import select
import socket
import stat
import sys
import time
from abc import ABC, abstractmethod
from collections.abc import Coroutine, Iterator
from enum import Enum, auto
from types import TracebackType
from typing import Any, Self

import anyio
from anyio.lowlevel import RunVar

from anyftp._streams._threads import Turns, Workers, run_in_thread, take

SLICE_SECONDS = 0.03
#: Largest piece in one system call: bounds how long a cancellation waits.
CHUNK_BYTES = 1 << 20
#: A peer that is not ready after this time is waited for on the event loop.
_PATIENCE_MILLISECONDS = 2

#: A slice that received this much shows a peer so fast that waking up for each packet is waste.
_FAST_BYTES = 2 << 20
_LOW_WATER_BYTES = 131072

IS_AVAILABLE = hasattr(select, "poll")
_UNSUPPORTED = frozenset({errno.EINVAL, errno.ENOSYS, errno.EOPNOTSUPP, errno.ENOTSOCK})

#: Fits the processor's cache, which counts for more than the number of calls.
BLOCK_BYTES = 262144
_PIPE_BYTES = 1 << 20

_MAX_UNLIMITED_COPIES = 16
_turns: RunVar[Turns] = RunVar("unlimited_kernel_copies")
#: For files that have no limiter of their own.
_any_files = Workers(40, for_all=True)


def unlimited_copies() -> Turns:
    """The turns of all copies that no throttle holds back."""
    turns = _turns.get(None)
    if turns is None:
        turns = Turns(_MAX_UNLIMITED_COPIES)
        _turns.set(turns)
    return turns


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
        self.watch(self.resources.enter_context(sock.dup()))

    def watch(self, sock: socket.socket) -> None:
        """Poll this socket."""
        self.socket = sock
        self.socket_fd = sock.fileno()
        self._poll = select.poll()
        self._poll.register(self.socket_fd, select.POLLIN if self.is_incoming else select.POLLOUT)

    #: Whether bytes come from the socket; if not, they go to it.
    is_incoming = False

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
            max_bytes: stop after this many; None for no bound but time.

        Raises:
            OSError: the connection failed.
            FileFailed: reading or writing the file failed.

        Cancellation: interrupts the copy at once; when it returns, no thread uses the file.
        """
        # First a thread of the file's own: who waits for one has no turn yet.
        limiter = self.limiter or _any_files.limiter()
        await take(limiter)
        try:
            if max_bytes is not None:
                return await self._run_in_thread(max_bytes)
            async with unlimited_copies().turn():
                return await self._run_in_thread(None)
        finally:
            limiter.release()

    def _run_in_thread(self, max_bytes: int | None) -> Coroutine[Any, Any, Outcome]:
        return run_in_thread(self._slice, max_bytes, limiter=None, interrupt=self._interrupt)

    def _interrupt(self) -> None:
        self._is_cancelled = True

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
        if sys.platform != "linux" or not self.is_incoming:
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
            except Unsupported:
                return Outcome.UNSUPPORTED
            except OSError as error:
                if self.is_unsupported(error):
                    return Outcome.UNSUPPORTED
                raise
            else:
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
        return bool(self._poll.poll(_PATIENCE_MILLISECONDS)) and not self._is_cancelled

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


class SendFile(SlicedCopy):
    """From a file's current position to a socket, by sendfile."""

    def move(self, nbytes: int) -> int:
        try:
            return os.sendfile(self.socket_fd, self.fd, None, nbytes)
        except BlockingIOError:
            raise
        except OSError as error:  # the next way will tell whether it is the file's or the socket's
            raise Unsupported from error


class Blockwise(SlicedCopy):
    """Through one block of this process."""

    def __init__(self, sock: socket.socket, fd: int) -> None:
        super().__init__(sock, fd)
        self._block = memoryview(bytearray(BLOCK_BYTES))


class ReadAndSend(Blockwise):
    """From a file's current position to a socket, through one block of this process."""

    def move(self, nbytes: int) -> int:
        if not self.unsent:
            self.unsent = self._block[: read_into(self.fd, self._block[:nbytes])]
            if not self.unsent:
                return 0
        moved = self.send(self.unsent[:nbytes])
        self.unsent = self.unsent[moved:]
        return moved

    def send(self, view: memoryview) -> int:
        """Send some of view; raises as `move`."""
        return self.socket.send(view)


class ReceiveAndWrite(Blockwise):
    """From a socket to a file's current position, through one block of this process."""

    is_incoming = True

    def move(self, nbytes: int) -> int:
        moved = self.receive_into(self._block[:nbytes])
        write_all(self.fd, self._block[:moved])
        return moved

    def receive_into(self, view: memoryview) -> int:
        """Receive as much as fits and has come, 0 at the end; raises as `move`."""
        return self.socket.recv_into(view)


if sys.platform == "linux":
    import fcntl

    class Splice(SlicedCopy):
        """From a socket to a file's current position, through a pipe of the kernel's."""

        is_incoming = True

        def open(self, sock: socket.socket) -> None:
            super().open(sock)
            self._pipe_out, self._pipe_in = os.pipe()
            self.resources.callback(os.close, self._pipe_out)
            self.resources.callback(os.close, self._pipe_in)
            with contextlib.suppress(OSError):  # unprivileged users have a quota of pipe memory
                fcntl.fcntl(self._pipe_in, fcntl.F_SETPIPE_SZ, _PIPE_BYTES)

        def move(self, nbytes: int) -> int:
            moved = os.splice(self.socket_fd, self._pipe_in, nbytes, flags=os.SPLICE_F_NONBLOCK)
            left = moved
            try:
                while left:  # the pipe is empty again before anything else happens
                    left -= os.splice(self._pipe_out, self.fd, left)
            except OSError as error:
                if not self.is_unsupported(error):
                    raise FileFailed from error
                self._rescue(left)
                self.nbytes += moved
                raise Unsupported from error
            return moved

        def _rescue(self, nbytes: int) -> None:
            """Write what is in the pipe by the portable way."""
            while nbytes:
                block = os.read(self._pipe_out, min(nbytes, BLOCK_BYTES))
                write_all(self.fd, memoryview(block))
                nbytes -= len(block)


def incoming() -> tuple[type[SlicedCopy], ...]:
    """Ways from a socket to a file, the quickest first."""
    return (Splice, ReceiveAndWrite) if sys.platform == "linux" else (ReceiveAndWrite,)


def outgoing() -> tuple[type[SlicedCopy], ...]:
    """Ways from a file to a socket, the quickest first."""
    return (SendFile, ReadAndSend) if sys.platform == "linux" else (ReadAndSend,)


def read_into(fd: int, block: memoryview) -> int:
    """Read from a file; how many bytes, 0 at its end."""
    try:
        return os.readv(fd, [block])
    except OSError as error:
        raise FileFailed from error


def write_all(fd: int, data: memoryview) -> None:
    """Write all of data to a file."""
    try:
        while data:
            data = data[os.write(fd, data) :]
    except OSError as error:
        raise FileFailed from error


def is_ordinary(fd: int, *, is_read: bool) -> bool:
    """Whether a file can hold up no thread, nor give less than it has.

    Pipes and devices can; so do the kernel's own files (/proc), known by their size of 0.

    Args:
        is_read: the stream is, and the file is written.
    """
    status = os.fstat(fd)
    return stat.S_ISREG(status.st_mode) and (status.st_size > 0 or is_read)
