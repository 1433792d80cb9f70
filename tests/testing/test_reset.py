"""Breaking a connection as a crash does."""

from __future__ import annotations

import anyio
import pytest
from anyio.streams.stapled import StapledByteStream

from anyftp import StreamIO, connect_tcp
from anyftp.testing import memory_stream_pair
from anyftp.testing._reset import break_connection, reset_stream

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize("is_wrapped", [False, True])
async def test_a_memory_stream(is_wrapped: bool) -> None:
    ours, theirs = memory_stream_pair()
    await ours.send(b"on its way")
    assert reset_stream(StreamIO(ours) if is_wrapped else ours)
    with pytest.raises(anyio.BrokenResourceError):
        await theirs.receive()
    theirs.close()


@pytest.mark.parametrize("is_foreign", [False, True])
async def test_a_connection(is_foreign: bool) -> None:
    broken = anyio.Event()

    async def serve(peer: anyio.abc.SocketStream) -> None:
        async with peer:
            with pytest.raises(anyio.BrokenResourceError):
                await peer.receive()
        broken.set()

    listener = await anyio.create_tcp_listener(local_host="127.0.0.1")
    port = listener.extra(anyio.abc.SocketAttribute.local_port)
    async with listener, anyio.create_task_group() as tasks:
        tasks.start_soon(listener.serve, serve)
        connect = anyio.connect_tcp if is_foreign else connect_tcp
        assert await break_connection(await connect("127.0.0.1", port))
        with anyio.fail_after(10):
            await broken.wait()
        tasks.cancel_scope.cancel()


async def test_what_cannot_be_reset() -> None:
    send, receive = anyio.create_memory_object_stream[bytes](1)
    stream = StapledByteStream(send, receive)  # type: ignore[arg-type]  # no bytes go there
    assert not reset_stream(stream)
    assert not await break_connection(stream)
    send.close()
    receive.close()
