"""The socket stream: anyio's words for what the kernel says, again and again."""

from __future__ import annotations

import socket
import threading
from collections.abc import Awaitable, Callable
from pathlib import Path

import anyio
import pytest
from anyio.abc import SocketAttribute

from anyftp import SocketStream
from anyftp.testing import reset_stream
from anyftp.testing._byte_stream_checks import receive_all
from streams.stacks import close_all, socket_pair, tcp_pair
from support.cancelling import cancelled_everywhere

pytestmark = pytest.mark.anyio

Call = Callable[[SocketStream], Awaitable[object]]

CALLS: dict[str, Call] = {
    "receive": lambda stream: stream.receive(),
    "receive_into": lambda stream: stream.receive_into(memoryview(bytearray(10))),
    "send": lambda stream: stream.send(b"x"),
    "send_eof": lambda stream: stream.send_eof(),
    "until_readable": lambda stream: stream.until_readable(),
    "until_writable": lambda stream: stream.until_writable(),
}


@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
async def test_a_closed_stream(call: Call) -> None:
    left, right = await tcp_pair()
    await left.aclose()
    left.close()
    for _ in range(2):
        with pytest.raises(anyio.ClosedResourceError):
            await call(left)
    await right.aclose()


@pytest.mark.parametrize("name", ["receive", "receive_into", "until_readable"])
async def test_who_waits_hears_of_the_close(name: str) -> None:
    left, right = await tcp_pair()

    async def wait() -> None:
        with pytest.raises(anyio.ClosedResourceError):
            await CALLS[name](left)

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(wait)
        await anyio.wait_all_tasks_blocked()
        left.close()
    await right.aclose()


@pytest.mark.parametrize("name", ["receive", "receive_into", "send"])
async def test_a_reset_is_told_every_time(name: str) -> None:
    """The kernel tells it once, and of an end of the stream after that: no whole file is that."""
    left, right = await tcp_pair()
    reset_stream(right)
    await left.until_readable()
    for _ in range(3):
        with pytest.raises(anyio.BrokenResourceError):
            await CALLS[name](left)
    await left.aclose()


async def test_an_end_is_told_every_time_and_is_no_reset() -> None:
    left, right = await tcp_pair()
    await right.send(b"last")
    await right.send_eof()
    assert await left.receive() == b"last"
    for _ in range(3):
        with pytest.raises(anyio.EndOfStream):
            await left.receive()
        assert await left.receive_into(memoryview(bytearray(5))) == 0
    await left.send(b"back")
    assert await right.receive() == b"back"
    await close_all(left, right)


async def test_an_end_after_the_peer_has_gone_raises_nothing() -> None:
    left, right = await tcp_pair()
    reset_stream(right)
    await left.until_readable()
    await left.send_eof()
    await left.aclose()


async def test_a_socket_that_is_to_end_in_a_reset() -> None:
    left, right = await tcp_pair()
    await left.send(b"on its way")
    left.end_in_reset()
    left.close()
    left.end_in_reset()  # gone already: harmless
    with pytest.raises(anyio.BrokenResourceError):
        await receive_all(right)
    await right.aclose()


async def test_names_and_options() -> None:
    left, right = await tcp_pair()
    assert left.local_address == right.remote_address
    assert left.remote_address == right.local_address
    assert left.extra(SocketAttribute.raw_socket) is left.raw_socket
    assert left.extra(SocketAttribute.family) == socket.AF_INET
    assert left.extra(SocketAttribute.local_port) == left.local_address[1]
    assert left.extra(SocketAttribute.remote_port) == left.remote_address[1]
    assert left.extra(SocketAttribute.local_address) == left.local_address
    assert left.extra(SocketAttribute.remote_address) == left.remote_address
    assert left.raw_socket.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
    assert not left.raw_socket.getblocking()
    await close_all(left, right)


async def test_the_peers_name_outlives_the_peer() -> None:
    left, right = socket.socketpair()
    stream = SocketStream(left, ("192.0.2.1", 2121))
    right.close()
    assert stream.remote_address == ("192.0.2.1", 2121)
    assert stream.extra(SocketAttribute.remote_address) == ("192.0.2.1", 2121)
    await stream.aclose()


async def test_a_local_socket_has_a_path(tmp_path: Path) -> None:
    path = str(tmp_path / "s")
    with socket.socket(socket.AF_UNIX) as server, socket.socket(socket.AF_UNIX) as client:
        server.bind(path)
        server.listen()
        client.connect(path)
        stream = SocketStream(client)
        assert stream.remote_address == (path, 0)
        assert stream.local_address == ("", 0)
        assert stream.extra(SocketAttribute.remote_address) == path
        assert stream.extra(SocketAttribute.remote_port, None) is None
        await stream.aclose()


async def test_cancelled_anywhere_it_is_usable_or_says_that_it_is_broken() -> None:
    """A send through a buffer that is too small, and a peer that takes it bit by bit."""
    data = bytes(range(256)) * 400
    ends: list[tuple[SocketStream, SocketStream, bytearray]] = []

    async def scenario() -> None:
        left, right = await socket_pair()
        left.raw_socket.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 40_000)
        ends.append((left, right, bytearray()))
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(left.send, data)
            while len(ends[-1][2]) < len(data):
                ends[-1][2].extend(await right.receive())

    async for _ in cancelled_everywhere(scenario):
        left, right, got = ends.pop()
        await left.aclose()
        got += await receive_all(right)
        assert data.startswith(got)
        await right.aclose()


async def test_it_can_be_closed_where_no_event_loop_is() -> None:
    """As a collected object is: nobody waits there, and nothing is raised."""
    left, right = await tcp_pair()
    failures: list[BaseException] = []

    def close() -> None:
        try:
            left.close()
        except BaseException as error:
            failures.append(error)

    thread = threading.Thread(target=close)
    thread.start()
    await anyio.to_thread.run_sync(thread.join)
    assert not failures
    assert left.raw_socket.fileno() < 0
    await right.aclose()
