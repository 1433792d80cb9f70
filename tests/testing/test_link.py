"""Links: when bytes arrive, to the exact second, and where a connection is lost, to the byte."""

from __future__ import annotations

import contextlib
import math

import anyio
import pytest

from anyftp.testing import Link, MemoryStream, memory_stream_pair
from support.clocks import VIRTUAL_BACKENDS, Backend

pytestmark = pytest.mark.anyio


@pytest.fixture(params=VIRTUAL_BACKENDS)
def anyio_backend(request: pytest.FixtureRequest) -> Backend:
    backend: Backend = request.param
    return backend


async def receive_into(stream: MemoryStream, got: bytearray) -> None:
    while True:
        got += await stream.receive(1000)


async def receive_all(stream: MemoryStream) -> bytes:
    got = bytearray()
    with contextlib.suppress(anyio.EndOfStream):
        await receive_into(stream, got)
    return bytes(got)


async def send_all(stream: MemoryStream, data: bytes) -> None:
    await stream.send(data)
    await stream.send_eof()


@pytest.mark.parametrize(
    "wrong",
    [
        {"latency": -1.0},
        {"latency": math.nan},
        {"latency": math.inf},
        {"bytes_per_second": 0},
        {"bytes_per_second": math.nan},
        {"lost_after": -1},
    ],
)
def test_figures_without_sense(wrong: dict[str, float]) -> None:
    with pytest.raises(ValueError, match=next(iter(wrong))):
        Link(**wrong)  # type: ignore[arg-type]  # some are


@pytest.mark.parametrize(
    ("link", "nbytes", "seconds"),
    [
        (Link(), 10**6, 0),
        (Link(latency=1.5), 1000, 1.5),
        (Link(bytes_per_second=1000), 5000, 5),
        (Link(bytes_per_second=1000, latency=0.25), 5000, 5.25),
        (Link(bytes_per_second=1000), 10**6, 1000),
        (Link(latency=1), 4 * 65536, 4),  # a window a journey: who receives makes room at once
        (Link(bytes_per_second=10.0), 0, 0),
        (Link(latency=1.0), 0, 1),
    ],
)
async def test_the_last_byte_arrives_when_it_must(link: Link, nbytes: int, seconds: float) -> None:
    left, right = memory_stream_pair(link=link)
    data = bytes(index % 251 for index in range(nbytes))
    started = anyio.current_time()
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(send_all, left, data)
        assert await receive_all(right) == data
    assert anyio.current_time() - started == pytest.approx(seconds)


async def test_nothing_arrives_before_its_time() -> None:
    left, right = memory_stream_pair(link=Link(latency=1.0))
    await left.send(b"abc")
    assert right.try_receive(10) is None
    await anyio.sleep(0.999)
    assert right.try_receive(10) is None
    await anyio.sleep(0.001)
    assert right.try_receive(10) == b"abc"


@pytest.mark.parametrize("is_end", [False, True], ids=["bytes", "end"])
@pytest.mark.parametrize("nlooks", range(12))
async def test_what_arrives_between_two_looks_is_seen(
    monkeypatch: pytest.MonkeyPatch, nlooks: int, is_end: bool
) -> None:
    """Real time goes on while somebody looks; the moment of arrival is behind so many looks."""
    near, far = memory_stream_pair(link=Link(latency=0.01))
    if is_end:
        await near.send_eof()
    else:
        await near.send(b"bytes")
    really = anyio.current_time
    began, looks = really(), 0

    def current_time() -> float:
        nonlocal looks
        looks += 1
        return really() if looks <= nlooks else max(really(), began + 0.02)

    monkeypatch.setattr(anyio, "current_time", current_time)
    with anyio.fail_after(1):
        await far.until_readable()


async def test_both_directions_have_the_whole_width() -> None:
    left, right = memory_stream_pair(link=Link(bytes_per_second=1000))
    started = anyio.current_time()
    async with anyio.create_task_group() as tasks:
        for sender, receiver in ((left, right), (right, left)):
            tasks.start_soon(send_all, sender, bytes(10_000))
            tasks.start_soon(receive_all, receiver)
    assert anyio.current_time() - started == pytest.approx(10)


@pytest.mark.parametrize("lost_after", [0, 1, 9, 10, 11, 65536, 65537, 199_999])
async def test_a_connection_is_lost_at_its_byte(lost_after: int) -> None:
    """The reader gets every byte before it, both sides then hear that it is lost."""
    left, right = memory_stream_pair(link=Link(lost_after=lost_after))
    got = bytearray()

    async def send() -> None:
        with pytest.raises(anyio.BrokenResourceError):
            await left.send(bytes(200_000))

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(send)
        with pytest.raises(anyio.BrokenResourceError):
            await receive_into(right, got)
    assert len(got) == lost_after
    for stream in (left, right):
        with pytest.raises(anyio.BrokenResourceError):
            await stream.send(b"x")
        with pytest.raises(anyio.BrokenResourceError):
            await stream.receive()


async def test_bytes_of_both_directions_count() -> None:
    left, right = memory_stream_pair(link=Link(lost_after=10))
    await left.send(b"123456")
    await right.send(b"7890")
    assert await right.receive() == b"123456"
    assert await left.receive() == b"7890"
    with pytest.raises(anyio.BrokenResourceError):
        await left.receive()


async def test_whoever_waits_hears_of_the_loss() -> None:
    left, right = memory_stream_pair(link=Link(lost_after=3))

    async def wait(stream: MemoryStream) -> None:
        with pytest.raises(anyio.BrokenResourceError):
            await receive_into(stream, bytearray())

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(wait, left)
        tasks.start_soon(wait, right)
        await anyio.sleep(1)
        await left.send(b"abc")


async def test_a_silent_loss_says_nothing_to_anybody() -> None:
    left, right = memory_stream_pair(1000, link=Link(lost_after=3, is_silent=True))
    await left.send(b"abcdef")
    assert await right.receive() == b"abc"
    await right.send(b"where are you?")
    for call in (right.receive, left.receive, lambda: left.send(bytes(2000))):
        with anyio.move_on_after(3600) as scope:
            await call()
        assert scope.cancelled_caught
    left.close()
    with anyio.move_on_after(3600) as scope:
        await right.receive()
    assert scope.cancelled_caught
    right.reset()
    with pytest.raises(anyio.ClosedResourceError):
        await right.receive()


async def test_a_reset_wins_over_what_is_on_its_way() -> None:
    left, right = memory_stream_pair(link=Link(latency=1.0))
    await left.send(b"abc")
    left.reset()
    with pytest.raises(anyio.BrokenResourceError):
        await right.receive()


async def test_one_that_is_to_end_in_a_reset_does() -> None:
    left, right = memory_stream_pair()
    await left.send(b"abc")
    left.end_in_reset()
    assert await right.receive() == b"abc"
    await left.aclose()
    with pytest.raises(anyio.BrokenResourceError):
        await right.receive()
