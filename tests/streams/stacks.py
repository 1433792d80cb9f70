"""Every stack of streams that we ship, as makers of connected pairs for the contract checks."""

from __future__ import annotations

import contextlib
import socket
import ssl
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import anyio
from anyio.abc import ByteStream
from anyio.abc import SocketStream as AnyioSocketStream
from anyio.streams.tls import TLSStream as AnyioTLSStream

from anyftp import (
    DataConnectionThrottleStreamIO,
    SocketStream,
    StreamIO,
    StreamThrottle,
    ThrottleStreamIO,
    TLSStream,
)
from anyftp._streams import OptimisticStream, PatientStream
from anyftp._streams._text_stream import TextStream
from anyftp.testing import MakePair, MemoryStream, memory_stream_pair

SERVER_NAME = "ftp.example.org"

TLS12 = ssl.TLSVersion.TLSv1_2
TLS13 = ssl.TLSVersion.TLSv1_3


@dataclass
class PlainStream(ByteStream):
    """Hides that a stream is one of ours: it has nothing but what `ByteStream` asks for."""

    inner: ByteStream

    async def receive(self, max_bytes: int = 65536) -> bytes:
        return await self.inner.receive(max_bytes)

    async def send(self, item: bytes) -> None:
        await self.inner.send(item)

    async def send_eof(self) -> None:
        await self.inner.send_eof()

    async def aclose(self) -> None:
        await self.inner.aclose()

    def close(self) -> None:
        close = getattr(self.inner, "close", None)
        if close is not None:
            close()

    @property
    def extra_attributes(self) -> Mapping[Any, Callable[[], Any]]:
        return self.inner.extra_attributes


@dataclass
class Contexts:
    """Both sides of TLS, for one version."""

    server: ssl.SSLContext
    client: ssl.SSLContext
    version: ssl.TLSVersion = TLS13

    def __post_init__(self) -> None:
        for context in (self.server, self.client):
            context.minimum_version = context.maximum_version = self.version


@dataclass
class Owner:
    """Notes what a data connection asks of its client."""

    calls: list[Any] = field(default_factory=list)

    async def finish_transfer(
        self, stream: DataConnectionThrottleStreamIO, expected_codes: Any, wait_codes: Any
    ) -> None:
        self.calls.append(("finish", expected_codes, wait_codes))
        await stream.aclose()

    async def leave_transfer(self, stream: DataConnectionThrottleStreamIO) -> None:
        self.calls.append("leave")
        stream.close()

    async def abandon_transfer(self, stream: DataConnectionThrottleStreamIO) -> None:
        self.calls.append("abandon")
        stream.close()
        await anyio.aclose_forcefully(stream)

    async def failure(self) -> None:
        self.calls.append("failure")


async def socket_pair(**options: Any) -> tuple[SocketStream, SocketStream]:
    """Two ends of a local (Unix) socket."""
    left, right = socket.socketpair()
    return SocketStream(left), SocketStream(right)


async def tcp_pair(**options: Any) -> tuple[SocketStream, SocketStream]:
    """Two ends of a TCP connection over loopback."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        left = socket.create_connection(listener.getsockname())
        right, _ = listener.accept()
    return SocketStream(left), SocketStream(right)


async def anyio_pair(**options: Any) -> tuple[ByteStream, ByteStream]:
    """anyio's own socket streams, of whatever backend runs."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        left = socket.create_connection(listener.getsockname())
        right, _ = listener.accept()
    return (
        await AnyioSocketStream.from_socket(left),
        await AnyioSocketStream.from_socket(right),
    )


def anyio_tls_pair(
    contexts: Contexts, make_pair: MakePair[ByteStream], *, is_standard: bool = True
) -> MakePair[ByteStream]:
    """anyio's TLS over what another maker makes; the left one is the client."""

    async def make(**options: Any) -> tuple[ByteStream, ByteStream]:
        left, right = await make_pair(**options)
        made: list[ByteStream] = []

        async def serve() -> None:
            made.append(
                await AnyioTLSStream.wrap(
                    right,
                    server_side=True,
                    ssl_context=contexts.server,
                    standard_compatible=is_standard,
                )
            )

        async with anyio.create_task_group() as tasks:
            tasks.start_soon(serve)
            client = await AnyioTLSStream.wrap(
                left,
                hostname=SERVER_NAME,
                ssl_context=contexts.client,
                standard_compatible=is_standard,
            )
        return client, made[0]

    return make


def hasty_pair(make_pair: MakePair[ByteStream]) -> MakePair[PatientStream]:
    """Does not wait long for the close_notify of a peer that sends none."""

    async def make(**options: Any) -> tuple[PatientStream, PatientStream]:
        left, right = [PatientStream(stream) for stream in await make_pair(**options)]
        left.close_timeout = right.close_timeout = 0.1
        return left, right

    return make


async def memory_pair(**options: Any) -> tuple[MemoryStream, MemoryStream]:
    return memory_stream_pair()


async def patient_pair(**options: Any) -> tuple[PatientStream, PatientStream]:
    left, right = memory_stream_pair()
    return PatientStream(PlainStream(left)), PatientStream(PlainStream(right))


def text_pair(make_pair: MakePair[OptimisticStream]) -> MakePair[TextStream]:
    """Line ends converted on both sides: what one sends the other receives, CRs inside included."""

    async def make(**options: Any) -> tuple[TextStream, TextStream]:
        left, right = await make_pair(**options)
        return TextStream(left), TextStream(right)

    return make


async def plain_pair(**options: Any) -> tuple[PlainStream, PlainStream]:
    left, right = memory_stream_pair()
    return PlainStream(left), PlainStream(right)


def tls_pair(contexts: Contexts, make_pair: MakePair[ByteStream]) -> MakePair[TLSStream]:
    """TLS over what another maker makes; the left one is the client."""

    async def make(**options: Any) -> tuple[TLSStream, TLSStream]:
        left, right = await make_pair(**options)
        return await shake_hands(contexts, left, right)

    return make


async def shake_hands(
    contexts: Contexts, left: ByteStream, right: ByteStream, session: ssl.SSLSession | None = None
) -> tuple[TLSStream, TLSStream]:
    made: list[TLSStream] = []

    async def serve() -> None:
        made.append(await TLSStream.wrap(right, contexts.server, server_side=True))

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(serve)
        client = await TLSStream.wrap(
            left, contexts.client, server_hostname=SERVER_NAME, session=session
        )
    for stream in (client, *made):
        stream.close_timeout = 0.1
    return client, made[0]


Options = Mapping[str, Any]


def io_pair(make_pair: MakePair[ByteStream]) -> MakePair[StreamIO]:
    async def make(**options: Any) -> tuple[StreamIO, StreamIO]:
        left, right = await make_pair()
        return StreamIO(left, **options), StreamIO(right, **options)

    return make


def throttled_pair(
    make_pair: MakePair[ByteStream], limit: float | None, kind: str = "plain"
) -> MakePair[StreamIO]:
    """Throttled streams, or data connections, with one throttle each."""

    async def make(**options: Any) -> tuple[StreamIO, StreamIO]:
        left, right = await make_pair()
        throttles = [{"own": StreamThrottle.from_limits(limit, limit)} for _ in range(2)]
        if kind == "data":
            return (
                DataConnectionThrottleStreamIO(Owner(), left, throttles[0], **options),
                DataConnectionThrottleStreamIO(Owner(), right, throttles[1], **options),
            )
        return (
            ThrottleStreamIO(left, throttles[0], **options),
            ThrottleStreamIO(right, throttles[1], **options),
        )

    return make


async def close_all(*streams: ByteStream) -> None:
    """Close without close_notify."""
    for stream in streams:
        with contextlib.suppress(anyio.BrokenResourceError, anyio.ClosedResourceError):
            await anyio.aclose_forcefully(stream)
