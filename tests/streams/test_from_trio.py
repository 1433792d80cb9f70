"""trio's streams handed to us: the contract, and what is seen through them."""

from __future__ import annotations

import socket
import ssl
from typing import Any

import anyio
import pytest
import trio
import trio.testing
from anyio.abc import SocketAttribute

from anyftp import (
    Client,
    MemoryFileSystem,
    Server,
    StreamIO,
    ThrottleStreamIO,
    TLSStream,
    User,
)
from anyftp.testing import (
    BYTE_STREAM_CHECKS,
    STREAM_IO_CHECKS,
    ExpectEnd,
    Say,
    ScriptedPeer,
    Skipped,
    run_check,
)
from streams import stacks
from streams.stacks import SERVER_NAME, Contexts
from streams.test_contract import modern
from support.clocks import TRIO, Backend

__all__ = ["modern"]

pytestmark = pytest.mark.anyio


@pytest.fixture(params=[TRIO], ids=["trio"])
def anyio_backend(request: pytest.FixtureRequest) -> Backend:
    backend: Backend = request.param
    return backend


def trio_socket_pair() -> tuple[trio.SocketStream, trio.SocketStream]:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        left = socket.create_connection(listener.getsockname())
        right, _ = listener.accept()
    return _of_trio(left), _of_trio(right)


def _of_trio(sock: socket.socket) -> trio.SocketStream:
    sock.setblocking(False)
    return trio.SocketStream(trio.socket.from_stdlib_socket(sock))


async def socket_pair(**options: Any) -> tuple[StreamIO, StreamIO]:
    left, right = trio_socket_pair()
    return StreamIO(left, **options), ThrottleStreamIO(right, **options)


async def memory_pair(**options: Any) -> tuple[StreamIO, StreamIO]:
    left, right = trio.testing.memory_stream_pair()
    return StreamIO(left, **options), StreamIO(right, **options)


#: trio's streams in memory take in all that is sent.
ENDLESS = {
    *("back_pressure", "aclose_is_bounded", "one_task_a_direction"),
    *("writes_cut_short", "specific_timeouts_win", "closing_wins"),
}


async def run(check: Any, make_pair: Any) -> None:
    try:
        await run_check(check, make_pair)
    except Skipped as reason:
        pytest.skip(str(reason))


CHECKS = [*BYTE_STREAM_CHECKS, *STREAM_IO_CHECKS]


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
async def test_the_contract_over_sockets(check: Any) -> None:
    await run(check, socket_pair)


@pytest.mark.parametrize(
    "check",
    [check for check in CHECKS if check.__name__ not in ENDLESS],
    ids=lambda check: check.__name__,
)
async def test_the_contract_in_memory(check: Any) -> None:
    await run(check, memory_pair)


async def test_names_are_seen_through() -> None:
    left, right = trio_socket_pair()
    stream = StreamIO(left)
    assert stream.extra(SocketAttribute.remote_address) == right.socket.getsockname()
    assert stream.extra(SocketAttribute.local_address) == left.socket.getsockname()
    assert stream.extra(SocketAttribute.remote_port) == right.socket.getsockname()[1]
    assert stream.extra(SocketAttribute.family) == socket.AF_INET
    assert stream.extra(SocketAttribute.raw_socket, None) is None  # it is not the standard one
    for each in (left, right):
        await each.aclose()


async def test_a_stream_that_cannot_be_half_closed_says_so() -> None:
    left, right = trio_socket_pair()
    stream = StreamIO(trio.SSLStream(left, ssl.create_default_context()))
    with pytest.raises(NotImplementedError, match="SSLStream"):
        await stream.send_eof()
    stream.close()
    await right.aclose()
    assert left.socket.fileno() == -1


async def test_our_tls_over_trios_sockets(modern: Contexts) -> None:
    left, right = trio_socket_pair()
    made: list[TLSStream] = []

    async def serve() -> None:
        made.append(await TLSStream.wrap(right, modern.server, server_side=True))

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(serve)
        client = await TLSStream.wrap(left, modern.client, server_hostname=SERVER_NAME)
    await client.send(b"protected")
    assert await made[0].receive() == b"protected"
    await stacks.close_all(client, *made)


async def test_a_client_dials_by_trio() -> None:
    files = MemoryFileSystem()
    files.put("/a", bytes(300_000))
    server = Server([User("alice", "wonder", file_system=files)])
    async with anyio.create_task_group() as tasks:
        [(host, port)] = await tasks.start(server.serve, "127.0.0.1", 0)
        async with Client.context(
            host, port, "alice", "wonder", dialler=trio.open_tcp_stream
        ) as client:
            async with client.download_stream("/a") as download:
                assert len(await download.read()) == 300_000
            async with client.upload_stream("/b") as upload:
                await upload.write(bytes(200_000))
            with anyio.move_on_after(0.2):
                async with client.upload_stream("/half") as upload:
                    await upload.write(b"half of it")
                    await anyio.sleep_forever()
            assert await client.size("/b") == 200_000
        assert sorted(files.names()) == ["a", "b"]  # what was given up ended in a reset
        tasks.cancel_scope.cancel()


async def test_a_scripted_peer_over_trios_memory() -> None:
    left, right = trio.testing.memory_stream_pair()
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(ScriptedPeer(StreamIO(right), [Say("220 ready"), ExpectEnd()]).play)
        stream = StreamIO(left)
        assert await stream.readline() == b"220 ready\r\n"
        await stream.aclose()
