"""The copy loop: every way of moving bytes gives the same bytes and the same figures."""

from __future__ import annotations

import errno
import os
import socket
import ssl
import threading
from pathlib import Path
from typing import Any

import anyio
import pytest
from anyio.abc import ByteStream, SocketAttribute

from anyftp import StreamIO, StreamThrottle, Throttle, ThrottleStreamIO
from anyftp._streams import CopyStats, _slices, copy_from_file, copy_to_file
from anyftp.testing import MakePair, memory_stream_pair, reset_stream
from streams.files import DiskFile, MemoryFile, random_file
from streams.stacks import (
    Contexts,
    PlainStream,
    close_all,
    socket_pair,
    tcp_pair,
    tls_pair,
)
from support.clocks import VIRTUAL_BACKENDS
from support.limits import largest_file

pytestmark = pytest.mark.anyio

#: Around all the borders: nothing, less and more than the first block, several slices.
SIZES = [0, 1, 65535, 65536, 65537, 3_000_001]

WAYS = ["kernel", "worker", "portable", "records"]

Connect = MakePair[ByteStream]


@pytest.fixture
def connect(way: str, server_tls: ssl.SSLContext, client_tls: ssl.SSLContext) -> Connect:
    """A connection, with TLS where the way is that of its records."""
    if way == "records":
        return tls_pair(Contexts(server_tls, client_tls), tcp_pair)
    return tcp_pair


@pytest.fixture(params=WAYS)
def way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """By the kernel, by a worker, through the streams, and by a worker over TLS."""
    way: str = request.param
    if way == "worker":
        monkeypatch.setattr(_slices, "incoming", lambda: (_slices.ReceiveAndWrite,))
        monkeypatch.setattr(_slices, "outgoing", lambda: (_slices.ReadAndSend,))
    elif way == "portable":
        monkeypatch.setattr(_slices, "IS_AVAILABLE", False)
    return way


@pytest.fixture
def used(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of the ways that ran a slice."""
    names: list[str] = []
    run_slice = _slices.SlicedCopy.run_slice

    async def note(self: _slices.SlicedCopy, max_bytes: int | None) -> _slices.Outcome:
        names.append(type(self).__name__)
        return await run_slice(self, max_bytes)

    monkeypatch.setattr(_slices.SlicedCopy, "run_slice", note)
    return names


async def transfer(
    source: Any, target: Any, left: StreamIO, right: StreamIO, **options: Any
) -> tuple[int, int]:
    """Copy from file to file through a pair of streams; gives both copies' counts."""
    counts: list[int] = []

    async def send() -> None:
        counts.append(await copy_from_file(source, left))
        await left.aclose()

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(send)
        received = await copy_to_file(right, target, **options)
        await right.aclose()
    return counts[0], received


@pytest.mark.parametrize("nbytes", SIZES)
async def test_bytes_and_counts(way: str, connect: Connect, nbytes: int, tmp_path: Path) -> None:
    data = random_file(tmp_path / "source", nbytes)
    left, right = await connect()
    stats = CopyStats()
    told: list[int] = []
    with DiskFile.read(tmp_path / "source") as source, DiskFile.create(tmp_path / "t") as target:
        counts = await transfer(
            source, target, StreamIO(left), StreamIO(right), progress=told.append, stats=stats
        )
    assert (tmp_path / "t").read_bytes() == data
    assert counts == (nbytes, nbytes)
    assert stats.nbytes == nbytes
    assert told == sorted(set(told)), "progress is told once a step, and it grows"
    assert (told[-1] if told else 0) == nbytes
    assert stats.seconds_throttle == 0.0


@pytest.mark.parametrize("limit", [0, 65536, 1_500_000, 4_000_000])
@pytest.mark.parametrize("rate", [None, 200_000_000], ids=["free", "throttled"])
async def test_a_limit_leaves_the_rest_in_the_stream(
    way: str, connect: Connect, limit: int, rate: int | None, tmp_path: Path
) -> None:
    data = random_file(tmp_path / "source", 3_000_001)
    left, right = await connect()
    throttles = {"t": StreamThrottle.from_limits(rate, rate)}
    stream = ThrottleStreamIO(right, throttles)

    async def send() -> None:
        with DiskFile.read(tmp_path / "source") as source:
            await copy_from_file(source, StreamIO(left))
        await left.aclose()

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(send)
        with DiskFile.create(tmp_path / "t") as target:
            assert await copy_to_file(stream, target, limit=limit) == min(limit, len(data))
        assert (tmp_path / "t").read_bytes() == data[:limit]
        assert await stream.read() == data[limit:]
        await stream.aclose()


@pytest.mark.parametrize("limit", [0, 1, 65536, 1_500_000, 3_000_001, 4_000_000])
@pytest.mark.parametrize("rate", [None, 200_000_000], ids=["free", "throttled"])
async def test_a_limit_leaves_the_rest_in_the_file(
    way: str, connect: Connect, limit: int, rate: int | None, tmp_path: Path
) -> None:
    data = random_file(tmp_path / "source", 3_000_001)
    left, right = await connect()
    stream = ThrottleStreamIO(left, {"t": StreamThrottle.from_limits(rate, rate)})
    sent = min(limit, len(data))

    async def send() -> None:
        with DiskFile.read(tmp_path / "source") as source:
            assert await copy_from_file(source, stream, limit=limit) == sent
        await stream.aclose()

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(send)
        async with StreamIO(right) as other:
            assert await other.read() == data[:sent]


async def test_stats_add_up_over_several_copies(tmp_path: Path) -> None:
    stats = CopyStats()
    told: list[int] = []
    for nbytes in (100, 200_000):
        random_file(tmp_path / "source", nbytes)
        left, right = await tcp_pair()
        with DiskFile.read(tmp_path / "source") as source, DiskFile.create(os.devnull) as sink:
            await transfer(
                source, sink, StreamIO(left), StreamIO(right), stats=stats, progress=told.append
            )
    assert stats.nbytes == 200_100
    assert max(told) == 200_000, "progress counts this copy, stats all"


async def test_the_kernel_is_used_where_it_can(tmp_path: Path, used: list[str]) -> None:
    random_file(tmp_path / "source", 1_000_000)
    left, right = await tcp_pair()
    with DiskFile.read(tmp_path / "source") as source, DiskFile.create(tmp_path / "t") as target:
        await transfer(source, target, StreamIO(left), StreamIO(right))
    assert set(used) == {_slices.incoming()[0].__name__, _slices.outgoing()[0].__name__}


class Monitored(Throttle):
    """Counts, as the specification's example does."""

    def __init__(self, limit: float | None = None, reset_rate: float = 10) -> None:
        super().__init__(limit, reset_rate)
        self.total = 0

    def append(self, data: bytes | bytearray | memoryview, start: float) -> None:
        super().append(data, start)
        self.total += len(data)


def seen(throttle: Throttle) -> int:
    assert isinstance(throttle, Monitored)
    return throttle.total


async def test_a_hook_sees_every_byte_and_keeps_the_kernel_out(
    tmp_path: Path, used: list[str]
) -> None:
    data = random_file(tmp_path / "source", 1_000_000)
    left, right = await tcp_pair()
    pair = StreamThrottle(Monitored(), Monitored())
    io = ThrottleStreamIO(left, {"m": pair}), ThrottleStreamIO(right, {"m": pair})
    with DiskFile.read(tmp_path / "source") as source, DiskFile.create(tmp_path / "t") as target:
        await transfer(source, target, *io)
    assert (tmp_path / "t").read_bytes() == data
    assert not used
    assert seen(pair.read) == seen(pair.write) == 1_000_000


@pytest.mark.parametrize("way", ["kernel", "worker"], indirect=True)
async def test_a_hook_that_comes_in_mid_copy(
    way: str, connect: Connect, tmp_path: Path, used: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The kernel stops at the next slice, and the rest goes by where it can be seen."""
    data = random_file(tmp_path / "source", 4_000_000)
    left, right = await connect()
    # However busy the machine is, a slice is short, and the sender not far ahead.
    for stream, option in ((left, socket.SO_SNDBUF), (right, socket.SO_RCVBUF)):
        stream.extra(SocketAttribute.raw_socket).setsockopt(socket.SOL_SOCKET, option, 65536)
    run_slice = _slices.SlicedCopy.run_slice

    async def run_short_slice(self: _slices.SlicedCopy, max_bytes: int | None) -> _slices.Outcome:
        return await run_slice(self, min(max_bytes or 262_144, 262_144))

    monkeypatch.setattr(_slices.SlicedCopy, "run_slice", run_short_slice)
    monitored = StreamThrottle(Monitored(), Monitored())
    limited = StreamThrottle.from_limits(40e6, 40e6)
    sender = ThrottleStreamIO(left, {"limit": limited})
    receiver = ThrottleStreamIO(right, {"limit": limited})

    def hook(nbytes: int) -> None:
        if nbytes > 1_000_000:
            sender.throttles["m"] = receiver.throttles["m"] = monitored

    with DiskFile.read(tmp_path / "source") as source, DiskFile.create(tmp_path / "t") as target:
        await transfer(source, target, sender, receiver, progress=hook)
    assert (tmp_path / "t").read_bytes() == data
    assert used
    assert 1_000_000 < seen(monitored.read) < 3_500_000
    assert 1_000_000 < seen(monitored.write) < 3_500_000


@pytest.mark.parametrize(
    ("rate", "by_worker"), [(4e6, False), (30e6, False), (40e6, True), (500e6, True)]
)
async def test_small_grants_are_worth_no_worker(
    rate: float, by_worker: bool, tmp_path: Path, used: list[str]
) -> None:
    data = random_file(tmp_path / "source", 400_000)
    left, right = await tcp_pair()
    throttles = {"limit": StreamThrottle.from_limits(rate, rate)}
    streams = ThrottleStreamIO(left, throttles), ThrottleStreamIO(right, throttles)
    with DiskFile.read(tmp_path / "source") as source, DiskFile.create(tmp_path / "t") as target:
        await transfer(source, target, *streams)
    assert (tmp_path / "t").read_bytes() == data
    assert bool(used) == by_worker


@pytest.mark.parametrize("later", [None, 80e6], ids=["none", "high"])
@pytest.mark.parametrize("first", [4e6, 40e6], ids=["slow", "quick"])
async def test_a_limit_that_changes_mid_copy(
    later: float | None, first: float, tmp_path: Path, used: list[str]
) -> None:
    """From slow to quick and back: always by what is cheaper, and each byte once."""
    data = random_file(tmp_path / "source", 6_000_000)
    left, right = await tcp_pair()
    limits = StreamThrottle.from_limits(first, first)
    sender, receiver = (ThrottleStreamIO(io, {"limit": limits}) for io in (left, right))
    seen: list[tuple[float | None, int]] = []

    def change(nbytes: int) -> None:
        step = nbytes // 500_000
        limit = {0: first, 1: later, 2: 20e6}.get(step, later)
        if limits.read.limit != limit:
            seen.append((limits.read.limit, len(used)))
            limits.read.limit = limits.write.limit = limit

    with DiskFile.read(tmp_path / "source") as source, DiskFile.create(tmp_path / "t") as target:
        counts = await transfer(source, target, sender, receiver, progress=change)
    assert counts == (6_000_000, 6_000_000)
    assert (tmp_path / "t").read_bytes() == data
    assert len(used) > seen[-1][1], "the rest goes by workers"


async def test_over_tls(contexts: Contexts, tmp_path: Path, used: list[str]) -> None:
    """A worker does it; where there is a limit, the event loop."""
    data = random_file(tmp_path / "source", 1_000_000)
    left, right = await tls_pair(contexts, tcp_pair)()
    with DiskFile.read(tmp_path / "source") as source, DiskFile.create(tmp_path / "t") as target:
        await transfer(source, target, StreamIO(left), StreamIO(right))
    assert (tmp_path / "t").read_bytes() == data
    assert set(used) == {"ReadAndEncrypt", "DecryptAndWrite"}
    used.clear()
    left, right = await tls_pair(contexts, tcp_pair)()
    throttles = {"limit": StreamThrottle.from_limits(40e6, 40e6)}
    with DiskFile.read(tmp_path / "source") as source, DiskFile.create(tmp_path / "t") as target:
        streams = ThrottleStreamIO(left, throttles), ThrottleStreamIO(right, throttles)
        await transfer(source, target, *streams)
    assert (tmp_path / "t").read_bytes() == data
    assert not used


async def test_over_a_foreign_stream(tmp_path: Path, used: list[str]) -> None:
    data = random_file(tmp_path / "source", 300_000)
    left, right = memory_stream_pair()
    with DiskFile.read(tmp_path / "source") as source, DiskFile.create(tmp_path / "t") as target:
        await transfer(source, target, StreamIO(PlainStream(left)), StreamIO(PlainStream(right)))
    assert (tmp_path / "t").read_bytes() == data
    assert not used


async def test_bytes_read_ahead_come_first(way: str, connect: Connect, tmp_path: Path) -> None:
    left, right = await connect()
    io = StreamIO(right)
    await left.send(b"line\n" + b"x" * 1000)
    assert await io.readline() == b"line\n"
    await left.send(b"y" * 100_000)
    await left.aclose()
    with DiskFile.create(tmp_path / "t") as target:
        assert await copy_to_file(io, target) == 101_000
    assert (tmp_path / "t").read_bytes() == b"x" * 1000 + b"y" * 100_000
    await io.aclose()


@pytest.mark.parametrize("kind", ["append", "pipe", "device"])
async def test_files_that_the_kernel_will_not_write(kind: str, tmp_path: Path) -> None:
    """Nothing is lost or twice there when the quickest way turns out to be closed."""
    data = random_file(tmp_path / "source", 2_000_000)
    left, right = await tcp_pair()
    got = bytearray()
    if kind == "append":
        (tmp_path / "t").write_bytes(b"before ")
        target = DiskFile.create(tmp_path / "t", flags=os.O_APPEND)
        data = b"before " + data
    elif kind == "pipe":
        read_end, write_end = os.pipe()
        target = DiskFile(write_end)
        thread = threading.Thread(target=lambda: got.extend(_drain(read_end)))
        thread.start()
    else:
        target = DiskFile.create(os.devnull)
    with DiskFile.read(tmp_path / "source") as source, target:
        await transfer(source, target, StreamIO(left), StreamIO(right))
    if kind == "append":
        assert (tmp_path / "t").read_bytes() == data
    elif kind == "pipe":
        await anyio.to_thread.run_sync(thread.join)
        assert bytes(got) == data


def _drain(fd: int) -> bytes:
    with os.fdopen(fd, "rb") as file:
        return file.read()


@pytest.mark.parametrize("kind", ["pipe", "proc"])
async def test_files_that_give_less_than_they_have(kind: str, tmp_path: Path) -> None:
    """A short read of a pipe, or of the kernel's own files, is not the end."""
    data = random_file(tmp_path / "source", 200_000)
    if kind == "pipe":
        read_end, write_end = os.pipe()
        thread = threading.Thread(target=_pour, args=(write_end, data))
        thread.start()
        source = DiskFile(read_end)
    else:
        path = Path("/proc/kallsyms")
        if not path.exists() or path.stat().st_size:
            pytest.skip("no such file here")
        data = path.read_bytes()
        source = DiskFile.read(path)
    left, right = await tcp_pair()
    target = MemoryFile()
    with source:
        await transfer(source, target, StreamIO(left), StreamIO(right))
    assert bytes(target.data) == data


def _pour(fd: int, data: bytes) -> None:
    with os.fdopen(fd, "wb", buffering=0) as file:
        for start in range(0, len(data), 1000):
            file.write(data[start : start + 1000])


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
async def test_a_full_disk(way: str, connect: Connect, tmp_path: Path) -> None:
    random_file(tmp_path / "source", 2_000_000)
    left, right = await connect()

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(_send_and_forget, tmp_path / "source", left)
        no_space = pytest.raises(OSError, match="No space left")
        with DiskFile.create("/dev/full") as target, no_space:
            await copy_to_file(StreamIO(right), target)
        reset_stream(right)
    await close_all(left, right)


@pytest.mark.parametrize("way", ["kernel", "worker"], indirect=True)
async def test_a_disk_that_fills_up_in_mid_copy(way: str, connect: Connect, tmp_path: Path) -> None:
    random_file(tmp_path / "source", 2_000_000)
    left, right = await connect()
    with largest_file(1_000_000):
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(_send_and_forget, tmp_path / "source", left)
            too_large = pytest.raises(OSError, match="File too large")
            with DiskFile.create(tmp_path / "t") as target, too_large:
                await copy_to_file(StreamIO(right), target)
            reset_stream(right)
    await close_all(left, right)


class Named(DiskFile):
    """A file that has its own words for what goes wrong with it."""

    def as_file_error(self, error: OSError) -> OSError:
        return FileNotFoundError(error.errno, "in its own words")


@pytest.mark.parametrize("way", ["kernel", "worker"], indirect=True)
async def test_a_file_that_fails_says_so_in_its_own_words(
    way: str, connect: Connect, tmp_path: Path
) -> None:
    """Opened for the other direction, so that every way fails on the file's side."""
    random_file(tmp_path / "source", 2_000_000)
    left, right = await connect()
    await left.send(bytes(200_000))
    read_only, write_only = Named.read(tmp_path / "source"), Named.create(tmp_path / "t")
    os.write(write_only.fd, b"x")
    own_words = pytest.raises(FileNotFoundError, match="in its own words")
    with read_only, write_only:
        read_only.write = _take  # type: ignore[method-assign]  # the first block comes well
        write_only.readinto = _fill  # type: ignore[method-assign]
        with own_words as caught:
            await copy_to_file(StreamIO(right), read_only)
        assert caught.value.errno == errno.EBADF
        assert isinstance(caught.value.__cause__, OSError)
        sender = StreamIO(right)
        with own_words:
            await copy_from_file(write_only, sender)
        with pytest.raises(anyio.BrokenResourceError):
            await sender.write(b"x")
    await close_all(left, right)


async def _take(data: memoryview) -> None:
    await anyio.lowlevel.checkpoint()


async def _fill(buffer: memoryview) -> int:
    await anyio.lowlevel.checkpoint()
    return buffer.nbytes


async def _send_and_forget(path: Path, stream: Any) -> None:
    with DiskFile.read(path) as source:
        try:
            await copy_from_file(source, StreamIO(stream))
        except (anyio.BrokenResourceError, anyio.ClosedResourceError):
            return


async def test_a_peer_that_resets_in_mid_copy(way: str, connect: Connect, tmp_path: Path) -> None:
    random_file(tmp_path / "source", 8_000_000)
    left, right = await connect()
    receiver = StreamIO(right)

    async def take_some() -> None:
        await receiver.readexactly(300_000)
        reset_stream(right)

    io = StreamIO(left)
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(take_some)
        with DiskFile.read(tmp_path / "source") as source, pytest.raises(anyio.BrokenResourceError):
            await copy_from_file(source, io)
    with pytest.raises(anyio.BrokenResourceError):
        await io.write(b"more")
    await io.aclose()

    left, right = await connect()
    await left.send(bytes(200_000))
    told: list[int] = []

    def reset(nbytes: int) -> None:
        told.append(nbytes)
        if nbytes >= 65536:
            reset_stream(left)

    with DiskFile.create(tmp_path / "t") as target, pytest.raises(anyio.BrokenResourceError):
        await copy_to_file(StreamIO(right), target, progress=reset)
    assert told[-1] >= 65536
    await close_all(right)


async def test_nobody_interleaves_with_a_copy(tmp_path: Path) -> None:
    random_file(tmp_path / "source", 16_000_000)
    left, right = await tcp_pair()
    io = StreamIO(left)
    with DiskFile.read(tmp_path / "source") as source:
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(copy_from_file, source, io)
            await anyio.sleep(0.1)
            with pytest.raises(anyio.BusyResourceError):
                await io.write(b"in between")
            tasks.cancel_scope.cancel()
    await close_all(left, right)


async def test_closing_a_stream_ends_its_copy(way: str, connect: Connect, tmp_path: Path) -> None:
    """However the copy was under way, who copies hears that the stream was closed."""
    random_file(tmp_path / "source", 16_000_000)
    left, right = await connect()
    io, back = StreamIO(left), StreamIO(right)

    async def send() -> None:
        with (
            DiskFile.read(tmp_path / "source") as source,
            pytest.raises((anyio.ClosedResourceError, anyio.BrokenResourceError)),
        ):
            await copy_from_file(source, io)

    async def receive() -> None:
        with DiskFile.create(tmp_path / "t") as target, pytest.raises(anyio.ClosedResourceError):
            await copy_to_file(back, target)

    with anyio.fail_after(5):
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(send)
            await anyio.sleep(0.05)
            io.close()
        left2, right2 = await connect()
        back = StreamIO(right2)
        await left2.send(bytes(300_000))
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(receive)
            await anyio.sleep(0.05)
            back.close()
    await close_all(left, right, left2, right2)


async def test_closed_after_any_number_of_turns(way: str, connect: Connect, tmp_path: Path) -> None:
    """As well while it is still decided how to copy."""

    async def receive() -> None:
        with DiskFile.create(tmp_path / "t") as target, pytest.raises(anyio.ClosedResourceError):
            await copy_to_file(back, target)

    for turns in range(8):
        left, right = await connect()
        back = StreamIO(right)
        await left.send(bytes(300_000))
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(receive)
            for _ in range(turns):
                await anyio.lowlevel.checkpoint()
            back.close()
        await close_all(left, right)


@pytest.mark.every_loop
@pytest.mark.parametrize("seconds", [0.0, 0.001, 0.004, 0.011, 0.03, 0.07])
@pytest.mark.parametrize("direction", ["in", "out"])
async def test_cancelled_at_any_moment(
    way: str, connect: Connect, direction: str, seconds: float, tmp_path: Path
) -> None:
    """A cancelled copy returns soon, no thread works on the file any more, no descriptor stays."""
    size = 64_000_000
    source_path = tmp_path / "source"
    source_path.touch()
    os.truncate(source_path, size)
    left, right = await connect()
    io, peer = StreamIO(left), StreamIO(right)
    sink = DiskFile.create(os.devnull)
    file_at_hand = (
        DiskFile.create(tmp_path / "t") if direction == "in" else DiskFile.read(source_path)
    )
    async with anyio.create_task_group() as tasks:
        if direction == "in":
            tasks.start_soon(_send_and_forget, source_path, right)
        else:
            tasks.start_soon(copy_to_file, peer, sink)
        with anyio.move_on_after(seconds):
            if direction == "in":
                await copy_to_file(io, file_at_hand)
            else:
                await copy_from_file(file_at_hand, io)
        position = os.lseek(file_at_hand.fd, 0, os.SEEK_CUR)
        await anyio.sleep(0.01)
        if way != "portable":  # there a worker may finish the one block it was at
            assert os.lseek(file_at_hand.fd, 0, os.SEEK_CUR) == position
        tasks.cancel_scope.cancel()
    await close_all(left, right)
    for file in (sink, file_at_hand):
        os.close(file.fd)


async def test_a_slow_peer_holds_no_thread(tmp_path: Path) -> None:
    """Forty stalled uploads, and the threads are free for a forty-first that is not stalled."""
    data = random_file(tmp_path / "source", 8_000_000)
    pairs = [await socket_pair() for _ in range(40)]
    sources = [DiskFile.read(tmp_path / "source") for _ in pairs]
    left, right = await tcp_pair()
    with anyio.fail_after(10):
        async with anyio.create_task_group() as tasks:
            for source, (stalled, _) in zip(sources, pairs, strict=True):
                tasks.start_soon(copy_from_file, source, StreamIO(stalled))
            await anyio.sleep(0.1)
            with DiskFile.read(tmp_path / "source") as source:
                target = MemoryFile()
                await transfer(source, target, StreamIO(left), StreamIO(right))
            tasks.cancel_scope.cancel()
    assert bytes(target.data) == data
    for source in sources:
        os.close(source.fd)
    for pair in pairs:
        await close_all(*pair)


async def test_cancelled_while_all_threads_are_taken(tmp_path: Path) -> None:
    """A copy that waits for a thread is cancelled without having begun, and never begins."""
    with (tmp_path / "source").open("wb") as file:
        file.truncate(1_000_000)
    left, right = await tcp_pair()
    with DiskFile.read(tmp_path / "source") as source:
        io = StreamIO(left)
        turns = _slices.unlimited_copies()

        async def hold_one() -> None:
            async with turns.turn():
                await anyio.sleep_forever()

        async with anyio.create_task_group() as tasks:
            for _ in range(16):
                tasks.start_soon(hold_one)
            await anyio.wait_all_tasks_blocked()
            async with anyio.create_task_group() as copying:
                copying.start_soon(copy_from_file, source, io)
                while not turns.nwaiting:
                    await anyio.sleep(0.001)
                copying.cancel_scope.cancel()
            position = os.lseek(source.fd, 0, os.SEEK_CUR)
            tasks.cancel_scope.cancel()
        await anyio.sleep(0.01)
        assert os.lseek(source.fd, 0, os.SEEK_CUR) == position == 65536
        with pytest.raises(anyio.BrokenResourceError):
            await io.write(b"x")
    await close_all(left, right)


async def test_without_descriptors_the_streams_do_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def nothing_left() -> tuple[int, int]:
        raise OSError(errno.EMFILE, os.strerror(errno.EMFILE))

    data = random_file(tmp_path / "source", 500_000)
    left, right = await tcp_pair()
    monkeypatch.setattr(os, "pipe", nothing_left)
    with DiskFile.read(tmp_path / "source") as source, DiskFile.create(tmp_path / "t") as target:
        await transfer(source, target, StreamIO(left), StreamIO(right))
    assert (tmp_path / "t").read_bytes() == data


async def test_timeouts_bound_the_wait_for_the_peer_only(
    way: str, connect: Connect, tmp_path: Path
) -> None:
    left, right = await connect()
    await left.send(bytes(200_000))
    with DiskFile.create(tmp_path / "t") as target, pytest.raises(TimeoutError):
        await copy_to_file(StreamIO(right, read_timeout=0.05), target)
    with (tmp_path / "source").open("wb") as file:
        file.truncate(32_000_000)
    with DiskFile.read(tmp_path / "source") as source, pytest.raises(TimeoutError):
        await copy_from_file(source, StreamIO(right, write_timeout=0.05))
    await close_all(left, right)


@pytest.mark.parametrize("anyio_backend", VIRTUAL_BACKENDS)
async def test_a_slow_disk_is_no_timeout() -> None:
    """Two seconds a block, and a tenth of one for the peer; the stats tell which was which."""
    left, right = memory_stream_pair(capacity=1 << 20)
    data = bytes(range(256)) * 8192
    source, target = MemoryFile(bytearray(data), seconds=2.0), MemoryFile(seconds=2.0)
    sending, receiving = CopyStats(), CopyStats()
    sender, receiver = StreamIO(left), StreamIO(right, read_timeout=3.0)

    async def send() -> None:
        await copy_from_file(source, sender, stats=sending)
        await sender.aclose()

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(send)
        await copy_to_file(receiver, target, stats=receiving)
    assert bytes(target.data) == data
    for stats in (sending, receiving):
        assert stats.seconds_disk == pytest.approx(2.0 * round(stats.seconds_disk / 2.0))
        assert stats.seconds_disk >= 6.0
    left, right = memory_stream_pair(capacity=1 << 20)
    await left.send(data[: 1 << 20])
    await left.send_eof()
    target = MemoryFile(seconds=2.0)
    assert await copy_to_file(StreamIO(right, read_timeout=0), target) == 1 << 20


@pytest.mark.parametrize("anyio_backend", VIRTUAL_BACKENDS)
async def test_files_are_asked_once_a_mib() -> None:
    """However small the pieces are in which the stream gives or takes: each asking is a hop."""
    left, right = memory_stream_pair(capacity=10_000)
    nbytes = 65536 + 3 * (1 << 20) + 5
    source, target = Counting(bytearray(nbytes)), Counting()
    counts = await transfer(source, target, StreamIO(left), StreamIO(right))
    assert counts == (nbytes, nbytes)
    assert target.sizes == [65536, 1 << 20, 1 << 20, 1 << 20, 5]
    assert source.sizes == [*target.sizes, 0]


class Counting(MemoryFile):
    """Notes how much each call moves."""

    def __init__(self, data: bytearray | None = None) -> None:
        super().__init__(bytearray() if data is None else data)
        self.sizes: list[int] = []

    async def readinto(self, buffer: memoryview) -> int:
        self.sizes.append(await super().readinto(buffer))
        return self.sizes[-1]

    async def write(self, data: memoryview) -> None:
        self.sizes.append(data.nbytes)
        await super().write(data)


async def test_a_failing_progress_ends_the_copy(way: str, connect: Connect, tmp_path: Path) -> None:
    def fail(nbytes: int) -> None:
        raise ValueError(nbytes)

    random_file(tmp_path / "source", 1_000_000)
    left, right = await connect()
    with DiskFile.read(tmp_path / "source") as source, pytest.raises(ValueError, match="65536"):
        await copy_from_file(source, StreamIO(left), progress=fail)
    await close_all(left, right)


@pytest.mark.parametrize("anyio_backend", VIRTUAL_BACKENDS)
@pytest.mark.parametrize("rate", [1000.0, 16384.0, 1e6])
@pytest.mark.parametrize("seconds", [0.05, 1.0, 10.0])
async def test_what_a_slow_copy_has_received_is_in_the_file_soon(
    rate: float, seconds: float
) -> None:
    """However it ends: a block holds what comes in a moment, not a MiB."""
    left, right = memory_stream_pair()
    stream = ThrottleStreamIO(right, {"_": StreamThrottle.from_limits(rate)})
    target, stats = MemoryFile(), CopyStats()

    async def send() -> None:
        while True:
            await left.send(bytes(1 << 14))

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(send)
        with anyio.move_on_after(seconds):
            await copy_to_file(stream, target, stats=stats)
        tasks.cancel_scope.cancel()
    assert stats.nbytes - len(target.data) <= max(512, 0.1 * rate)
