"""TLS by a worker: who else wants the stream meanwhile has his turn, and every end is told.

That it moves what the other ways move, `test_copy` looks at.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import AsyncIterator
from pathlib import Path

import anyio
import pytest

from anyftp import StreamIO, TLSStream
from anyftp._streams import TruncatedStreamError, copy_from_file, copy_to_file
from anyftp._streams._record_slices import DecryptAndWrite, ReadAndEncrypt
from anyftp._streams._slices import Outcome
from streams.files import DiskFile, random_file
from streams.stacks import Contexts, close_all, tcp_pair, tls_pair

pytestmark = [pytest.mark.anyio, pytest.mark.every_loop]

Pair = tuple[TLSStream, TLSStream]

SIZE = 12_000_000


@pytest.fixture
async def pair(contexts: Contexts) -> AsyncIterator[Pair]:
    left, right = await tls_pair(contexts, tcp_pair)()
    yield left, right
    await close_all(left, right)


async def send_file(path: Path, stream: TLSStream) -> None:
    with DiskFile.read(path) as source:
        await copy_from_file(source, StreamIO(stream))


async def receive_file(stream: TLSStream, path: Path, nbytes: int) -> None:
    with DiskFile.create(path) as target:
        assert await copy_to_file(StreamIO(stream), target, limit=nbytes) == nbytes


async def test_all_has_gone_out_when_a_copy_returns(pair: Pair, tmp_path: Path) -> None:
    """No ciphertext lies in the stream, whether the file ended or the limit came first."""
    left, right = pair
    data = random_file(tmp_path / "source", 4_000_000)
    io = StreamIO(left)
    with DiskFile.read(tmp_path / "source") as source:
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(receive_file, right, tmp_path / "t", len(data))
            for limit in (3_000_000, None):
                await copy_from_file(source, io, limit=limit)
                assert not left.has_unsent
    assert (tmp_path / "t").read_bytes() == data


async def test_both_directions_at_once(pair: Pair, tmp_path: Path) -> None:
    """Two workers never use one connection's OpenSSL at the same time; both come to their end."""
    data = random_file(tmp_path / "source", SIZE)
    with anyio.fail_after(30):
        async with anyio.create_task_group() as tasks:
            for name, (one, other) in {"a": pair, "b": (pair[1], pair[0])}.items():
                tasks.start_soon(send_file, tmp_path / "source", one)
                tasks.start_soon(receive_file, other, tmp_path / name, SIZE)
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes() == data


async def test_blocks_and_the_end_the_other_way_during_a_copy(pair: Pair, tmp_path: Path) -> None:
    left, right = pair
    data = random_file(tmp_path / "source", SIZE)
    answers = bytearray()

    async def talk() -> None:
        for number in range(20):
            await right.send(bytes([number]) * 1000)
            await anyio.sleep(0.001)
        await right.send_eof()

    async def listen() -> None:
        try:
            while True:
                answers.extend(await left.receive())
        except anyio.EndOfStream:
            pass

    with anyio.fail_after(30):
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(talk)
            tasks.start_soon(listen)
            tasks.start_soon(send_file, tmp_path / "source", left)
            await receive_file(right, tmp_path / "t", SIZE)
    assert (tmp_path / "t").read_bytes() == data
    assert answers == b"".join(bytes([number]) * 1000 for number in range(20))


@pytest.mark.parametrize("accepts", [False, True], ids=["error", "accepted"])
async def test_an_end_without_close_notify(accepts: bool, pair: Pair, tmp_path: Path) -> None:
    """All that had come is in the file."""
    left, right = pair
    right.accepts_truncation = accepts
    data = random_file(tmp_path / "source", SIZE)

    async def send() -> None:
        await send_file(tmp_path / "source", left)
        assert left.socket_stream
        await left.socket_stream.send_eof()

    with DiskFile.create(tmp_path / "t") as target:
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(send)
            if accepts:
                assert await copy_to_file(StreamIO(right), target) == SIZE
            else:
                with pytest.raises(TruncatedStreamError):
                    await copy_to_file(StreamIO(right), target)
    assert (tmp_path / "t").read_bytes() == data


@pytest.mark.parametrize("seconds", [0.0, 0.003, 0.02, 0.05])
@pytest.mark.parametrize("direction", ["in", "out"])
async def test_closing_it_during_a_copy(
    direction: str, seconds: float, pair: Pair, tmp_path: Path
) -> None:
    """Whoever copies hears of it, and the close is over in its time."""
    left, right = pair
    (tmp_path / "source").touch()
    os.truncate(tmp_path / "source", 400_000_000)

    # Busy: who closes waits for close_notify already, and the copy has yet to wait for anything.
    ends = (anyio.ClosedResourceError, anyio.BrokenResourceError, anyio.BusyResourceError)

    async def copy_in() -> None:
        how = pytest.raises(ends) if direction == "in" else contextlib.suppress(*ends)
        with DiskFile.create(tmp_path / "t") as target, how:
            await copy_to_file(StreamIO(right), target)

    async def copy_out() -> None:
        with DiskFile.read(tmp_path / "source") as source, pytest.raises(ends):
            await copy_from_file(source, StreamIO(left))

    with anyio.fail_after(10):
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(copy_in)
            tasks.start_soon(copy_out)
            await anyio.sleep(seconds)
            await (right if direction == "in" else left).aclose()


async def test_a_slice_ends_in_its_time_whatever_comes(
    pair: Pair, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Records without data, too: a peer that sends nothing else holds no thread."""
    left, right = pair
    ntries = 0

    def nothing(view: memoryview) -> int | None:
        nonlocal ntries
        ntries += 1
        return None

    monkeypatch.setattr(right, "decrypt", nothing)
    monkeypatch.setattr("anyftp._streams._slices.SLICE_SECONDS", 0.0)
    await left.send(b"readable without end")
    with DiskFile.create(tmp_path / "t") as target, DecryptAndWrite(right, target.fd) as copy:
        assert await copy.run_slice(None) is Outcome.MORE
    assert ntries == 1


async def test_a_renegotiation_is_waited_for_by_the_event_loop(
    pair: Pair, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """There is room to send all the time, and nothing may be sent."""
    random_file(tmp_path / "source", 1000)
    monkeypatch.setattr(pair[0], "encrypt", lambda view: 0)
    with DiskFile.read(tmp_path / "source") as source, ReadAndEncrypt(pair[0], source.fd) as copy:
        with anyio.fail_after(5):
            assert await copy.run_slice(None) is Outcome.BLOCKED
        assert len(copy.unsent) == 1000
