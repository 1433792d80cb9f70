"""The two kinds of channel: what is tried first, and foreign streams that can only be awaited."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import anyio
import pytest
from anyio.abc import ByteStream

from anyftp import StreamIO
from anyftp._streams import PatientStream
from anyftp.testing import memory_stream_pair
from streams.stacks import Contexts, PlainStream, tls_pair
from support.clocks import VIRTUAL_BACKENDS, Backend

pytestmark = pytest.mark.anyio


@pytest.fixture(params=VIRTUAL_BACKENDS)
def anyio_backend(request: pytest.FixtureRequest) -> Backend:
    backend: Backend = request.param
    return backend


def foreign_pair() -> tuple[ByteStream, ByteStream]:
    left, right = memory_stream_pair()
    return PlainStream(left), PlainStream(right)


Read = Callable[[StreamIO], Awaitable[bytes]]

READS: dict[str, Read] = {
    "read": lambda io: io.read(5),
    "readline": lambda io: io.readline(),
    "readexactly": lambda io: io.readexactly(5),
    "receive": lambda io: io.receive(5),
}


@pytest.mark.parametrize("is_foreign", [False, True], ids=["ours", "foreign"])
@pytest.mark.parametrize("read", READS.values(), ids=READS)
async def test_a_read_timeout_of_0_gives_what_is_there(read: Read, is_foreign: bool) -> None:
    left, right = foreign_pair() if is_foreign else memory_stream_pair()
    io = StreamIO(right, read_timeout=0)
    started = anyio.current_time()
    with pytest.raises(TimeoutError):
        await read(io)
    for _ in range(2):
        await left.send(b"abcd\n")
        assert await read(io) == b"abcd\n"
        with pytest.raises(TimeoutError):
            await read(io)
    await left.send_eof()
    assert await io.read(1) == b""
    assert anyio.current_time() == started


@pytest.mark.parametrize("is_foreign", [False, True], ids=["ours", "foreign"])
async def test_a_write_timeout_of_0_sends_what_there_is_room_for(is_foreign: bool) -> None:
    left, right = foreign_pair() if is_foreign else memory_stream_pair()
    io = StreamIO(left, write_timeout=0)
    started = anyio.current_time()
    for _ in range(3):
        await io.write(bytes(10_000))
        assert len(await StreamIO(right).readexactly(10_000)) == 10_000
    await io.write(bytes(65536))
    with pytest.raises(TimeoutError, match="write: not done after 0 s"):
        await io.write(bytes(100_000))
    if is_foreign:  # nobody knows how much of it has gone out
        with pytest.raises(anyio.BrokenResourceError):
            await io.write(b"x")
    else:  # not a byte has
        await StreamIO(right).readexactly(65536)
        await io.write(b"x")
        assert await right.receive() == b"x"
    assert anyio.current_time() == started


@pytest.mark.parametrize("is_foreign", [False, True], ids=["ours", "foreign"])
async def test_an_end_needs_no_time(is_foreign: bool) -> None:
    left, right = foreign_pair() if is_foreign else memory_stream_pair()
    await StreamIO(left, timeout=0).send_eof()
    with pytest.raises(anyio.EndOfStream):
        await right.receive()


async def test_at_once_through_tls_over_a_foreign_stream(contexts: Contexts) -> None:
    """Several layers take a few turns of the event loop, and no time."""

    async def plain(**options: Any) -> tuple[ByteStream, ByteStream]:
        return foreign_pair()

    left, right = await tls_pair(contexts, plain)()
    reader, writer = StreamIO(right, timeout=0), StreamIO(left, timeout=0)
    for _ in range(3):
        await writer.write(b"line\n")
        assert await reader.readline() == b"line\n"
        with pytest.raises(TimeoutError):
            await reader.readline()


class Greedy(PatientStream):
    """Takes over whatever it is given, at once."""

    nbytes = 0

    def try_send(self, view: memoryview) -> int:
        nbytes = min(view.nbytes, 1 << 16)
        self.nbytes += nbytes
        return nbytes


async def test_a_long_send_that_never_has_to_wait_can_be_cancelled() -> None:
    """And lets others run, as often as many short ones do."""
    stream = Greedy(foreign_pair()[0])
    with anyio.CancelScope() as scope:

        async def cancel() -> None:
            scope.cancel()

        async with anyio.create_task_group() as tasks:
            tasks.start_soon(cancel)
            await stream.send(bytes(32 << 20))
    assert scope.cancelled_caught
    assert stream.nbytes <= 4 << 20


async def test_a_send_that_has_gone_out_is_not_cancelled_afterwards() -> None:
    stream = Greedy(foreign_pair()[0])
    for _ in range(200):
        sent = stream.nbytes
        await stream.send(bytes(1 << 16))
        assert stream.nbytes == sent + (1 << 16)
