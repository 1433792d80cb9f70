"""The server's side of TLS handshakes, on control and data connections alike.

The ClientHello is read before OpenSSL sees it, because only there stands which protocols the client
offers. A browser that an attacker has redirected here offers HTTP and is sent away before anything
of ours, a certificate included, has gone out (ALPACA).
"""

from __future__ import annotations

import ssl
from collections.abc import Awaitable, Callable
from typing import cast

import anyio

from anyftp._errors import RemoteProtocolError
from anyftp._net import FTP_PROTOCOLS, parse_client_hello
from anyftp._server._session._tls_policy import Strictness

_READ_BYTES = 16384
_NAMES = frozenset(name.encode() for name in FTP_PROTOCOLS)
#: The fatal alert no_application_protocol (RFC 7301, 3.2).
NO_APPLICATION_PROTOCOL = b"\x15\x03\x03\x00\x02\x02\x78"


class WrongProtocol(Exception):
    """The client does not want to speak FTP."""


async def receive_hello(
    receive: Callable[[int], Awaitable[bytes]],
    send: Callable[[bytes], Awaitable[None]],
    strictness: Strictness,
) -> bytes:
    """Receive a ClientHello whole and look at what it offers.

    Returns:
        What has been received, for OpenSSL.

    Raises:
        WrongProtocol: it is no TLS, or its ALPN is not to our liking; the client has been told.
        anyio.EndOfStream: the client is gone.

    Cancellation: safe as far as the two functions are.
    """
    if strictness == "off":
        return b""
    data = b""
    try:
        while (hello := parse_client_hello(data)) is None:
            data += await _some(receive)
    except RemoteProtocolError as error:
        raise WrongProtocol(str(error)) from error
    offered = hello.protocols
    if not _NAMES & set(offered) and (offered or strictness == "required"):
        await send(NO_APPLICATION_PROTOCOL)
        raise WrongProtocol(f"the client offers {offered or 'no protocol'}, not ftp")
    return data


async def _some(receive: Callable[[int], Awaitable[bytes]]) -> bytes:
    data = await receive(_READ_BYTES)
    if not data:
        raise anyio.EndOfStream
    return data


def without_tickets(context: ssl.SSLContext) -> ssl.SSLContext:
    """A stand-in for a context whose connections send no TLS 1.3 session tickets.

    curl and lftp close an upload with the tickets unread. Their kernel then resets the connection,
    and ours throws away what it has received and not handed over: the upload is cut at random.
    Downloads may have tickets: their client reads on.
    """
    return cast("ssl.SSLContext", _WithoutTickets(context))


class _WithoutTickets:
    def __init__(self, context: ssl.SSLContext) -> None:
        self._context = context

    def wrap_bio(
        self,
        incoming: ssl.MemoryBIO,
        outgoing: ssl.MemoryBIO,
        server_side: bool = False,
        server_hostname: str | None = None,
        session: ssl.SSLSession | None = None,
    ) -> ssl.SSLObject:
        """As SSLContext.wrap_bio; OpenSSL copies the number of tickets when it is called."""
        context = self._context
        tickets, context.num_tickets = context.num_tickets, 0
        try:
            return context.wrap_bio(incoming, outgoing, server_side, server_hostname, session)
        finally:
            context.num_tickets = tickets
