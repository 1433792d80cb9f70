"""The primitives under every stream: who may, what is held while the peer is waited for."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import anyio
import pytest

from anyftp import StreamIO, StreamThrottle, Throttle, ThrottleStreamIO
from anyftp._streams._flow import Pace, bytes_view
from anyftp.testing import MemoryStream, memory_stream_pair
from streams.stacks import PlainStream
from support.clocks import VIRTUAL_BACKENDS, Backend

pytestmark = pytest.mark.anyio


@pytest.fixture(params=VIRTUAL_BACKENDS)
def anyio_backend(request: pytest.FixtureRequest) -> Backend:
    backend: Backend = request.param
    return backend


@pytest.mark.parametrize(
    ("options", "read_timeout", "write_timeout"),
    [
        pytest.param({}, None, None, id="none"),
        pytest.param({"timeout": 5}, 5, 5, id="for-both"),
        pytest.param({"timeout": 5, "read_timeout": 0}, 0, 5, id="zero-wins-for-reading"),
        pytest.param({"timeout": 5, "write_timeout": 0}, 5, 0, id="zero-wins-for-writing"),
        pytest.param({"timeout": 0, "read_timeout": 2, "write_timeout": 3}, 2, 3, id="both"),
    ],
)
def test_a_specific_timeout_wins(
    options: dict[str, Any], read_timeout: float | None, write_timeout: float | None
) -> None:
    left, _ = memory_stream_pair()
    stream = StreamIO(left, **options)
    assert (stream.read_timeout, stream.write_timeout) == (read_timeout, write_timeout)


async def test_what_was_broken_off_says_so() -> None:
    left, _ = memory_stream_pair()
    stream = StreamIO(left)
    stream._break_off()
    with pytest.raises(anyio.BrokenResourceError, match="cut short"):
        await stream.write(b"x")
    with pytest.raises(anyio.BrokenResourceError, match="cut short"):
        await stream.send_eof()


@pytest.mark.parametrize("direction", ["read", "write"])
async def test_alone_in_one_direction(direction: str) -> None:
    left, _ = memory_stream_pair()
    stream = StreamIO(left)
    with stream._alone("read" if direction == "read" else "write"):
        with pytest.raises(anyio.BusyResourceError):
            await (stream.read(1) if direction == "read" else stream.write(b"x"))
        await (stream.write(b"x") if direction == "read" else stream.read(0))


async def test_waiting_for_the_peer_is_bounded_by_the_directions_timeout() -> None:
    left, _ = memory_stream_pair(capacity=10)
    stream = StreamIO(left, read_timeout=2, write_timeout=3)
    await stream.write(bytes(10))
    started = anyio.current_time()
    with pytest.raises(TimeoutError):
        await stream._until_ready("read")
    assert anyio.current_time() - started == pytest.approx(2)
    with pytest.raises(TimeoutError):
        await stream._until_ready("write")
    assert anyio.current_time() - started == pytest.approx(5)


async def test_a_plain_stream_is_granted_everything_at_once() -> None:
    left, _ = memory_stream_pair()
    stream = StreamIO(left)
    assert await stream._admit("read", 1 << 40) == 1 << 40
    stream._settle("read", 1 << 40, 0)
    await stream._end("read")
    assert stream.seconds_throttled("read") == 0.0


Wrap = Callable[[MemoryStream], Any]


@pytest.mark.parametrize("wrap", [lambda s: s, PlainStream], ids=["ours", "foreign"])
async def test_while_the_peer_is_waited_for_no_grant_is_held(wrap: Wrap) -> None:
    """The account owes what has moved, or is about to, and nothing beside it."""
    left, right = memory_stream_pair(capacity=100)
    throttle = Throttle(1 << 20)
    stream = ThrottleStreamIO(wrap(left), {"x": StreamThrottle(throttle, throttle)})
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(stream.write, bytes(300))
        await anyio.wait_all_tasks_blocked()
        taken = 100 if wrap is not PlainStream else 300
        assert throttle.delay() == pytest.approx(taken / (1 << 20))
        await right.receive()
        await anyio.sleep(1)
        await right.receive()
        await anyio.sleep(1)
        await right.receive()
    async with anyio.create_task_group() as tasks:
        await anyio.sleep(1)
        tasks.start_soon(stream.read, 300)
        await anyio.wait_all_tasks_blocked()
        assert throttle.delay() == 0.0
        await right.send(b"x")


async def test_a_write_that_has_gone_out_is_not_cut_by_a_late_cancellation() -> None:
    """Cancelled in the very moment in which the last byte goes: it went, and others may follow."""
    left, right = memory_stream_pair()

    class Cancelling(Throttle):
        def append(self, data: Any, start: float) -> None:
            scope.cancel()

    stream = ThrottleStreamIO(left, {"x": StreamThrottle(Throttle(), Cancelling())})
    with anyio.CancelScope() as scope:
        await stream.write(b"whole")
        assert scope.cancel_called
    await stream.write(b", and more")
    assert await right.receive() == b"whole, and more"


async def test_a_write_that_fails_does_not_mend_what_was_broken_off() -> None:
    left, _ = memory_stream_pair(capacity=10)
    stream = StreamIO(left)
    await stream.write(bytes(10))
    with anyio.move_on_after(1):
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(stream.write, b"never begun")
            await anyio.wait_all_tasks_blocked()
            stream._break_off()
    with pytest.raises(anyio.BrokenResourceError, match="cut short"):
        await stream.write(b"x")


class QuotaExceeded(Exception):
    """What a hook may raise to end a transfer."""


class Quota(Throttle):
    """Lets so many bytes through."""

    left = 10

    def append(self, data: Any, start: float) -> None:
        super().append(data, start)
        self.left -= len(data)
        if self.left < 0:
            self.left = 1 << 30
            raise QuotaExceeded


async def test_a_hook_that_raises_loses_no_byte_that_was_read() -> None:
    left, right = memory_stream_pair()
    await left.send(b"0123456789abcdef\nrest")
    await left.send_eof()
    stream = ThrottleStreamIO(right, {"quota": StreamThrottle(Quota(), Throttle())})
    assert await stream.read(8) == b"01234567"
    with pytest.raises(QuotaExceeded):
        await stream.readline()
    assert await stream.read() == b"89abcdef\nrest"

    left, right = memory_stream_pair()
    await left.send(b"0123456789abcdef")
    stream = ThrottleStreamIO(right, {"quota": StreamThrottle(Quota(), Throttle())})
    block = bytearray(12)
    with pytest.raises(QuotaExceeded):
        await stream.read_into(block)
    assert await stream.readexactly(16) == b"0123456789abcdef"


async def test_a_hook_that_raises_breaks_what_was_being_written() -> None:
    left, right = memory_stream_pair()
    stream = ThrottleStreamIO(left, {"quota": StreamThrottle(Throttle(), Quota())})
    with pytest.raises(QuotaExceeded):
        await stream.write(bytes(100))
    assert right.nbytes_waiting == 100
    with pytest.raises(anyio.BrokenResourceError, match="cut short"):
        await stream.write(b"x")


async def test_the_pace_lets_others_run() -> None:
    """After each 64 calls or each MiB, whichever comes first; cancellation counts in every one."""
    for nbytes, most in ((0, 64), (1 << 19, 2)):
        pace = Pace()
        others = 0

        async def count() -> None:
            nonlocal others
            while True:
                await anyio.lowlevel.checkpoint()
                others += 1

        async with anyio.create_task_group() as tasks:
            tasks.start_soon(count)
            for _ in range(most * 4):
                await pace.step()
                pace.count(nbytes)
            assert others >= 1  # how soon, trio leaves to chance
            tasks.cancel_scope.cancel()
    with anyio.CancelScope() as scope:
        scope.cancel()
        await Pace().step()
    assert scope.cancelled_caught


@pytest.mark.parametrize(
    ("data", "flat"),
    [
        pytest.param(b"abc", b"abc", id="bytes"),
        pytest.param(memoryview(b"abcd").cast("H"), b"abcd", id="wide-items"),
        pytest.param(memoryview(b"abcd")[::2], b"ac", id="gaps"),
        pytest.param(memoryview(b"abcdef").cast("B", (2, 3)), b"abcdef", id="two-dimensions"),
        pytest.param(memoryview(b"abc")[::-1], b"cba", id="backwards"),
    ],
)
def test_a_flat_view_of_any_buffer(data: memoryview, flat: bytes) -> None:
    view = bytes_view(data)
    assert (view.format, view.ndim, bytes(view)) == ("B", 1, flat)
