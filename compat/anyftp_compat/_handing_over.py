"""A data connection of the core given away as a reader and a writer of asyncio's."""

from __future__ import annotations

import asyncio
import socket
import ssl
from typing import Any

import anyftp

from ._facade import CoreReader, CoreWriter

Pair = tuple[asyncio.StreamReader, asyncio.StreamWriter]


async def hand_over(stream: anyftp.OptimisticStream) -> Pair:
    """The same connection as asyncio's own streams where it is a socket, else in their form.

    Cancellation: closes the connection.
    """
    if not isinstance(stream, anyftp.SocketStream):
        return in_form_of_asyncio(stream)
    sock = socket.socket(fileno=stream.raw_socket.detach())
    try:
        return await asyncio.open_connection(sock=sock)
    except BaseException:
        sock.close()
        raise


async def secure(
    stream: anyftp.OptimisticStream, context: ssl.SSLContext, host: str, session: Any
) -> Pair:
    """The same connection under TLS, with the session of the control connection.

    Raises:
        anyftp.TLSError: the handshake failed.

    Cancellation: closes the connection.
    """
    secured = await anyftp.TLSStream.wrap(stream, context, server_hostname=host, session=session)
    return in_form_of_asyncio(secured)


def in_form_of_asyncio(stream: Any) -> Pair:
    """A reader and a writer over any stream."""
    channel = anyftp.StreamIO(stream)
    reader = CoreReader(channel)
    return reader, CoreWriter(channel, reader)
