"""The ways to move bytes between a socket and a file in a worker: the kernel's own, and a portable.

`incoming` and `outgoing` list them, the quickest first. One that finds that the platform or this
kind of file will not let it (a file opened for appending cannot be spliced to, say) hands over to
the next without having lost a byte.
"""

from __future__ import annotations

import contextlib
import os
import select
import socket
import sys

from anyftp._streams._slices import FileFailed, SlicedCopy, Unsupported

#: Fits the processor's cache, which counts for more than the number of calls.
_BLOCK_BYTES = 262144
_PIPE_BYTES = 1 << 20


class SendFile(SlicedCopy):
    """From a file's current position to a socket, by sendfile."""

    events = select.POLLOUT

    def move(self, nbytes: int) -> int:
        try:
            return os.sendfile(self.socket_fd, self.fd, None, nbytes)
        except BlockingIOError:
            raise
        except OSError as error:  # the next way will tell whether it is the file's or the socket's
            raise Unsupported from error


class ReadAndSend(SlicedCopy):
    """From a file's current position to a socket, through one block of this process."""

    events = select.POLLOUT

    def __init__(self, sock: socket.socket, fd: int) -> None:
        super().__init__(sock, fd)
        self._block = memoryview(bytearray(_BLOCK_BYTES))

    def move(self, nbytes: int) -> int:
        if not self.unsent:
            self.unsent = self._block[: read_into(self.fd, self._block[:nbytes])]
            if not self.unsent:
                return 0
        moved = self.socket.send(self.unsent[:nbytes])
        self.unsent = self.unsent[moved:]
        return moved


class ReceiveAndWrite(SlicedCopy):
    """From a socket to a file's current position, through one block of this process."""

    events = select.POLLIN

    def __init__(self, sock: socket.socket, fd: int) -> None:
        super().__init__(sock, fd)
        self._block = memoryview(bytearray(_BLOCK_BYTES))

    def move(self, nbytes: int) -> int:
        moved = self.socket.recv_into(self._block[:nbytes])
        write_all(self.fd, self._block[:moved])
        return moved


if sys.platform == "linux":
    import fcntl

    class Splice(SlicedCopy):
        """From a socket to a file's current position, through a pipe of the kernel's."""

        events = select.POLLIN

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
                block = os.read(self._pipe_out, min(nbytes, _BLOCK_BYTES))
                write_all(self.fd, memoryview(block))
                nbytes -= len(block)


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


def incoming() -> tuple[type[SlicedCopy], ...]:
    """Ways from a socket to a file, the quickest first."""
    return (Splice, ReceiveAndWrite) if sys.platform == "linux" else (ReceiveAndWrite,)


def outgoing() -> tuple[type[SlicedCopy], ...]:
    """Ways from a file to a socket, the quickest first."""
    return (SendFile, ReadAndSend) if sys.platform == "linux" else (ReadAndSend,)
