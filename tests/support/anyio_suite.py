"""A pytest plugin that runs anyio's own tests of streams on ours: `nox -s anyio_suite`.

anyio's tests come from its source archive, and nothing of them is here. They make their streams
by `connect_tcp`, `connect_unix` and `StapledObjectStream`; with this plugin those give streams of
ours, of the kind that ANYFTP_STREAM names. What they test of anyio's own connecting and transports
is in DIFFERENCES, left out with its reason.
"""

from __future__ import annotations

import os
import socket
from collections.abc import Callable
from functools import wraps
from typing import Any

import anyio
import anyio.streams.stapled
import pytest
from anyio.abc import ByteStream

import anyftp

Make = Callable[[Any], ByteStream]


def _limited(stream: Any) -> ByteStream:
    throttle = anyftp.StreamThrottle.from_limits(1e9, 1e9)
    return anyftp.ThrottleStreamIO(stream, {"own": throttle})


#: name in ANYFTP_STREAM -> what is put around the stream.
KINDS: dict[str, Make] = {
    "SocketStream": lambda stream: stream,
    "StreamIO": anyftp.StreamIO,
    "ThrottleStreamIO": _limited,
}

_CONNECTING = "how anyio connects is no matter of a stream"
_CUT = "a send that was cancelled half-way breaks a stream of ours, and it says so"

_NOT_OURS = "a transport of asyncio's is looked into"
_UNIX_ONLY = "what only local (Unix) sockets can do is no matter of a byte stream"

#: A part of the name of a test -> why it does not hold.
DIFFERENCES: dict[str, str] = {
    "test_cancelled_receive_pauses_reading": _NOT_OURS,
    "test_cancelled_send_does_not_send_the_next_one": _CUT,
    "test_connect_tcp_closes_winner_on_outer_cancellation": _CONNECTING,
    "test_connection_refused": _CONNECTING,
    "test_happy_eyeballs": _CONNECTING,
    "test_receive_fds": _UNIX_ONLY,
    "test_send_fds": _UNIX_ONLY,
    "test_send_receive_seqsocket": _UNIX_ONLY,
}
#: Where the machine has no IPv6 address for localhost, which these tests bind to.
_NO_IPV6 = "localhost has no IPv6 address here"

_make = KINDS[os.environ.get("ANYFTP_STREAM", "StreamIO")]
_connect_tcp = anyio.connect_tcp
_connect_unix = anyio.connect_unix
_Stapled = anyio.streams.stapled.StapledObjectStream


@wraps(_connect_tcp)
async def connect_tcp(host: Any, port: int, **options: Any) -> Any:
    """Connect by our own dialler, unless more is wanted than a stream."""
    if set(options) - {"local_host", "local_port"}:
        return await _connect_tcp(host, port, **options)
    local = None
    if options:
        local = options.get("local_host") or "", options.get("local_port") or 0
    return _make(await anyftp.connect_tcp(str(host), port, local_address=local))


@wraps(_connect_unix)
async def connect_unix(path: Any) -> Any:
    """Connect a socket of our own."""
    sock = socket.socket(socket.AF_UNIX)
    try:
        sock.connect(os.fspath(path))
    except BaseException:
        sock.close()
        raise
    return _make(anyftp.SocketStream(sock))


def stapled(send_stream: Any, receive_stream: Any) -> Any:
    """Two streams of objects as a stream of bytes."""
    return (_make if _make is not KINDS["SocketStream"] else anyftp.StreamIO)(
        _Stapled(send_stream, receive_stream)
    )


def pytest_configure() -> None:
    """Put ours in the place of anyio's, before the tests import them."""
    vars(anyio).update(connect_tcp=connect_tcp, connect_unix=connect_unix)
    anyio.streams.stapled.StapledObjectStream = stapled  # type: ignore[assignment, misc]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Leave out what is known to differ, and say why."""
    has_ipv6 = _has_ipv6()
    for item in items:
        for part, reason in DIFFERENCES.items():
            if part in item.nodeid:
                item.add_marker(pytest.mark.skip(reason=reason))
        if not has_ipv6 and "ipv6" in item.nodeid:
            item.add_marker(pytest.mark.skip(reason=_NO_IPV6))


def _has_ipv6() -> bool:
    try:
        return bool(socket.getaddrinfo("localhost", 0, socket.AF_INET6))
    except OSError:
        return False
