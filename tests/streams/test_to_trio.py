"""Our streams handed to trio: its own checks, all of them, and its TLS on top."""

from __future__ import annotations

import socket
from collections.abc import Awaitable, Callable
from typing import Any

import anyio
import pytest
import trio
import trio.testing
from anyio.abc import ByteStream, SocketAttribute

from anyftp import OptimisticStream, StreamIO, as_trio_stream
from streams import stacks
from streams.stacks import SERVER_NAME, Contexts
from streams.test_contract import BYTE_STREAMS, STREAM_IOS, modern
from support.clocks import TRIO, Backend

__all__ = ["modern"]

pytestmark = pytest.mark.anyio


@pytest.fixture(params=[TRIO], ids=["trio"])
def anyio_backend(request: pytest.FixtureRequest) -> Backend:
    backend: Backend = request.param
    return backend


TrioPair = tuple[trio.abc.HalfCloseableStream, trio.abc.HalfCloseableStream]
FOREIGN = {"anyio": lambda _: stacks.anyio_pair}
STACKS: dict[str, Callable[[Contexts], Any]] = BYTE_STREAMS | STREAM_IOS | FOREIGN


def maker(make_pair: Any) -> Callable[[], Awaitable[TrioPair]]:
    async def make() -> TrioPair:
        left, right = await make_pair()
        return as_trio_stream(left), as_trio_stream(right)

    return make


def clogged_maker(make_pair: Any) -> Callable[[], Awaitable[TrioPair]]:
    """Pairs that can send nothing more in either direction until the other side receives."""

    async def make() -> TrioPair:
        left, right = await make_pair()
        for stream in (left, right):
            fix_buffers(stream)
        for stream in (left, right):
            await clog(stream)
        return as_trio_stream(left), as_trio_stream(right)

    return make


def fix_buffers(stream: ByteStream) -> None:
    """Have the kernel keep the size of its buffers; else they grow while they are full."""
    sock = stream.extra(SocketAttribute.raw_socket, None)
    if sock is not None:
        for option in (socket.SO_SNDBUF, socket.SO_RCVBUF):
            sock.setsockopt(socket.SOL_SOCKET, option, 16384)


async def clog(stream: ByteStream) -> None:
    """Fill all that is between the two ends; the kernel makes room once more, and again."""
    channel = stream._channel if isinstance(stream, StreamIO) else stream
    assert isinstance(channel, OptimisticStream)
    times_full = 0
    while times_full < 5:
        nbytes = 0
        for size in (65536, 1):
            while count := channel.try_send(memoryview(bytes(size))):
                nbytes += count
        times_full = 0 if nbytes else times_full + 1
        await anyio.sleep(0.002)


#: Text is not transparent: CR LF becomes LF. So random bytes are not sent over these.
ONE_WAY = {name for name in STACKS if name.startswith("text")}


@pytest.mark.parametrize("stack", [name for name in STACKS if name not in ONE_WAY])
async def test_trios_check_of_a_half_closeable_stream(stack: str, modern: Contexts) -> None:
    """It holds that of a two-way stream, and that of a one-way stream in both directions."""
    make_pair = STACKS[stack](modern)
    await trio.testing.check_half_closeable_stream(maker(make_pair), None)


@pytest.mark.parametrize("stack", sorted(ONE_WAY))
async def test_trios_check_of_a_one_way_stream(stack: str, modern: Contexts) -> None:
    make_pair = STACKS[stack](modern)
    await trio.testing.check_one_way_stream(maker(make_pair), clogged_maker(make_pair))


#: Of a stream that is not ours only a send tells whether it would block: no wait before it.
ONLY_SENDING_TELLS = {"patient", "tls-patient", "io-plain", "io-io", "limited-plain", "anyio"}


@pytest.mark.parametrize(
    "stack", [name for name in STACKS if name not in ONE_WAY | ONLY_SENDING_TELLS]
)
async def test_trios_check_of_a_clogged_stream(stack: str, modern: Contexts) -> None:
    make_pair = STACKS[stack](modern)
    await trio.testing.check_half_closeable_stream(maker(make_pair), clogged_maker(make_pair))


async def test_trios_tls_over_ours(modern: Contexts) -> None:
    left, right = await stacks.tcp_pair()
    client = trio.SSLStream(as_trio_stream(left), modern.client, server_hostname=SERVER_NAME)
    server = trio.SSLStream(as_trio_stream(right), modern.server, server_side=True)
    data = bytes(range(256)) * 1000
    async with trio.open_nursery() as nursery:
        nursery.start_soon(client.send_all, data)
        got = b""
        while len(got) < len(data):
            got += await server.receive_some()
    assert got == data
    async with trio.open_nursery() as nursery:
        nursery.start_soon(client.aclose)
        nursery.start_soon(server.aclose)


async def test_there_and_back_again() -> None:
    """One of ours for trio, and that for us."""
    left, right = await stacks.tcp_pair()
    stream = StreamIO(as_trio_stream(StreamIO(left)))
    await right.send(b"line\n")
    assert await stream.readline() == b"line\n"
    await stream.aclose()
    with pytest.raises(anyio.ClosedResourceError):
        await stream.write(b"x")
    assert left.is_closed
    await right.aclose()


async def test_what_is_no_stream_is_refused() -> None:
    with pytest.raises(TypeError, match="not a stream"):
        as_trio_stream(object())  # type: ignore[arg-type]
