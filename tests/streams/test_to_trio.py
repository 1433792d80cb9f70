"""Our streams handed to trio: its own checks, all of them, and its TLS on top."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import anyio
import pytest
import trio
import trio.testing
from anyio.abc import ByteStream

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
            clog(stream)
        return as_trio_stream(left), as_trio_stream(right)

    return make


def clog(stream: ByteStream) -> None:
    """Fill all that is between the two ends, to the last byte."""
    channel = stream._channel if isinstance(stream, StreamIO) else stream
    assert isinstance(channel, OptimisticStream)
    for size in (65536, 1):
        while channel.try_send(memoryview(bytes(size))):
            pass


#: Text is not transparent: CR LF becomes LF. So random bytes are not sent over these.
ONE_WAY = {name for name in STACKS if name.startswith("text")}


@pytest.mark.parametrize("stack", [name for name in STACKS if name not in ONE_WAY])
async def test_trios_check_of_a_half_closeable_stream(stack: str, modern: Contexts) -> None:
    """It holds that of a two-way stream, and that of a one-way stream in both directions."""
    make_pair = STACKS[stack](modern)
    await trio.testing.check_half_closeable_stream(maker(make_pair), None)


@pytest.mark.parametrize("stack", sorted(ONE_WAY))
async def test_trios_check_of_a_one_way_stream(stack: str, modern: Contexts) -> None:
    await trio.testing.check_one_way_stream(maker(STACKS[stack](modern)), None)


#: The same stacks on what can be filled to the last byte: TCP makes room by timers of its own.
#: Those over streams that are not ours are missing: only a send tells whether it would block.
CLOGGED: dict[str, Callable[[Contexts], Any]] = {
    "memory": lambda _: stacks.memory_pair,
    "socketpair": lambda _: stacks.socket_pair,
    "tls": lambda contexts: stacks.tls_pair(contexts, stacks.socket_pair),
    "tls-memory": lambda contexts: stacks.tls_pair(contexts, stacks.memory_pair),
    "io": lambda _: stacks.io_pair(stacks.socket_pair),
    "io-memory": lambda _: stacks.io_pair(stacks.memory_pair),
    "io-tls": lambda contexts: stacks.io_pair(stacks.tls_pair(contexts, stacks.socket_pair)),
    "unlimited": lambda _: stacks.throttled_pair(stacks.socket_pair, None),
    "limited": lambda _: stacks.throttled_pair(stacks.socket_pair, 1e9),
    "data": lambda _: stacks.throttled_pair(stacks.socket_pair, 1e9, "data"),
    "data-tls": lambda contexts: stacks.throttled_pair(
        stacks.tls_pair(contexts, stacks.socket_pair), 1e9, "data"
    ),
}


@pytest.mark.parametrize("stack", CLOGGED)
async def test_trios_check_of_a_clogged_stream(stack: str, modern: Contexts) -> None:
    make_pair = CLOGGED[stack](modern)
    await trio.testing.check_half_closeable_stream(maker(make_pair), clogged_maker(make_pair))


async def test_trios_check_of_a_clogged_text_stream() -> None:
    make_pair = stacks.text_pair(stacks.socket_pair)
    await trio.testing.check_one_way_stream(maker(make_pair), clogged_maker(make_pair))


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
