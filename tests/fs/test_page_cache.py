"""What is read without a worker is what a worker would have read; whatever is not plain is left."""

from __future__ import annotations

import errno
import os
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path, PurePosixPath

import anyio
import pytest
from hypothesis import given
from hypothesis import strategies as st

from anyftp import FileSystemError, StreamThrottle, ThrottleStreamIO
from anyftp._fs import LocalFileSystem, _page_cache
from anyftp._fs._jail import Jail
from anyftp._fs._local_read import SMALL, LocalReadFile, open_for_reading, open_in_memory
from anyftp._fs._page_cache import PageCache
from anyftp._fs._temporary import temporary_name
from anyftp._fs._worker import SHARED
from anyftp._streams import CopyStats, SocketStream, copy_from_file

P = PurePosixPath
#: What a worker gives: the content, or the error's number.
Found = bytes | int


def learnt(root: Path) -> PageCache:
    cache = PageCache(str(root))
    cache.learn()
    return cache


def is_served(root: Path) -> bool:
    """Whether this kernel and this disk let anything be opened without waiting."""
    (root / "probe").write_bytes(b"probe")
    found = learnt(root).open(P("/probe"), SMALL)
    if found is not None:
        os.close(found[0])
    return found is not None


@pytest.fixture
def root(tmp_path: Path) -> Path:
    inner = tmp_path / "root"
    inner.mkdir()
    if not is_served(inner):
        pytest.skip("this kernel or this disk has no opening from memory")
    return inner


def rest_of(file: LocalReadFile) -> bytes:
    """What is left of a file that is in memory, or open; then it is closed."""
    rest, fd = file.take_rest(), file.fileno()
    if rest is not None:
        assert file.size == len(rest)
        return bytes(rest)
    assert fd is not None
    try:
        return b"".join(iter(lambda: os.read(fd, 1 << 20), b""))
    finally:
        os.close(fd)


def by_cache(root: Path, path: PurePosixPath, offset: int = 0) -> bytes | None:
    """What the rest of a file is without a worker; None where one has to be asked."""
    file = open_in_memory(learnt(root), path, offset, SHARED, is_watched=False)
    if file is None:
        return None
    return rest_of(file)


def by_worker(root: Path, path: PurePosixPath, offset: int = 0) -> Found:
    try:
        file = open_for_reading(Jail(root), path, offset, SHARED)
    except OSError as error:
        return error.errno or errno.EIO
    return rest_of(file)


@pytest.mark.parametrize("offset", [0, 1, 3, SMALL])
@pytest.mark.parametrize("size", [0, 1, 3, 4096, SMALL - 1, SMALL, SMALL + 1, 3 * SMALL])
def test_a_plain_file_is_what_a_worker_reads(size: int, offset: int, root: Path) -> None:
    (root / "d" / "e").mkdir(parents=True)
    content = os.urandom(size)
    for path in (root / "f", root / "d" / "e" / "f"):
        path.write_bytes(content)
    for remote in (P("/f"), P("/d/e/f")):
        expected = content[offset:] if offset <= size else None
        assert by_cache(root, remote, offset) == expected
        assert by_worker(root, remote, offset) == (errno.EINVAL if expected is None else expected)


def make_odd(root: Path) -> None:
    """Files and what is none, links of all kinds."""
    (root / "d").mkdir()
    (root / "d" / "f").write_bytes(b"inside")
    (root / "f").write_bytes(b"inside")
    (root.parent / "secret").write_bytes(b"SECRET")
    os.mkfifo(root / "pipe")
    links: dict[str, str | Path] = {
        "in": "f",
        "folder_in": "d",
        "absolute_in": root / "f",
        "out": "../secret",
        "folder_out": "..",
        "absolute_out": root.parent / "secret",
        "proc": "/proc/self",
        "loop": "loop",
        "dangling": "nowhere",
    }
    for name, target in links.items():
        (root / name).symlink_to(target)
    for name in (temporary_name(), temporary_name().upper(), "a~1", "back~", "LONGNA~1.TXT", "x"):
        (root / name).write_bytes(b"inside")


ODD = [
    "/", "/d", "/d/", "/pipe", "/nowhere", "/f/f", "/in", "/folder_in/f", "/absolute_in", "/out",
    "/folder_out/secret", "/absolute_out", "/proc/status", "/loop", "/dangling", "/a~1", "/back~",
    "/LONGNA~1.TXT", "/../secret", "/d/../f", "/d/../../secret", "/x\0y", "/\udcff",
    "/" + "x" * 300,
]  # fmt: skip


def test_what_is_not_plain_is_left_to_a_worker(root: Path) -> None:
    make_odd(root)
    parts = [f"/{name}" for name in os.listdir(root) if name.lower().endswith(".part")]
    assert len(parts) == 2
    for path in (*ODD, *parts):
        assert by_cache(root, P(path)) is None, path
    assert by_cache(root, P("/d/f")) == b"inside"


NAMES = ["d", "f", "in", "out", "folder_in", "folder_out", "secret", "root", "..", "pipe", "a~1"]


@given(parts=st.lists(st.sampled_from(NAMES), max_size=6))
def test_no_path_gives_what_a_worker_does_not(
    parts: list[str], tmp_path_factory: pytest.TempPathFactory
) -> None:
    root = tmp_path_factory.getbasetemp() / "of_any_path" / "root"
    if not root.exists():
        root.mkdir(parents=True)
        make_odd(root)
    found = by_cache(root, P("/", *parts))
    assert found in (None, by_worker(root, P("/", *parts)))


def test_a_file_without_a_right_to_it_is_left(root: Path) -> None:
    if os.geteuid() == 0:
        pytest.skip("root may read everything")
    (root / "f").write_bytes(b"x")
    (root / "f").chmod(0)
    assert by_cache(root, P("/f")) is None


def test_the_other_end_of_a_pipe_notices_nothing(root: Path) -> None:
    os.mkfifo(root / "pipe")
    assert by_cache(root, P("/pipe")) is None
    with pytest.raises(OSError) as caught:  # noqa: PT011  # its number is the point
        os.open(root / "pipe", os.O_WRONLY | os.O_NONBLOCK)
    assert caught.value.errno == errno.ENXIO


@pytest.fixture
def swapper(root: Path) -> Iterator[Path]:
    """A root where some thread swaps the folder "d" for a link out of it, again and again."""
    outside = root.parent / "outside"
    outside.mkdir()
    (outside / "f").write_bytes(b"SECRET")
    (root / "d").mkdir()
    (root / "d" / "f").write_bytes(b"inside")
    (root / "link").symlink_to(outside)
    is_over = threading.Event()

    def swap() -> None:
        while not is_over.is_set():
            for old, new in (("d", "kept"), ("link", "d"), ("d", "link"), ("kept", "d")):
                os.rename(root / old, root / new)

    thread = threading.Thread(target=swap)
    thread.start()
    try:
        yield root
    finally:
        is_over.set()
        thread.join()


def test_a_folder_that_is_swapped_for_a_link_leads_nowhere(swapper: Path) -> None:
    found = {by_cache(swapper, P("/d/f")) for _ in range(3000)}
    assert found <= {None, b"inside"}


@pytest.mark.parametrize("change", ["overwritten", "begun anew", "added to", "cut"])
def test_a_file_that_changes_while_it_is_read_is_left_to_a_worker(
    change: str, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As far as its time and its size tell: a write that has begun before has told by then."""
    file = root / "f"
    file.write_bytes(b"a" * SMALL)
    os.utime(file, (1, 1))
    preadv = os.preadv

    def reading(fd: int, buffers: list[bytearray], offset: int, flags: int = 0) -> int:
        nbytes = preadv(fd, buffers, offset, flags)
        if change == "overwritten":
            with file.open("r+b") as target:
                target.write(b"b")
        elif change == "begun anew":
            file.write_bytes(b"b" * SMALL)
        elif change == "added to":
            with file.open("ab") as target:
                target.write(b"b")
        else:
            os.truncate(file, 1)
        return nbytes

    assert by_cache(root, P("/f")) == b"a" * SMALL
    monkeypatch.setattr(os, "preadv", reading)
    assert by_cache(root, P("/f")) is None


def test_what_is_not_in_memory_is_left_to_a_worker(root: Path) -> None:
    file = root / "f"
    content = os.urandom(SMALL)
    file.write_bytes(content)
    with file.open("rb") as opened:
        os.fsync(opened.fileno())
        os.posix_fadvise(opened.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
        if by_cache(root, P("/f")) is not None:
            pytest.skip("this disk keeps in memory what it was told to forget")
    assert by_worker(root, P("/f")) == content
    assert by_cache(root, P("/f")) == content


def test_who_has_held_us_up_is_left_alone_for_a_while(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    now, takes, sleeps = [1000.0], [0.0], [0]
    tried, is_asleep = [], [False]
    openat2 = _page_cache._openat2

    def slow(folder: int, path: bytes, how: bytes) -> int:
        tried.append(path)
        now[0] += takes[0]
        sleeps[0] += is_asleep[0]
        return openat2(folder, path, how)

    monkeypatch.setattr(_page_cache, "_openat2", slow)
    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    monkeypatch.setattr(_page_cache, "_sleeps", lambda: sleeps[0])
    cache = learnt(root)

    def is_tried() -> bool:
        tried.clear()
        found = cache.open(P("/probe"), SMALL)
        if found is not None:
            os.close(found[0])
        return bool(tried)

    assert is_tried()
    takes[0] = 0.1  # for the processor has other work
    assert is_tried()
    assert is_tried()
    is_asleep[0] = True
    assert is_tried()
    takes[0] = 0.0
    assert not is_tried()
    now[0] += 59.0
    assert not is_tried()
    now[0] += 2.0
    assert is_tried()
    assert is_tried()


def missing(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(_page_cache, "_syscall", lambda: None)


def refused(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(_page_cache, "_syscall", lambda: lambda *_: -1)


def remote(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(_page_cache, "_kind_of_disk", lambda root: 0x6969)  # NFS


@pytest.mark.anyio
@pytest.mark.parametrize("lacks", [missing, refused, remote])
async def test_without_such_an_opening_all_goes_by_a_worker(
    lacks: Callable[[pytest.MonkeyPatch], None], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lacks(monkeypatch)
    (tmp_path / "f").write_bytes(b"content")
    files = LocalFileSystem(tmp_path)
    for _ in range(2):
        assert by_cache(tmp_path, P("/f")) is None
        async with await files.open_read(P("/f")) as file:
            assert bytes(file.take_rest() or b"") == b"content"


@pytest.mark.anyio
async def test_a_file_in_memory_needs_no_worker(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (root / "f").write_bytes(b"content")
    (root / "large").write_bytes(b"x" * (SMALL + 1))
    files = LocalFileSystem(root)
    async with await files.open_read(P("/f")):  # by which the disk is known
        pass

    async def no_worker(subject: object, *args: object) -> None:
        raise AssertionError(f"a worker was asked for {subject}")

    monkeypatch.setattr(files._workers, "run", no_worker)
    async with await files.open_read(P("/f")) as file:
        assert bytes(file.take_rest() or b"") == b"content"
    async with await files.open_read(P("/large"), 3) as file:
        assert file.size == SMALL + 1
        assert os.read(file.fileno() or -1, 2 * SMALL) == b"x" * (SMALL - 2)


@pytest.mark.anyio
async def test_errors_are_those_of_a_worker(root: Path) -> None:
    make_odd(root)
    files = LocalFileSystem(root)
    for path, number in {"/nowhere": errno.ENOENT, "/d": errno.EISDIR, "/pipe": errno.EACCES,
                         "/out": errno.EACCES, "/f/f": errno.ENOTDIR}.items():  # fmt: skip
        for _ in range(2):
            with pytest.raises(FileSystemError) as caught:
                await files.open_read(P(path))
            assert caught.value.errno == number
    with pytest.raises(FileSystemError):
        await files.open_read(P("/f"), 7)


@pytest.mark.anyio
@pytest.mark.parametrize("size", [7, 8, SMALL, 300_000])
@pytest.mark.parametrize("at_once", [0, 1, 65536, 200_000, 1 << 30])
async def test_what_is_in_memory_is_given_as_far_as_it_is_taken(
    at_once: int, size: int, root: Path
) -> None:
    content = os.urandom(size)
    (root / "f").write_bytes(content)
    files = LocalFileSystem(root)
    async with await files.open_read(P("/f")):  # by which the disk is known
        pass
    taken = bytearray()

    def take(block: memoryview) -> int:
        count = min(len(block), max(0, at_once - len(taken)))
        taken.extend(block[:count])
        return count

    async with await files.open_read(P("/f"), 7) as file:
        nbytes, is_all = file.give_now(take)
        assert nbytes == len(taken) == min(at_once, size - 7)
        assert is_all == (nbytes == size - 7)
        rest = bytearray(size)
        count = os.readv(file.fileno() or -1, [rest])  # from where who goes on begins
        assert bytes(taken) + rest[:count] == content[7:]


@pytest.mark.anyio
async def test_of_a_file_that_grows_no_more_is_given_at_once_than_of_others(root: Path) -> None:
    (root / "f").write_bytes(bytes(300_000))
    files = LocalFileSystem(root)
    async with await files.open_read(P("/f")):  # by which the disk is known
        pass
    with (root / "f").open("ab", buffering=0) as log:

        def take(block: memoryview) -> int:
            if log.tell() < 20_000_000:
                log.write(bytes(2 * len(block)))
            return len(block)

        async with await files.open_read(P("/f")) as file:
            nbytes, is_all = file.give_now(take)
            assert not is_all
            assert 300_000 < nbytes < 1_000_000


@pytest.mark.anyio
async def test_a_disk_that_fails_while_a_file_is_given_is_an_error_of_that_file(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*arguments: object) -> int:
        raise OSError(errno.EIO, "the disk is broken")

    (root / "f").write_bytes(bytes(300_000))
    files = LocalFileSystem(root)
    async with await files.open_read(P("/f")):  # by which the disk is known
        pass
    async with await files.open_read(P("/f")) as file:
        monkeypatch.setattr(os, "preadv", fail)
        with pytest.raises(FileSystemError, match="/f"):
            file.give_now(len)


@pytest.mark.anyio
@pytest.mark.parametrize("size", [0, 1, 5000, SMALL])
@pytest.mark.parametrize("at_once", [0, 1, 4096, 1 << 30])
async def test_a_small_file_is_given_as_far_as_it_is_taken(
    at_once: int, size: int, root: Path
) -> None:
    content = os.urandom(size)
    (root / "f").write_bytes(content)
    taken = bytearray()

    def take(block: memoryview) -> int:
        taken.extend(block[:at_once])
        return min(len(block), at_once)

    async with await LocalFileSystem(root).open_read(P("/f")) as file:
        assert file.give_now(take) == (min(size, at_once), at_once >= size)
        assert bytes(taken) + bytes(file.take_rest() or b"") == content


@pytest.mark.anyio
@pytest.mark.parametrize("size", [SMALL + 1, 300_000, 512 * 1024, 512 * 1024 + 1, 3_000_000])
@pytest.mark.parametrize("is_quick", [True, False])
async def test_a_file_is_sent_whole_whatever_the_socket_takes(
    is_quick: bool, size: int, root: Path
) -> None:
    content = os.urandom(size)
    (root / "f").write_bytes(content)
    files = LocalFileSystem(root)
    async with await files.open_read(P("/f")):
        pass
    ours, theirs = socket.socketpair()
    if not is_quick:
        ours.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)
    received = bytearray()

    async def receive() -> None:
        peer = SocketStream(theirs)
        with suppress(anyio.EndOfStream):
            while True:
                received.extend(await peer.receive())
        peer.close()

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(receive)
        stream, stats = ThrottleStreamIO(SocketStream(ours)), CopyStats()
        async with await files.open_read(P("/f")) as file:
            assert await copy_from_file(file, stream, stats=stats) == size
        stream.close()
    assert received == content
    assert stats.nbytes == size


@pytest.mark.anyio
async def test_what_is_given_at_once_is_paid_for(root: Path) -> None:
    (root / "f").write_bytes(bytes(400_000))
    files = LocalFileSystem(root)
    async with await files.open_read(P("/f")):
        pass
    ours, theirs = socket.socketpair()
    limits = StreamThrottle.from_limits(write_speed_limit=20_000_000)
    stream = ThrottleStreamIO(SocketStream(ours), {"_": limits})
    async with anyio.create_task_group() as tasks:

        async def drain() -> None:
            peer = SocketStream(theirs)
            with suppress(anyio.EndOfStream):
                while True:
                    await peer.receive()
            peer.close()

        tasks.start_soon(drain)
        async with await files.open_read(P("/f")) as file:
            await copy_from_file(file, stream)
        assert limits.write.statistics().bytes_moved == 400_000
        stream.close()


@pytest.mark.anyio
@pytest.mark.parametrize("size", [0, 10, SMALL + 1, 300_000, 3_000_000])
@pytest.mark.parametrize("state", ["cut", "ended", "closed"])
async def test_where_nothing_can_be_sent_a_file_is_not_sent_either(
    state: str, size: int, root: Path
) -> None:
    (root / "f").write_bytes(bytes(size))
    files = LocalFileSystem(root)
    async with await files.open_read(P("/f")):
        pass
    ours, theirs = socket.socketpair()
    stream = ThrottleStreamIO(SocketStream(ours))
    if state == "ended":
        await stream.send_eof()
    else:
        stream._break_off()
    if state == "closed":
        stream.close()
    wrong = anyio.BrokenResourceError if state == "cut" else anyio.ClosedResourceError
    async with await files.open_read(P("/f")) as file:
        with pytest.raises(wrong):
            await copy_from_file(file, stream)
    stream.close()
    theirs.close()
