"""The contract of a byte stream, one small function a property.

Any `anyio.abc.ByteStream` that files are to be moved over should pass: a proxy's, a tunnel's, an
in-memory one. Each function gets a maker of fresh, connected pairs.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection

import anyio
from anyio import create_task_group
from anyio.abc import ByteStream

from anyftp.testing._reset import break_connection
from anyftp.testing._running import MakePair, Skipped, raises, run_checks

Make = MakePair[ByteStream]


async def end_of_stream(make_pair: Make) -> None:
    """After the peer's end, receive raises EndOfStream, again and again."""
    left, right = await make_pair()
    await left.send(b"last words")
    await left.send_eof()
    assert await receive_exactly(right, 10) == b"last words"
    for _ in range(3):
        with raises(anyio.EndOfStream):
            await right.receive()


async def receive_is_bounded(make_pair: Make) -> None:
    """receive gives at least one byte and at most max_bytes."""
    left, right = await make_pair()
    await left.send(b"0123456789")
    got = b""
    while len(got) < 10:
        data = await right.receive(3)
        assert 1 <= len(data) <= 3, f"{len(data)} bytes for receive(3)"
        got += data
    assert got == b"0123456789"


async def chunking_does_not_matter(make_pair: Make) -> None:
    """However the bytes are cut when sent and received, they arrive whole and in order."""
    left, right = await make_pair()
    data = bytes(range(256)) * 1000
    got = bytearray()

    async def send() -> None:
        start, size = 0, 1
        while start < len(data):
            await left.send(data[start : start + size])
            start, size = start + size, size * 3 % 70001 + 1
        await left.send_eof()

    async with create_task_group() as tasks:
        tasks.start_soon(send)
        size = 1
        while True:
            try:
                got += await _some(right, size)
            except anyio.EndOfStream:
                break
            size = size * 5 % 65537 + 1
    assert bytes(got) == data


async def cancelled_receive_loses_nothing(make_pair: Make) -> None:
    """What comes after a cancelled receive is received by the next one."""
    left, right = await make_pair()
    for number in range(5):
        with anyio.move_on_after(0.01 if number else 0) as scope:
            await right.receive()
        assert scope.cancelled_caught, "receive did not wait for bytes"
    await left.send(b"still here")
    assert await receive_exactly(right, 10) == b"still here"


async def every_call_is_a_cancellation_point(make_pair: Make) -> None:
    """receive, send and send_eof see a cancellation at once."""
    left, right = await make_pair()
    await left.send(b"a")
    await anyio.sleep(0.01)
    with anyio.CancelScope() as scope:
        scope.cancel()
        await right.receive()
    assert scope.cancelled_caught, "receive is no cancellation point"
    assert await right.receive() == b"a"
    with anyio.CancelScope() as scope:
        scope.cancel()
        await left.send(b"not this")
    assert scope.cancelled_caught, "send is no cancellation point"
    with anyio.CancelScope() as scope:
        scope.cancel()
        await left.send_eof()
    assert scope.cancelled_caught, "send_eof is no cancellation point"


async def one_task_a_direction(make_pair: Make) -> None:
    """A second task that receives, or sends, gets BusyResourceError; the first is not disturbed."""
    left, right = await make_pair()
    async with create_task_group() as tasks:
        tasks.start_soon(right.receive)
        await anyio.wait_all_tasks_blocked()
        with raises(anyio.BusyResourceError):
            await right.receive()
        await left.send(b"x")
    async with create_task_group() as tasks:
        tasks.start_soon(send_without_end, left)
        await anyio.sleep(0.05)
        with raises(anyio.BusyResourceError):
            await left.send(b"in between")
        tasks.cancel_scope.cancel()


async def both_directions_at_once(make_pair: Make) -> None:
    """Two tasks on each side, one sends and one receives, and nothing gets stuck."""
    left, right = await make_pair()
    data = bytes(1_000_000)

    async def send(stream: ByteStream) -> None:
        await stream.send(data)

    async def receive(stream: ByteStream) -> None:
        assert await receive_exactly(stream, len(data)) == data

    async with create_task_group() as tasks:
        for stream in (left, right):
            tasks.start_soon(send, stream)
            tasks.start_soon(receive, stream)


async def half_close(make_pair: Make) -> None:
    """After send_eof one can still receive, and the peer can still send."""
    left, right = await make_pair()
    await right.send(b"sent before")
    await left.send_eof()
    with raises(anyio.EndOfStream):
        await right.receive()
    await right.send(b", sent after")
    assert await receive_exactly(left, 23) == b"sent before, sent after"


async def half_close_with_unread_bytes(make_pair: Make) -> None:
    """send_eof while received bytes wait to be taken harms none of them."""
    left, right = await make_pair()
    await right.send(bytes(30000))
    assert len(await left.receive(10)) == 10
    await left.send_eof()
    await right.send_eof()
    assert len(await receive_all(left)) == 29990


async def back_pressure(make_pair: Make) -> None:
    """A sender whose peer does not receive has to wait; memory is bounded."""
    left, _ = await make_pair()
    with anyio.move_on_after(PATIENCE_FOR_FULL_BUFFERS) as scope:
        for _ in range(256):
            await left.send(bytes(1 << 20))
    assert scope.cancelled_caught, "256 MiB were taken in though nobody received them"


async def closed_streams_say_so(make_pair: Make) -> None:
    """After aclose, receive and send raise ClosedResourceError; a second aclose is harmless."""
    left, right = await make_pair()
    await right.send(b"unread")
    await anyio.sleep(0.01)
    await left.aclose()
    await left.aclose()
    with raises(anyio.ClosedResourceError):
        await left.receive()
    with raises(anyio.ClosedResourceError):
        await left.send(b"x")


async def aclose_wakes_who_waits(make_pair: Make) -> None:
    """A task that waits to receive gets ClosedResourceError when another task closes."""
    left, _ = await make_pair()

    async def wait() -> None:
        with raises(anyio.ClosedResourceError):
            await left.receive()

    async with create_task_group() as tasks:
        tasks.start_soon(wait)
        await anyio.wait_all_tasks_blocked()
        await left.aclose()


async def aclose_delivers_what_was_sent(make_pair: Make) -> None:
    """A peer that reads late still gets everything that was sent before aclose, then the end."""
    left, right = await make_pair()
    await left.send(bytes(30000))
    async with create_task_group() as tasks:
        tasks.start_soon(left.aclose)
        await anyio.sleep(0.02)
        assert len(await receive_all(right)) == 30000
        await right.aclose()


async def aclose_is_bounded(make_pair: Make) -> None:
    """aclose returns soon though the peer says nothing and receives nothing."""
    left, _ = await make_pair()
    with anyio.move_on_after(PATIENCE_FOR_FULL_BUFFERS):
        await send_without_end(left)
    with anyio.move_on_after(5) as scope:
        await left.aclose()
    assert not scope.cancelled_caught, "aclose took more than 5 s"


async def peer_closed(make_pair: Make) -> None:
    """Who sends to a peer that has closed gets BrokenResourceError, soon if not at once."""
    left, right = await make_pair()
    with anyio.CancelScope() as scope:
        scope.cancel()
        await right.aclose()
    with raises(anyio.BrokenResourceError):
        await send_without_end(left)


async def peer_reset(make_pair: Make) -> None:
    """When the connection breaks, a waiting receive and later calls raise BrokenResourceError."""
    left, right = await make_pair()

    async def wait() -> None:
        with raises(anyio.BrokenResourceError):
            await left.receive()

    async with create_task_group() as tasks:
        tasks.start_soon(wait)
        await anyio.wait_all_tasks_blocked()
        can_reset = await break_connection(right)
        if not can_reset:
            tasks.cancel_scope.cancel()
    if not can_reset:
        raise Skipped("this stream cannot be reset")
    with raises(anyio.BrokenResourceError):
        await send_without_end(left)


async def aclose_after_a_reset(make_pair: Make) -> None:
    """Closing a broken stream raises nothing."""
    left, right = await make_pair()
    if not await break_connection(right):
        raise Skipped("this stream cannot be reset")
    await anyio.sleep(0.01)
    await left.aclose()


#: Seconds after which a send that has not returned is taken to wait for its peer.
PATIENCE_FOR_FULL_BUFFERS = 0.1

BYTE_STREAM_CHECKS: tuple[Callable[[Make], Awaitable[None]], ...] = (
    end_of_stream,
    receive_is_bounded,
    chunking_does_not_matter,
    cancelled_receive_loses_nothing,
    every_call_is_a_cancellation_point,
    one_task_a_direction,
    both_directions_at_once,
    half_close,
    half_close_with_unread_bytes,
    back_pressure,
    closed_streams_say_so,
    aclose_wakes_who_waits,
    aclose_delivers_what_was_sent,
    aclose_is_bounded,
    peer_closed,
    peer_reset,
    aclose_after_a_reset,
)


async def check_byte_stream(make_pair: Make, *, skip: Collection[str] = ()) -> None:
    """Check that a byte stream does what this library relies on.

    Args:
        make_pair: makes two connected streams, for each property a fresh pair:
            `async def make_pair(**options): ...`
        skip: names of properties (functions in `BYTE_STREAM_CHECKS`) not to be checked.

    Raises:
        AssertionError: a property does not hold; a note says which.

    Cancellation: safe.
    """
    await run_checks(BYTE_STREAM_CHECKS, make_pair, skip)


async def _some(stream: ByteStream, max_bytes: int) -> bytes:
    """At least one byte: nothing, again and again, would keep a loop busy for ever."""
    data = await stream.receive(max_bytes)
    assert data, "receive gave no byte where it should raise EndOfStream"
    return data


async def receive_exactly(stream: ByteStream, count: int) -> bytes:
    """Receive count bytes; fewer only if the stream ends."""
    got = bytearray()
    while len(got) < count:
        try:
            got += await _some(stream, min(65536, count - len(got)))
        except anyio.EndOfStream:
            break
    return bytes(got)


async def receive_all(stream: ByteStream) -> bytes:
    """Receive up to the end of the stream."""
    return await receive_exactly(stream, 1 << 60)


async def send_without_end(stream: ByteStream) -> None:
    """Send until something happens."""
    while True:
        await stream.send(bytes(65536))
