"""Connections through a proxy that says who is behind it (the PROXY protocol).

Only proxies in networks that the server is told of are believed, and of them a header is required:
a connection through one of them without it would else be counted, and trusted, as the proxy's own.
"""

from __future__ import annotations

from typing import NamedTuple

import anyio
from anyio.abc import ByteStream, SocketAttribute

from anyftp._errors import LocalProtocolError, RemoteProtocolError
from anyftp._protocol import ProxyHeader, parse_proxy_header, plain_host
from anyftp._protocol import proxy_bytes_wanted as bytes_wanted
from anyftp._streams import OptimisticStream, SocketStream

#: A proxy sends its header at once, with the first segment; a slow one is waited for this long.
_HEADER_SECONDS = 10.0


class NoHeader(Exception):
    """A proxy did not say whom it stands for, or the connection is gone."""


class Ends(NamedTuple):
    """The two ends of a connection, as the client sees them; hosts are in their shortest form.

    Attributes:
        client: the host that it comes from.
        server: the host that it has connected to.
        local: our own host, with its zone; a proxy may stand between the two.
    """

    client: str
    server: str
    local: str


def ends_of(stream: OptimisticStream) -> Ends | None:
    """The ends as our own system knows them; None if the connection is gone already."""
    try:
        if type(stream) is SocketStream:  # by its own words, which take a third of the time
            local, remote = stream.local_address[0], stream.remote_address[0]
        else:
            local = str(stream.extra(SocketAttribute.local_address)[0])
            remote = str(stream.extra(SocketAttribute.remote_address)[0])
        return Ends(plain_host(remote), plain_host(local), local)
    except (OSError, LocalProtocolError):
        return None


async def true_ends(stream: OptimisticStream, ends: Ends) -> Ends:
    """The ends of a connection from a proxy, by its PROXY header.

    Nothing but the header is read.

    Raises:
        NoHeader: there is none, or it does not come in time.

    Cancellation: safe, but the header is lost.
    """
    header = await _receive(stream)
    if header.client is None or header.server is None:
        return ends
    return Ends(plain_host(header.client[0]), plain_host(header.server[0]), ends.local)


async def _receive(stream: ByteStream) -> ProxyHeader:
    data = b""
    try:
        with anyio.fail_after(_HEADER_SECONDS):
            while wanted := bytes_wanted(data):
                data += await stream.receive(wanted)
        return parse_proxy_header(data)
    except RemoteProtocolError as error:
        raise NoHeader(str(error)) from error
    except TimeoutError as error:
        raise NoHeader(f"no PROXY header in {_HEADER_SECONDS:g} seconds") from error
    except (anyio.EndOfStream, anyio.BrokenResourceError, anyio.ClosedResourceError) as error:
        raise NoHeader("closed without a PROXY header") from error
