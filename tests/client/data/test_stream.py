"""The data connection's stream: how it is left decides how the transfer ends, once."""

from __future__ import annotations

import anyio
import pytest

from anyftp import DataConnectionThrottleStreamIO, StreamThrottle
from anyftp.testing import MemoryStream, memory_stream_pair
from streams.stacks import Owner
from support.cancelling import cancelled_everywhere
from support.clocks import VIRTUAL_BACKENDS, Backend

pytestmark = pytest.mark.anyio


@pytest.fixture(params=VIRTUAL_BACKENDS)
def anyio_backend(request: pytest.FixtureRequest) -> Backend:
    backend: Backend = request.param
    return backend


def connect(
    owner: Owner, *, is_readable: bool = True
) -> tuple[DataConnectionThrottleStreamIO, MemoryStream]:
    left, right = memory_stream_pair()
    return DataConnectionThrottleStreamIO(owner, left, is_readable=is_readable), right


async def test_left_in_good_order_it_is_finished() -> None:
    owner = Owner()
    stream, peer = connect(owner)
    async with stream as entered:
        assert entered is stream
        assert stream.client is owner
        await stream.write(b"x")
    assert owner.calls == [("finish", "2xx", "1xx")]
    assert await peer.receive() == b"x"
    with pytest.raises(anyio.EndOfStream):
        await peer.receive()


async def test_finished_with_codes_of_ones_own_and_only_once() -> None:
    owner = Owner()
    stream, _ = connect(owner)
    async with stream:
        await stream.finish("226", ["1xx", "35x"])
        await stream.finish()
    await stream.abandon()
    assert owner.calls == [("finish", "226", ["1xx", "35x"])]


async def test_left_by_an_exception_it_is_abandoned() -> None:
    owner = Owner()
    stream, _ = connect(owner)
    with pytest.raises(ZeroDivisionError):
        async with stream:
            raise ZeroDivisionError
    await stream.finish()
    assert owner.calls == ["abandon"]


async def test_cancelled_anywhere_it_is_settled_once() -> None:
    owners: list[Owner] = []

    async def scenario() -> None:
        owners.append(Owner())
        stream, peer = connect(owners[-1])
        stream.throttles["slow"] = StreamThrottle.from_limits(1000, 1000)
        await peer.send(bytes(500))
        await peer.send_eof()
        async with stream:
            await stream.write(bytes(500))
            await stream.read()

    endings = []
    async for is_cancelled in cancelled_everywhere(scenario):
        [ending] = owners[-1].calls or ["not begun"]
        endings.append(ending)
        if not is_cancelled:
            assert ending == ("finish", "2xx", "1xx")
    assert "abandon" in endings


async def test_where_the_peer_sends_nothing_every_read_ends_at_once() -> None:
    """An upload's connection: the server says nothing there, and a read would wait for ever."""
    stream, peer = connect(Owner(), is_readable=False)
    await peer.send(b"what a server should not send")
    assert await stream.read() == await stream.read(5) == await stream.readline() == b""
    assert await stream.read_into(bytearray(5)) == 0
    with pytest.raises(anyio.EndOfStream):
        await stream.receive()
    with pytest.raises(anyio.IncompleteRead):
        await stream.readexactly(1)
    assert [block async for block in stream.iter_by_block()] == []
    with anyio.CancelScope() as scope:
        scope.cancel()
        await stream.read(5)
    assert scope.cancelled_caught, "a read that ends at once is a checkpoint all the same"
    await stream.write(b"x")
    assert await peer.receive() == b"x"


async def test_it_takes_the_options_of_any_throttled_stream() -> None:
    left, _ = memory_stream_pair()
    limits = {"x": StreamThrottle.from_limits(10, 10)}
    stream = DataConnectionThrottleStreamIO(Owner(), left, limits, timeout=3, write_timeout=0)
    assert stream.throttles is limits
    assert (stream.timeout, stream.read_timeout, stream.write_timeout) == (3, 3, 0)


async def test_an_upload_that_is_closed_says_so_to_readers() -> None:
    stream, peer = connect(Owner(), is_readable=False)
    assert await stream.read() == b""
    await stream.aclose()
    for read in (stream.read, stream.readline, lambda: stream.read_into(bytearray(1))):
        with pytest.raises(anyio.ClosedResourceError):
            await read()
    await peer.aclose()
