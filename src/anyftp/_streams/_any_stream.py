"""Every stream of the ecosystem under one form: anyio's byte streams and object streams, trio's.

What is none of these is refused where it is given, not at its first use.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

from anyio.abc import ByteStream, ObjectStream
from anyio.lowlevel import checkpoint_if_cancelled

from anyftp._streams._flow import MAX_RECEIVE_BYTES
from anyftp._streams._optimistic import OptimisticStream
from anyftp._streams._patient import PatientStream
from anyftp._streams._trio_stream import TrioStream

#: What is taken wherever a stream is: anyio's streams of bytes, its streams of objects that are
#: bytes (the two together are its `AnyByteStream`), and trio's streams.
AnyStream: TypeAlias = ByteStream | ObjectStream[bytes] | TrioStream


def as_byte_stream(stream: AnyStream) -> ByteStream:
    """A stream under the names that anyio has for calls and errors.

    Raises:
        TypeError: it is no stream in both directions, of anyio's or of trio's.
    """
    if isinstance(stream, ByteStream):
        return stream
    if isinstance(stream, ObjectStream):
        return ByteObjectStream(stream)
    if isinstance(stream, TrioStream):
        from anyftp._streams._from_trio import FromTrio

        return FromTrio(stream)
    raise TypeError(_complaint(stream))


def as_optimistic(stream: AnyStream) -> OptimisticStream:
    """The stream itself, if it can be tried without waiting, or something that can.

    Raises:
        TypeError: see `as_byte_stream`.
    """
    known = as_byte_stream(stream)
    return known if isinstance(known, OptimisticStream) else PatientStream(known)


def refuse_reader_and_writer(arguments: tuple[object, ...]) -> None:
    """Tell whoever gives a reader and a writer where these are taken.

    Raises:
        TypeError: one of the arguments is a reader, a writer, or a pair of them.
    """
    for thing in arguments:
        if _is_reader_or_writer(thing):
            raise TypeError(_complaint(thing))


def _is_reader_or_writer(thing: object) -> bool:
    if isinstance(thing, tuple):
        return any(_is_reader_or_writer(part) for part in thing)
    if isinstance(thing, ByteStream):
        return False
    return hasattr(thing, "readexactly") or (hasattr(thing, "drain") and hasattr(thing, "write"))


def _complaint(thing: object) -> str:
    what = f"{type(thing).__module__}.{type(thing).__qualname__}"
    if _is_reader_or_writer(thing):
        return f"stream must be one, not {what}: a (reader, writer) is for anyftp_compat.StreamIO"
    return f"stream must be a byte stream of anyio or trio, open in both directions, not {what}"


class ByteObjectStream(ByteStream):
    """A stream of objects that are bytes, as a byte stream.

    Args:
        stream: the stream to wrap; it is owned from now on.
    """

    def __init__(self, stream: ObjectStream[bytes]) -> None:
        self._stream = stream
        self._rest = b""

    async def receive(self, max_bytes: int = MAX_RECEIVE_BYTES) -> bytes:
        """Receive at least one byte; what is left of an object stays for the next call.

        Raises:
            TypeError: the object that came is not bytes.

        Cancellation: safe if that of the stream below is.
        """
        await checkpoint_if_cancelled()
        while not self._rest:
            item = await self._stream.receive()
            if not isinstance(item, bytes | bytearray | memoryview):
                raise TypeError(f"stream must give bytes, not {type(item).__name__}")
            self._rest = bytes(item)
        data, self._rest = self._rest[:max_bytes], self._rest[max_bytes:]
        return data

    async def send(self, item: bytes) -> None:
        """Send item as one object. Cancellation: that of the stream below."""
        await self._stream.send(item)

    async def send_eof(self) -> None:
        """End the stream below. Cancellation: that of the stream below."""
        await self._stream.send_eof()

    async def aclose(self) -> None:
        """Close the stream below. Cancellation: that of the stream below."""
        self._rest = b""
        await self._stream.aclose()

    @property
    def extra_attributes(self) -> Mapping[Any, Callable[[], Any]]:
        return self._stream.extra_attributes
