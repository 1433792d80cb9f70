"""The contract of a `StreamIO`, one small function a property, on top of a byte stream's."""

from __future__ import annotations

from array import array
from collections.abc import Awaitable, Callable, Collection

import anyio
from anyio import create_task_group

from anyftp._streams import IncompleteReadError, StreamIO
from anyftp.testing._byte_stream_checks import check_byte_stream, receive_exactly, send_without_end
from anyftp.testing._running import MakePair, raises, run_checks

Make = MakePair[StreamIO]


async def read_gives_what_there_is(make_pair: Make) -> None:
    """read(count) gives one byte to count; b"" at the end, again and again."""
    left, right = await make_pair()
    await left.write(b"0123456789")
    assert await right.read(0) == b""
    got = await right.read(4)
    assert 1 <= len(got) <= 4
    got += await receive_exactly(right, 10 - len(got))
    await left.send_eof()
    assert (got, await right.read(5), await right.read(5)) == (b"0123456789", b"", b"")


async def read_to_the_end(make_pair: Make) -> None:
    """read() gathers everything to the end."""
    left, right = await make_pair()

    async def write() -> None:
        await left.write(bytes(300_000))
        await left.send_eof()

    async with create_task_group() as tasks:
        tasks.start_soon(write)
        assert len(await right.read()) == 300_000
    assert await right.read() == b""


async def read_into_a_buffer(make_pair: Make) -> None:
    """read_into fills the caller's buffer; 0 at the end."""
    left, right = await make_pair()
    await left.write(b"line\nabcdef")
    assert await right.readline() == b"line\n"
    block = bytearray(b"........")
    filled = 0
    while filled < 6:
        filled += await right.read_into(memoryview(block)[filled:])
    assert block == b"abcdef.."
    assert await right.read_into(bytearray()) == 0
    await left.send_eof()
    assert await right.read_into(block) == 0


async def lines(make_pair: Make) -> None:
    """readline splits at newlines only, gives the rest at the end, then b""."""
    left, right = await make_pair()
    await left.write(b"one\r\ntwo\n\nfo\rur\nrest")
    await left.send_eof()
    got = [await right.readline() for _ in range(6)]
    assert got == [b"one\r\n", b"two\n", b"\n", b"fo\rur\n", b"rest", b""], got


async def longest_line(make_pair: Make) -> None:
    """A line of max_line bytes passes; one more is refused, with little taken in."""
    left, right = await make_pair(max_line=100)
    await left.write(b"a" * 99 + b"\n" + b"b" * 100 + b"\n")
    assert await right.readline() == b"a" * 99 + b"\n"
    for _ in range(2):
        with raises(anyio.DelimiterNotFound):
            await right.readline()
    assert await right.readexactly(101) == b"b" * 100 + b"\n"


async def endless_line(make_pair: Make) -> None:
    """A line that never ends is refused in bounded memory."""
    left, right = await make_pair(max_line=1000)
    async with create_task_group() as tasks:
        tasks.start_soon(send_without_end, left)
        with raises(anyio.DelimiterNotFound):
            await right.readline()
        tasks.cancel_scope.cancel()
    assert right.nbytes_buffered <= 1000 + 65536


async def exact_reads(make_pair: Make) -> None:
    """readexactly gives count bytes, or tells what there was and what was asked for."""
    left, right = await make_pair()
    await left.write(b"line\n0123456789")
    await left.send_eof()
    assert await right.readline() == b"line\n"
    assert await right.readexactly(0) == b""
    assert await right.readexactly(7) == b"0123456"
    incomplete = None
    try:
        await right.readexactly(7)
    except IncompleteReadError as error:
        incomplete = error.partial, error.expected
    assert incomplete == (b"789", 7), incomplete
    with raises(ValueError):
        await right.readexactly(-1)


async def any_buffer_object(make_pair: Make) -> None:
    """write takes bytes, bytearray, memoryview and array, and nothing of size zero hurts."""
    left, right = await make_pair()
    numbers = array("H", [1, 2, 3])
    with memoryview(b"a-b-c-")[::2] as every_other:
        for data in (b"", b"x", bytearray(b"y"), memoryview(b"zzz")[1:], every_other):
            await left.write(data)
    for data in (memoryview(array("H")), memoryview(numbers)):
        await left.write(data)
    assert await right.readexactly(13) == b"xyzzabc" + numbers.tobytes()


async def cancelled_reads_lose_nothing(make_pair: Make) -> None:
    """What a cancelled readline, readexactly or read() had gathered stays for the next read."""
    left, right = await make_pair()

    async def cancel(read: Callable[[], Awaitable[bytes]]) -> None:
        with anyio.move_on_after(0.02) as scope:
            await read()
        assert scope.cancelled_caught

    await left.write(b"abc")
    await cancel(right.readline)
    await left.write(b"def")
    await cancel(lambda: right.readexactly(7))
    await left.write(b"ghi")
    await cancel(right.read)
    await left.write(b"\n")
    assert await right.readline() == b"abcdefghi\n"


async def timed_out_reads_lose_nothing(make_pair: Make) -> None:
    """Nor does one that takes longer than read_timeout."""
    left, right = await make_pair(read_timeout=0.02)
    await left.write(b"abc")
    with raises(TimeoutError):
        await right.readline()
    with raises(TimeoutError):
        await right.readexactly(4)
    with raises(TimeoutError):
        await right.read()
    await left.write(b"\n")
    assert await right.readline() == b"abc\n"


async def specific_timeouts_win(make_pair: Make) -> None:
    """read_timeout and write_timeout win over timeout, also when they are 0."""
    _, right = await make_pair(timeout=60, read_timeout=0)
    with raises(TimeoutError):
        await right.read(1)
    left, _ = await make_pair(timeout=0, read_timeout=0.1)
    started = anyio.current_time()
    with raises(TimeoutError):
        await left.read(1)
    assert anyio.current_time() - started > 0.08, "timeout=0 won over read_timeout"
    left, _ = await make_pair(timeout=60, write_timeout=0.02)
    with raises(TimeoutError):
        await send_without_end(left)


async def no_time_for_what_is_there(make_pair: Make) -> None:
    """With a time-out of 0 one can read what is there, and write what there is room for."""
    left, right = await make_pair(timeout=0)
    await left.write(b"line\nrest")
    await anyio.sleep(0.01)
    assert await right.readline() == b"line\n"
    assert await right.readexactly(4) == b"rest"
    with raises(TimeoutError):
        await right.read(1)
    await left.send_eof()
    await anyio.sleep(0.01)
    assert await right.read(1) == b""


async def none_is_no_timeout(make_pair: Make) -> None:
    """None waits as long as it takes."""
    left, right = await make_pair(timeout=None)

    async def write_late() -> None:
        await anyio.sleep(0.1)
        await left.write(b"late")

    async with create_task_group() as tasks:
        tasks.start_soon(write_late)
        assert await right.readexactly(4) == b"late"


async def writes_cut_short(make_pair: Make) -> None:
    """After a write that was cancelled half-way the next one says that the stream is broken."""
    left, right = await make_pair()
    async with create_task_group() as tasks:
        tasks.start_soon(left.write, bytes(1 << 25))  # more than any buffers take
        await right.readexactly(1)
        tasks.cancel_scope.cancel()
    with raises(anyio.BrokenResourceError):
        await left.write(b"x")


async def writes_never_begun(make_pair: Make) -> None:
    """A write that was cancelled before a byte went out harms nothing."""
    left, right = await make_pair()
    with anyio.CancelScope() as scope:
        scope.cancel()
        await left.write(b"not this")
    await left.write(b"but this")
    assert await right.readexactly(8) == b"but this"


async def readers_are_alone(make_pair: Make) -> None:
    """Every kind of read refuses to run beside another, and so do writes."""
    left, right = await make_pair()
    async with create_task_group() as tasks:
        tasks.start_soon(right.readline)
        await anyio.wait_all_tasks_blocked()
        for read in (right.readline, right.read, lambda: right.readexactly(1)):
            with raises(anyio.BusyResourceError):
                await read()
        with raises(anyio.BusyResourceError):
            await right.read_into(bytearray(1))
        await left.write(b"\n")


async def closing_at_once(make_pair: Make) -> None:
    """close sends no close_notify, and what comes after says that the stream is closed."""
    left, _ = await make_pair()
    left.close()
    for count in (-1, 0, 1):
        with raises(anyio.ClosedResourceError):
            await left.read(count)
    with raises(anyio.ClosedResourceError):
        await left.readexactly(0)
    with raises(anyio.ClosedResourceError):
        await left.readline()
    for data in (b"x", b""):
        with raises(anyio.ClosedResourceError):
            await left.write(data)
    with raises(anyio.ClosedResourceError):
        await left.send_eof()
    left.close()
    await left.aclose()


async def buffered_bytes_of_a_closed_stream(make_pair: Make) -> None:
    """What had been read ahead is gone once the stream is closed."""
    left, right = await make_pair()
    await left.write(b"line\nmore")
    assert await right.readline() == b"line\n"
    await right.aclose()
    with raises(anyio.ClosedResourceError):
        await right.read(4)


async def nothing_is_written_after_the_end(make_pair: Make) -> None:
    """After send_eof a write says that sending has ended; to end it again does nothing."""
    left, right = await make_pair()
    await left.write(b"all")
    await left.send_eof()
    for data in (b"x", b""):
        with raises(anyio.ClosedResourceError):
            await left.write(data)
    await left.send_eof()
    assert await right.read() == b"all"


async def closing_wins(make_pair: Make) -> None:
    """A stream that a write has broken, and that was closed then, says that it is closed."""
    left, right = await make_pair()
    async with create_task_group() as tasks:
        tasks.start_soon(left.write, bytes(1 << 25))  # more than any buffers take
        await right.readexactly(1)
        tasks.cancel_scope.cancel()
    await anyio.aclose_forcefully(left)
    with raises(anyio.ClosedResourceError):
        await left.write(b"x")


STREAM_IO_CHECKS: tuple[Callable[[Make], Awaitable[None]], ...] = (
    read_gives_what_there_is,
    read_to_the_end,
    read_into_a_buffer,
    lines,
    longest_line,
    endless_line,
    exact_reads,
    any_buffer_object,
    cancelled_reads_lose_nothing,
    timed_out_reads_lose_nothing,
    specific_timeouts_win,
    no_time_for_what_is_there,
    none_is_no_timeout,
    writes_cut_short,
    writes_never_begun,
    readers_are_alone,
    closing_at_once,
    buffered_bytes_of_a_closed_stream,
    nothing_is_written_after_the_end,
    closing_wins,
)


async def check_stream_io(make_pair: Make, *, skip: Collection[str] = ()) -> None:
    """Check that a `StreamIO`, or a subclass of yours, keeps its promises.

    Args:
        make_pair: makes two connected streams with the options `timeout`, `read_timeout`,
            `write_timeout` and `max_line`: `async def make_pair(**options): ...`
        skip: names of properties not to be checked.

    Raises:
        AssertionError: a property does not hold; a note says which.

    Cancellation: safe.
    """
    await check_byte_stream(make_pair, skip=skip)
    await run_checks(STREAM_IO_CHECKS, make_pair, skip)
