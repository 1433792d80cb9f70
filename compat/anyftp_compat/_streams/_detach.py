"""A data connection of the core given away as a reader and a writer of asyncio's."""

from __future__ import annotations

import asyncio
import asyncio.streams
import socket
import ssl
from typing import Any

import anyftp

from ._core_as_asyncio import CoreReader, CoreWriter

Pair = tuple[asyncio.StreamReader, asyncio.StreamWriter]


async def detach(
    stream: Any, context: ssl.SSLContext | None = None, server_hostname: str | None = None
) -> Pair:
    """The same connection as asyncio's own streams where it is a socket, else in their form.

    Args:
        context, server_hostname: for a TLS handshake, if there is to be one.

    Raises:
        ssl.SSLError: the handshake failed.

    Cancellation: closes the connection.
    """
    if isinstance(stream, anyftp.SocketStream):
        sock = socket.socket(fileno=stream.raw_socket.detach())
        try:
            return await asyncio.streams.open_connection(
                sock=sock, ssl=context, server_hostname=server_hostname if context else None
            )
        except BaseException:
            sock.close()
            raise
    if context is not None:
        stream = await anyftp.TLSStream.wrap(stream, context, server_hostname=server_hostname)
    return in_form_of_asyncio(stream)


def in_form_of_asyncio(stream: Any) -> Pair:
    """A reader and a writer over any stream."""
    channel = anyftp.StreamIO(stream)
    reader = CoreReader(channel)
    return reader, CoreWriter(channel, reader)
