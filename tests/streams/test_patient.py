"""Streams that are not ours: closed in bounded time, read no further than asked, sent at once."""

from __future__ import annotations

import socket

import anyio
import pytest
from anyio.abc import ByteStream, SocketAttribute, SocketStream, UNIXSocketStream
from anyio.streams.stapled import StapledByteStream

from anyftp import StreamIO
from anyftp._streams import PatientStream
from anyftp.testing import memory_stream_pair
from streams.stacks import PlainStream
from support.cancelling import cancelled_everywhere
from support.clocks import VIRTUAL_BACKENDS, Backend

pytestmark = pytest.mark.anyio


@pytest.fixture(params=VIRTUAL_BACKENDS)
def anyio_backend(request: pytest.FixtureRequest) -> Backend:
    backend: Backend = request.param
    return backend


class Deaf(PlainStream):
    """A stream whose farewell waits for a peer that never speaks, as that of a tunnel may."""

    async def aclose(self) -> None:
        try:
            await anyio.sleep_forever()
        finally:
            await super().aclose()


async def test_closing_is_bounded_though_the_stream_below_waits() -> None:
    left, right = memory_stream_pair()
    for close_timeout in (2.0, 0.5):
        left, right = memory_stream_pair()
        stream = PatientStream(Deaf(left))
        assert stream.close_timeout == 2.0
        stream.close_timeout = close_timeout
        started = anyio.current_time()
        await StreamIO(stream).aclose()
        assert anyio.current_time() - started == pytest.approx(close_timeout)
        with pytest.raises(anyio.EndOfStream):
            await right.receive()


async def test_a_cancelled_close_closes_at_once() -> None:
    left, right = memory_stream_pair()
    started = anyio.current_time()
    with anyio.CancelScope() as scope:
        scope.cancel()
        await PatientStream(Deaf(left)).aclose()
    assert scope.cancelled_caught
    assert anyio.current_time() == started
    with pytest.raises(anyio.EndOfStream):
        await right.receive()


async def test_it_reads_no_further_than_asked() -> None:
    """A throttle above counts on that."""
    left, right = memory_stream_pair()
    io = StreamIO(PlainStream(right))
    await left.send(bytes(100))
    assert len(await io.read(10)) == 10
    assert right.nbytes_waiting == 90
    assert len(await io.readexactly(30)) == 30
    assert right.nbytes_waiting == 60


async def test_cancelled_anywhere_a_foreign_read_loses_nothing() -> None:
    got: list[bytearray] = []
    rights: list[StreamIO] = []

    async def scenario() -> None:
        left, right = memory_stream_pair()
        left.try_send(memoryview(b"0123456789"))
        left.close()
        got.append(bytearray())
        rights.append(StreamIO(PlainStream(right)))
        while block := await rights[-1].read(3):
            got[-1] += block

    async for _ in cancelled_everywhere(scenario):
        rest = await rights[-1].read()
        assert bytes(got[-1]) + rest == b"0123456789"


async def test_a_foreign_send_that_was_cut_breaks_the_stream() -> None:
    left, right = memory_stream_pair(capacity=10)
    stream = PatientStream(PlainStream(left))
    with anyio.move_on_after(1) as scope:
        await stream.send(bytes(100))
    assert scope.cancelled_caught
    for _ in range(2):
        with pytest.raises(anyio.BrokenResourceError, match="cut short"):
            await stream.send(b"x")
    assert right.nbytes_waiting == 10


async def test_without_a_close_of_its_own_it_is_used_no_more() -> None:
    left, right = memory_stream_pair()
    stapled = StapledByteStream(left, right)
    stream = PatientStream(stapled)
    stream.close()
    stream.close()
    with pytest.raises(anyio.ClosedResourceError):
        await stream.receive()
    with pytest.raises(anyio.ClosedResourceError):
        await stream.send(b"x")
    await stream.aclose()
    await right.aclose()


def has_delay(sock: socket.socket) -> bool:
    return not sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)


@pytest.mark.parametrize("anyio_backend", ["asyncio", "trio"])
@pytest.mark.parametrize("is_wrapped", [False, True])
async def test_small_blocks_are_sent_as_they_come(is_wrapped: bool) -> None:
    """Whoever has made the socket; else each waits for the peer, who may take its time."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        sock = socket.create_connection(listener.getsockname())
        peer, _ = listener.accept()
    with peer:
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 0)
        stream: ByteStream = await SocketStream.from_socket(sock)
        raw = stream.extra(SocketAttribute.raw_socket)
        raw.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 0)
        assert has_delay(raw)
        async with StreamIO(PlainStream(stream) if is_wrapped else stream):
            assert not has_delay(raw)


@pytest.mark.parametrize("anyio_backend", ["asyncio", "trio"])
async def test_what_is_no_tcp_stays_as_it_is() -> None:
    left, right = socket.socketpair()
    with right:
        async with StreamIO(await UNIXSocketStream.from_socket(left)) as io:
            await io.write(b"x")
            assert right.recv(10) == b"x"
