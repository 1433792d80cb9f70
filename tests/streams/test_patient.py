"""Streams that are not ours: closed in bounded time, read no further than asked, sent at once."""

from __future__ import annotations

import contextlib
import socket
import sys
from collections.abc import Callable, Mapping
from typing import Any

import anyio
import pytest
from anyio.abc import ByteStream, SocketAttribute, SocketStream, UNIXSocketStream
from anyio.streams.stapled import StapledByteStream

from anyftp import StreamIO, StreamThrottle, Throttle, ThrottleStreamIO
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
    """A stream whose close_notify waits for a peer that never speaks, as that of a tunnel may."""

    async def aclose(self) -> None:
        try:
            await anyio.sleep_forever()
        finally:
            await super().aclose()


class Once(Deaf):
    """As anyio's over TLS: it says close_notify again, over a transport that was closed."""

    is_closed = False

    async def aclose(self) -> None:
        if self.is_closed:
            raise anyio.ClosedResourceError
        self.is_closed = True
        await super().aclose()


async def test_a_second_aclose_is_harmless_whatever_came_of_the_first() -> None:
    left, right = memory_stream_pair()
    stream = PatientStream(Once(left))
    await stream.aclose()
    await stream.aclose()
    await right.aclose()


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


def tcp_pair() -> tuple[socket.socket, socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        near = socket.create_connection(listener.getsockname())
        far, _ = listener.accept()
    return near, far


def has_delay(sock: socket.socket) -> bool:
    return not sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)


@pytest.mark.parametrize("anyio_backend", ["asyncio", "trio"])
@pytest.mark.parametrize("is_wrapped", [False, True])
async def test_small_blocks_are_sent_as_they_come(is_wrapped: bool) -> None:
    """Whoever has made the socket; else each waits for the peer, who may take its time."""
    sock, peer = tcp_pair()
    with peer:
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 0)
        stream: ByteStream = await SocketStream.from_socket(sock)
        raw = stream.extra(SocketAttribute.raw_socket)
        raw.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 0)
        assert has_delay(raw)
        async with StreamIO(PlainStream(stream) if is_wrapped else stream):
            assert not has_delay(raw)


class Kernel:
    """What is left of a socket, if one is asked for its options only."""

    def __init__(self) -> None:
        self.options: list[tuple[int, int]] = []

    def setsockopt(self, _level: int, option: int, value: int) -> None:
        self.options.append((option, value))

    @property
    def rooms(self) -> list[int]:
        """How much it was to take in ahead, one after the other."""
        return [value for option, value in self.options if option == socket.SO_RCVBUF]


class OverKernel(PlainStream):
    """A stream that tells of its socket."""

    kernel = Kernel()

    @property
    def extra_attributes(self) -> Mapping[Any, Callable[[], Any]]:
        return {SocketAttribute.raw_socket: lambda: self.kernel}


@pytest.mark.parametrize(
    ("expected", "rooms"),
    [
        ([1 << 30, 1 << 30], []),  # as much as it likes, as it has been
        ([1, 50_000, 65_536], [65_536]),  # no less, and not each time anew
        ([1, 100_000, 60_000, 140_000], [65_536, 100_000, 140_000]),
        ([200_000, 1], [65_536]),
        ([1, 1 << 20, 1 << 30, 1], [65_536, 262_144, 65_536]),
    ],
)
async def test_the_kernel_takes_in_what_is_due_meanwhile(
    expected: list[int], rooms: list[int]
) -> None:
    inner = OverKernel(memory_stream_pair()[0])
    inner.kernel = Kernel()
    stream = PatientStream(inner)
    for nbytes in expected:
        stream.expect(nbytes)
    assert inner.kernel.rooms == rooms


@pytest.mark.skipif(sys.platform != "linux", reason="no way back to what the kernel likes")
@pytest.mark.parametrize("anyio_backend", ["asyncio", "trio"])
async def test_where_much_is_due_the_kernel_sizes_its_buffers_again() -> None:
    left, right = tcp_pair()
    with right:
        inner: ByteStream = await SocketStream.from_socket(left)
        stream, raw = PatientStream(inner), inner.extra(SocketAttribute.raw_socket)
        locks = []
        for nbytes in (1, 1 << 30):
            stream.expect(nbytes)
            locks.append(raw.getsockopt(socket.SOL_SOCKET, 72))
        assert locks == [2, 0]
        await inner.aclose()
        await anyio.wait_all_tasks_blocked()
        stream.expect(1)  # where it is gone, nothing happens


@pytest.mark.every_loop
@pytest.mark.parametrize("anyio_backend", ["asyncio", "trio", ("asyncio", {"use_uvloop": True})])
async def test_a_limit_bounds_what_the_peer_has_sent_too() -> None:
    """There is an event loop that receives 8 MB where a kilobyte was asked for."""
    left, right = tcp_pair()
    right.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 65536)
    sent: list[int] = []

    def push() -> None:
        with right, contextlib.suppress(OSError):
            right.recv(1)
            while True:
                sent.append(right.send(bytes(65536)))

    throttles = {"": StreamThrottle(Throttle(1 << 20), Throttle())}
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(anyio.to_thread.run_sync, push)
        async with ThrottleStreamIO(await SocketStream.from_socket(left), throttles) as stream:
            await stream.write(b"!")
            nbytes = 0
            while nbytes < 600_000:
                nbytes += len(await stream.read(65536))
            assert sum(sent) - nbytes < 1 << 20


@pytest.mark.parametrize("anyio_backend", ["asyncio", "trio"])
async def test_what_is_no_tcp_stays_as_it_is() -> None:
    left, right = socket.socketpair()
    with right:
        async with StreamIO(await UNIXSocketStream.from_socket(left)) as io:
            await io.write(b"x")
            assert right.recv(10) == b"x"
