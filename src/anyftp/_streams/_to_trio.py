"""Our streams under the names that trio has for calls and errors.

Loaded when one is asked for, and never before.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

import anyio
import trio

from anyftp._streams._any_stream import AnyStream, as_byte_stream, as_optimistic
from anyftp._streams._flow import MAX_RECEIVE_BYTES
from anyftp._streams._optimistic import OptimisticStream
from anyftp._streams._stream import StreamIO


class ToTrio(trio.abc.HalfCloseableStream):
    """A byte stream under trio's names for calls and errors.

    Each call is a checkpoint in trio's sense: it lets other tasks run. Only our own streams know
    when a send might not block; of others `wait_send_all_might_not_block` says it at once.

    Args:
        stream: the stream to wrap; it is owned from now on.

    Attributes:
        stream: that stream, or what has made one of ours of it.
    """

    def __init__(self, stream: AnyStream) -> None:
        known = as_byte_stream(stream)
        self.stream: StreamIO | OptimisticStream = (
            known if isinstance(known, StreamIO) else as_optimistic(known)
        )
        self._sending = anyio.ResourceGuard("sending on")

    async def send_all(self, data: bytes | bytearray | memoryview) -> None:
        """Send all of data.

        Raises:
            trio.BrokenResourceError: the connection broke, or an earlier send was cut short.
            trio.ClosedResourceError: the stream is closed, or sending has ended.

        Cancellation: breaks the stream if a part of data has been sent.
        """
        with _in_words_of_trio(), self._sending:
            await trio.lowlevel.checkpoint()
            await self.stream.send(data)

    async def wait_send_all_might_not_block(self) -> None:
        """Wait until there may be room to send. Cancellation: safe."""
        with _in_words_of_trio(), self._sending:
            await trio.lowlevel.checkpoint()
            if isinstance(self.stream, StreamIO):
                with self.stream._alone("write"):
                    self.stream._check_whole()
                    await self.stream._until_ready("write")
            else:
                await self.stream.until_writable()

    async def receive_some(self, max_bytes: int | None = None) -> bytes:
        """Receive at least one byte; b"" at the end.

        Raises:
            trio.BrokenResourceError: the connection broke.
            ValueError: max_bytes is less than one.

        Cancellation: safe.
        """
        if max_bytes is None:
            max_bytes = MAX_RECEIVE_BYTES
        if not isinstance(max_bytes, int):
            raise TypeError(f"max_bytes must be a positive integer, not {max_bytes!r}")
        if max_bytes < 1:
            raise ValueError(f"max_bytes must be a positive integer, not {max_bytes}")
        with _in_words_of_trio():
            await trio.lowlevel.checkpoint()
            try:
                return await self.stream.receive(max_bytes)
            except anyio.EndOfStream:
                return b""

    async def send_eof(self) -> None:
        """Tell the peer that nothing more will be sent. Cancellation: breaks the stream."""
        with _in_words_of_trio(), self._sending:
            await trio.lowlevel.checkpoint()
            await self.stream.send_eof()

    async def aclose(self) -> None:
        """Close the stream below. Cancellation: closes all the same."""
        with _in_words_of_trio():
            await self.stream.aclose()
        await trio.lowlevel.checkpoint()


@contextlib.contextmanager
def _in_words_of_trio() -> Iterator[None]:
    try:
        yield
    except anyio.BrokenResourceError as error:
        raise trio.BrokenResourceError(*error.args) from error
    except anyio.ClosedResourceError as error:
        raise trio.ClosedResourceError(*error.args) from error
    except anyio.BusyResourceError as error:
        raise trio.BusyResourceError(*error.args) from error
