"""Connections of the core given away as a reader and a writer of asyncio's."""

from __future__ import annotations

import asyncio
import asyncio.streams
import socket
import ssl
from collections.abc import Awaitable, Callable
from typing import TypeAlias

import anyftp

from ._core_as_asyncio import CoreReader, CoreWriter

Pair: TypeAlias = tuple[asyncio.StreamReader, asyncio.StreamWriter]
BeginTLS: TypeAlias = Callable[[ssl.SSLContext, str | None], Awaitable[None]]


class ControlWriter(CoreWriter):
    """The writer of a control connection.

    Args:
        stream, reader: as for `CoreWriter`.
        begin_tls: does the handshake, and knows what else changes with that.
    """

    def __init__(self, stream: anyftp.StreamIO, reader: CoreReader, begin_tls: BeginTLS) -> None:
        super().__init__(stream, reader)
        self._begin_tls = begin_tls

    async def start_tls(
        self,
        sslcontext: ssl.SSLContext,
        *,
        server_hostname: str | None = None,
        **options: object,
    ) -> None:
        """Do the handshake on the connection. Cancellation: breaks it."""
        await self._begin_tls(sslcontext, server_hostname)


def control_pair(stream: anyftp.StreamIO, begin_tls: BeginTLS) -> Pair:
    """A reader and a writer over a control connection."""
    reader = CoreReader(stream)
    return reader, ControlWriter(stream, reader, begin_tls)


async def detach(
    stream: anyftp.AnyStream,
    context: ssl.SSLContext | None = None,
    server_hostname: str | None = None,
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


def in_form_of_asyncio(stream: anyftp.AnyStream) -> Pair:
    """A reader and a writer over any stream."""
    channel = anyftp.StreamIO(stream)
    reader = CoreReader(channel)
    return reader, CoreWriter(channel, reader)
