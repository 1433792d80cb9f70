"""A reader and a writer of asyncio's as a byte stream that the core can talk through."""

from __future__ import annotations

import asyncio
import functools
from collections.abc import Callable, Mapping
from typing import Any

import anyio
from anyio import TypedAttributeProvider
from anyio.abc import ByteStream, SocketAttribute

_ATTRIBUTES = {
    "peername": SocketAttribute.remote_address,
    "sockname": SocketAttribute.local_address,
    "socket": SocketAttribute.raw_socket,
}


def extra_info(stream: TypedAttributeProvider, name: str) -> object:
    """What asyncio's writers tell of a connection, of any stream of the core's; None if unknown."""
    attribute = _ATTRIBUTES.get(name)
    return None if attribute is None else stream.extra(attribute, None)


class AsyncioByteStream(ByteStream):
    """What `open_connection` gave, for the core.

    Args:
        reader, writer: asyncio's, or what looks like them.
    """

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    @property
    def extra_attributes(self) -> Mapping[Any, Callable[[], Any]]:
        get = self._writer.get_extra_info
        return {
            key: functools.partial(get, name)
            for name, key in _ATTRIBUTES.items()
            if get(name) is not None
        }

    async def receive(self, max_bytes: int = 65536) -> bytes:
        data = await self._reader.read(max_bytes)
        if not data:
            raise anyio.EndOfStream
        return data

    async def send(self, item: bytes) -> None:
        self._writer.write(item)
        await self._writer.drain()

    async def send_eof(self) -> None:
        self._writer.write_eof()

    async def aclose(self) -> None:
        self.close()

    def close(self) -> None:
        self._writer.close()
