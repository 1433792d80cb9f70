"""The throttle of a client: its own, one that is given, and one that is set while data move."""

from __future__ import annotations

import anyio
import pytest

from anyftp import Client, LocalProtocolError, StreamThrottle
from client.peer import CONTENT, Peer
from support.clocks import VIRTUAL_BACKENDS, Backend

pytestmark = pytest.mark.anyio


@pytest.fixture(params=VIRTUAL_BACKENDS)
def anyio_backend(request: pytest.FixtureRequest) -> Backend:
    """A thousand bytes a second take as long as they should, and pass at once."""
    backend: Backend = request.param
    return backend


def limited(rate: float) -> StreamThrottle:
    return StreamThrottle.from_limits(rate, rate)


async def seconds_of_a_download(client: Client, throttle: StreamThrottle | None = None) -> float:
    start = anyio.current_time()
    async with client.download_stream("f", throttle=throttle) as stream:
        assert await stream.read() == CONTENT
    return anyio.current_time() - start


async def test_a_throttle_that_is_set_on_a_connected_client_holds() -> None:
    async with Peer().client() as client:
        assert await seconds_of_a_download(client) < 0.1
        client.throttle = limited(1000)
        assert client.throttle == client.throttle
        assert await seconds_of_a_download(client) == pytest.approx(len(CONTENT) / 1000, rel=0.1)
        client.throttle = StreamThrottle.from_limits()
        assert await seconds_of_a_download(client) < 0.1


async def test_it_holds_for_what_is_under_way() -> None:
    async with Peer().client() as client:
        start = anyio.current_time()
        async with client.download_stream("f") as stream:
            await stream.readexactly(500)
            client.throttle = limited(1000)
            await stream.readexactly(2000)
            assert anyio.current_time() - start == pytest.approx(2, rel=0.1)
            client.throttle = None
            await stream.read()
        assert anyio.current_time() - start == pytest.approx(2, rel=0.1)


async def test_one_that_was_taken_out_of_a_stream_stays_out() -> None:
    async with (
        Peer().client(throttle=limited(1000)) as client,
        client.download_stream("f") as stream,
    ):
        del stream.throttles["client"]
        client.throttle = limited(1)
        assert list(stream.throttles) == []


async def test_a_throttle_of_ones_own_for_a_client_and_for_a_stream() -> None:
    shared = limited(2000)
    async with Peer().client(throttle=shared) as client:
        assert client.throttle is shared
        assert await seconds_of_a_download(client) == pytest.approx(len(CONTENT) / 2000, rel=0.1)
        taken = await seconds_of_a_download(client, throttle=limited(500))
        assert taken == pytest.approx(len(CONTENT) / 500, rel=0.1)
        start = anyio.current_time()
        async with client.upload_stream("g", throttle=limited(500)) as stream:
            await stream.write(CONTENT)
        assert anyio.current_time() - start == pytest.approx(len(CONTENT) / 500, rel=0.1)
    with pytest.raises(LocalProtocolError, match="speed limits must be None with a throttle"):
        Client(throttle=shared, read_speed_limit=1)
