"""Every way between a socket and a file: exact counts, whatever ends it or gets in between."""

from __future__ import annotations

import errno
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import anyio
import pytest

from anyftp._streams import _slices
from anyftp._streams._slices import FileFailed, Outcome, SlicedCopy
from anyftp.testing import reset_stream
from streams.files import random_file
from streams.stacks import tcp_pair

pytestmark = pytest.mark.anyio

INCOMING = _slices.incoming()
OUTGOING = _slices.outgoing()


@pytest.fixture
def sockets() -> Iterator[tuple[socket.socket, socket.socket]]:
    """Both ends of a local socket with room for all that is sent; the copy's end does not block."""
    left, right = socket.socketpair()
    for end in (left, right):
        for buffer in (socket.SO_SNDBUF, socket.SO_RCVBUF):
            end.setsockopt(socket.SOL_SOCKET, buffer, 400_000)
    left.setblocking(False)
    right.settimeout(5)
    with left, right:
        yield left, right


Pair = tuple[socket.socket, socket.socket]


@contextmanager
def opened(path: Path, flags: int) -> Iterator[int]:
    fd = os.open(path, flags | os.O_CREAT, 0o600)
    try:
        yield fd
    finally:
        os.close(fd)


def waiting(sock: socket.socket) -> bytes:
    """All that lies in a socket."""
    sock.setblocking(False)
    got = bytearray()
    try:
        while block := sock.recv(1 << 20):
            got += block
    except BlockingIOError:
        pass
    return bytes(got)


async def finished(copy: SlicedCopy, max_bytes: int | None = None) -> Outcome:
    """The first outcome that is not MORE."""
    outcome = Outcome.MORE
    while outcome is Outcome.MORE:
        outcome = await copy.run_slice(max_bytes)
    return outcome


@pytest.mark.parametrize("way", INCOMING)
async def test_in_to_the_peers_end(way: type[SlicedCopy], sockets: Pair, tmp_path: Path) -> None:
    left, right = sockets
    data = os.urandom(100_000)
    right.sendall(data)
    right.shutdown(socket.SHUT_WR)
    with opened(tmp_path / "t", os.O_WRONLY) as fd, way(left, fd) as copy:
        assert await finished(copy) is Outcome.END
        assert copy.nbytes == len(data)
    assert (tmp_path / "t").read_bytes() == data


@pytest.mark.parametrize("way", OUTGOING)
async def test_out_to_the_files_end(way: type[SlicedCopy], sockets: Pair, tmp_path: Path) -> None:
    left, right = sockets
    data = random_file(tmp_path / "s", 100_000)
    with opened(tmp_path / "s", os.O_RDONLY) as fd, way(left, fd) as copy:
        assert await finished(copy) is Outcome.END
        assert copy.nbytes == len(data)
        assert not copy.unsent
    assert waiting(right) == data


@pytest.mark.parametrize("way", INCOMING)
@pytest.mark.parametrize("grant", [1, 4096, 70_000])
async def test_in_no_more_than_granted(
    way: type[SlicedCopy], grant: int, sockets: Pair, tmp_path: Path
) -> None:
    """What was not granted stays in the socket, to the byte."""
    left, right = sockets
    data = os.urandom(100_000)
    right.sendall(data)
    with opened(tmp_path / "t", os.O_WRONLY) as fd, way(left, fd) as copy:
        assert await copy.run_slice(grant) is Outcome.MORE
        assert copy.nbytes == grant
    assert (tmp_path / "t").read_bytes() == data[:grant]
    assert waiting(left) == data[grant:]


@pytest.mark.parametrize("way", OUTGOING)
@pytest.mark.parametrize("grant", [1, 4096, 70_000])
async def test_out_no_more_than_granted(
    way: type[SlicedCopy], grant: int, sockets: Pair, tmp_path: Path
) -> None:
    left, right = sockets
    data = random_file(tmp_path / "s", 100_000)
    with opened(tmp_path / "s", os.O_RDONLY) as fd, way(left, fd) as copy:
        assert await copy.run_slice(grant) is Outcome.MORE
        assert copy.nbytes == grant
        assert not copy.unsent
        assert os.lseek(fd, 0, os.SEEK_CUR) == grant
    assert waiting(right) == data[:grant]


@pytest.mark.parametrize("way", INCOMING)
async def test_in_from_a_silent_peer(way: type[SlicedCopy], sockets: Pair, tmp_path: Path) -> None:
    left, right = sockets
    right.sendall(b"a little")
    with opened(tmp_path / "t", os.O_WRONLY) as fd, way(left, fd) as copy:
        assert await finished(copy) is Outcome.BLOCKED
        assert copy.nbytes == 8
        right.sendall(b" more")
        assert await finished(copy) is Outcome.BLOCKED
        assert copy.nbytes == 13
    assert (tmp_path / "t").read_bytes() == b"a little more"


@pytest.mark.parametrize("way", OUTGOING)
async def test_out_to_a_peer_that_takes_little(
    way: type[SlicedCopy], sockets: Pair, tmp_path: Path
) -> None:
    """Sent in parts, as the socket has room; the count is what the socket took."""
    left, right = sockets
    left.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 20_000)
    data = random_file(tmp_path / "s", 1_000_000)
    got = bytearray()
    with opened(tmp_path / "s", os.O_RDONLY) as fd, way(left, fd) as copy:
        while (outcome := await copy.run_slice(None)) is not Outcome.END:
            assert outcome in (Outcome.BLOCKED, Outcome.MORE)
            got += waiting(right)
            assert copy.nbytes == len(got)
            assert os.lseek(fd, 0, os.SEEK_CUR) == copy.nbytes + len(copy.unsent)
    assert bytes(got + waiting(right)) == data


@pytest.mark.parametrize("way", OUTGOING)
async def test_a_file_that_is_cut_meanwhile(
    way: type[SlicedCopy], sockets: Pair, tmp_path: Path
) -> None:
    """It ends where the file ends now; nothing is made up."""
    left, right = sockets
    data = random_file(tmp_path / "s", 100_000)
    with opened(tmp_path / "s", os.O_RDWR) as fd, way(left, fd) as copy:
        await copy.run_slice(30_000)
        os.truncate(tmp_path / "s", 50_000)
        assert await finished(copy) is Outcome.END
        assert copy.nbytes == 50_000
    assert waiting(right) == data[:50_000]


@pytest.mark.parametrize("way", OUTGOING)
async def test_a_file_that_grows_meanwhile(
    way: type[SlicedCopy], sockets: Pair, tmp_path: Path
) -> None:
    left, right = sockets
    with opened(tmp_path / "s", os.O_RDWR) as fd, way(left, fd) as copy:
        os.pwrite(fd, b"first", 0)
        await copy.run_slice(5)
        os.pwrite(fd, b"second", 5)
        assert await finished(copy) is Outcome.END
        assert copy.nbytes == 11
    assert waiting(right) == b"firstsecond"


@pytest.mark.skipif(len(INCOMING) < 2, reason="no splice here")
async def test_what_splice_may_not_do_is_handed_over_whole(sockets: Pair, tmp_path: Path) -> None:
    """EINVAL comes when the bytes are in the pipe already: they are written all the same."""
    left, right = sockets
    data = os.urandom(100_000)
    right.sendall(data)
    with opened(tmp_path / "t", os.O_WRONLY | os.O_APPEND) as fd:
        with INCOMING[0](left, fd) as copy:
            assert await copy.run_slice(40_000) is Outcome.UNSUPPORTED
            first = copy.nbytes
            assert first == 40_000
        assert (tmp_path / "t").read_bytes() == data[:first]
        with INCOMING[1](left, fd) as copy:
            assert await finished(copy) is Outcome.BLOCKED
            assert copy.nbytes == len(data) - first
    assert (tmp_path / "t").read_bytes() == data


@pytest.mark.skipif(len(OUTGOING) < 2, reason="no sendfile here")
async def test_what_sendfile_may_not_do_is_handed_over(sockets: Pair) -> None:
    """A pipe has no pages to send from."""
    left, right = sockets
    read_end, write_end = os.pipe()
    os.write(write_end, b"through the block")
    os.close(write_end)
    with OUTGOING[0](left, read_end) as copy:
        assert await copy.run_slice(None) is Outcome.UNSUPPORTED
        assert copy.nbytes == 0
    with OUTGOING[1](left, read_end) as copy:
        assert await finished(copy) is Outcome.END
    os.close(read_end)
    assert waiting(right) == b"through the block"


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
async def test_a_file_that_takes_nothing(sockets: Pair) -> None:
    left, right = sockets
    right.sendall(b"data")
    fd = os.open("/dev/full", os.O_WRONLY)
    with INCOMING[-1](left, fd) as copy, pytest.raises(FileFailed) as caught:
        await copy.run_slice(None)
    os.close(fd)
    assert isinstance(caught.value.__cause__, OSError)
    assert caught.value.__cause__.errno == errno.ENOSPC


@pytest.mark.parametrize("way", INCOMING)
async def test_in_from_a_peer_that_resets(way: type[SlicedCopy], tmp_path: Path) -> None:
    left, right = await tcp_pair()
    reset_stream(right)
    with (
        opened(tmp_path / "t", os.O_WRONLY) as fd,
        way(left.raw_socket, fd) as copy,
        pytest.raises(ConnectionResetError),
    ):
        await copy.run_slice(None)
    await left.aclose()


@pytest.mark.parametrize("way", OUTGOING)
async def test_out_to_a_peer_that_is_gone(
    way: type[SlicedCopy], sockets: Pair, tmp_path: Path
) -> None:
    """sendfile leaves it to the next way to tell whose fault it is."""
    left, right = sockets
    right.close()
    random_file(tmp_path / "s", 100_000)
    with opened(tmp_path / "s", os.O_RDONLY) as fd, way(left, fd) as copy:
        if way is OUTGOING[-1]:
            with pytest.raises(BrokenPipeError):
                await copy.run_slice(None)
        else:
            assert await copy.run_slice(None) is Outcome.UNSUPPORTED
        assert copy.nbytes == 0


@pytest.mark.parametrize("way", [*INCOMING, *OUTGOING])
async def test_a_cancelled_slice_has_counted_every_byte(
    way: type[SlicedCopy], sockets: Pair, tmp_path: Path
) -> None:
    """When run_slice has returned, count, file and socket agree, and stay so."""
    left, right = sockets
    data = random_file(tmp_path / "s", 150_000)
    is_out = way in OUTGOING
    if not is_out:
        right.sendall(data)
    path = tmp_path / ("s" if is_out else "t")
    with opened(path, os.O_RDONLY if is_out else os.O_WRONLY) as fd, way(left, fd) as copy:
        for _ in range(3):
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(copy.run_slice, None)
                await anyio.lowlevel.checkpoint()
                tasks.cancel_scope.cancel()
            if copy.nbytes or copy.unsent:
                break
        position = os.lseek(fd, 0, os.SEEK_CUR)
        assert position == copy.nbytes + len(copy.unsent)
        moved = copy.nbytes
    if is_out:
        assert waiting(right) == data[:moved]
    else:
        assert path.read_bytes() + waiting(left) == data
        assert path.stat().st_size == moved


@pytest.mark.parametrize("way", INCOMING)
async def test_in_from_a_peer_that_becomes_slow(way: type[SlicedCopy], tmp_path: Path) -> None:
    """What it sends then is few bytes, and they are not waited for in vain."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        right = socket.create_connection(listener.getsockname())
        left, _ = listener.accept()
    left.setblocking(False)
    with left, right, opened(tmp_path / "t", os.O_WRONLY) as fd, way(left, fd) as copy:
        with anyio.fail_after(10):
            for nbytes in (1, 2, 3):
                copy._is_fast = True  # as after many MiB
                assert await copy.run_slice(None) is Outcome.BLOCKED
                right.sendall(b"x")
                await anyio.wait_readable(left)
                assert await copy.run_slice(None) is Outcome.BLOCKED
                assert copy.nbytes == nbytes
            right.shutdown(socket.SHUT_WR)
            await anyio.wait_readable(left)
            assert await finished(copy) is Outcome.END
