"""TLS that begins and ends on a connection that stands."""

from __future__ import annotations

import anyio
import pytest
from anyio.streams.tls import TLSAttribute

from anyftp import StreamIO, UnreadPlaintextError
from anyftp.testing import memory_stream_pair
from streams.stacks import SERVER_NAME, Contexts
from support.clocks import VIRTUAL_BACKENDS, Backend

pytestmark = pytest.mark.anyio


@pytest.fixture(params=VIRTUAL_BACKENDS)
def anyio_backend(request: pytest.FixtureRequest) -> Backend:
    backend: Backend = request.param
    return backend


async def protect(contexts: Contexts, client: StreamIO, server: StreamIO) -> None:
    async def serve() -> None:
        await server.start_tls(contexts.server, server_side=True)

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(serve)
        await client.start_tls(contexts.client, SERVER_NAME)


async def test_tls_in_place_and_back(contexts: Contexts) -> None:
    left, right = memory_stream_pair()
    client, server = StreamIO(left), StreamIO(right)
    await client.write(b"plain\n")
    assert await server.readline() == b"plain\n"
    await protect(contexts, client, server)
    assert type(client.stream) is not type(left)
    assert client.extra(TLSAttribute.tls_version)
    await server.write(b"protected\n")
    assert await client.readline() == b"protected\n"
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(server.stop_tls)
        await client.stop_tls()
    assert client.stream is left
    await client.write(b"plain again\n")
    assert await server.readline() == b"plain again\n"


async def test_plain_bytes_before_tls_are_refused_and_stay(contexts: Contexts) -> None:
    """They may have been slipped in to be taken for protected ones (CVE-2021-22947)."""
    left, right = memory_stream_pair()
    client = StreamIO(left)
    await right.send(b"234 go on\r\n230 you are in\r\n")
    assert await client.readline() == b"234 go on\r\n"
    with pytest.raises(UnreadPlaintextError, match="16 plain bytes"):
        await client.start_tls(contexts.client, SERVER_NAME)
    assert await client.readline() == b"230 you are in\r\n"


async def test_a_handshake_takes_no_longer_than_a_read_may(contexts: Contexts) -> None:
    for read_timeout, seconds in ((3.0, 3.0), (None, 30.0)):
        left, _ = memory_stream_pair()
        client = StreamIO(left, read_timeout=read_timeout)
        started = anyio.current_time()
        with pytest.raises(TimeoutError):
            await client.start_tls(contexts.client, SERVER_NAME)
        assert anyio.current_time() - started == pytest.approx(seconds)
        with pytest.raises(anyio.ClosedResourceError):
            await client.write(b"in clear text")


async def test_what_was_cut_short_neither_begins_tls_nor_ends_it(contexts: Contexts) -> None:
    """The peer would take the handshake, or what follows the close_notify, for the missing part."""
    left, right = memory_stream_pair()
    client, server = StreamIO(left), StreamIO(right)
    broken = StreamIO(memory_stream_pair()[0])
    broken._break_off()
    with pytest.raises(anyio.BrokenResourceError, match="cut short"):
        await broken.start_tls(contexts.client, SERVER_NAME)
    await protect(contexts, client, server)
    client._break_off()
    with pytest.raises(anyio.BrokenResourceError, match="cut short"):
        await client.stop_tls()


async def test_there_is_no_tls_to_stop() -> None:
    left, _ = memory_stream_pair()
    with pytest.raises(ValueError, match="no TLS"):
        await StreamIO(left).stop_tls()
