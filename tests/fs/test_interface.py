"""What every file system promises, asked of both of ours."""

from __future__ import annotations

import errno
from contextlib import aclosing
from pathlib import Path, PurePosixPath

import anyio
import pytest

from anyftp._errors import FileSystemError
from anyftp._fs import FileSystem, LocalFileSystem, MemoryFileSystem
from anyftp._fs._interface import ReadFile

pytestmark = pytest.mark.anyio

P = PurePosixPath
LARGE = bytes(range(256)) * 1024


@pytest.fixture(params=["local", "memory"])
def tree(request: pytest.FixtureRequest, tmp_path: Path) -> FileSystem:
    return LocalFileSystem(tmp_path) if request.param == "local" else MemoryFileSystem()


async def write(tree: FileSystem, path: str, content: bytes, **how: int) -> None:
    async with await tree.open_write(P(path), **how) as file:  # type: ignore[arg-type]
        await file.write(memoryview(content))
        await file.commit()


async def read_rest(file: ReadFile) -> bytes:
    buffer = bytearray(1000)
    content = b""
    while count := await file.readinto(memoryview(buffer)):
        content += buffer[:count]
    return content


async def read(tree: FileSystem, path: str, offset: int = 0) -> bytes:
    async with await tree.open_read(P(path), offset) as file:
        return await read_rest(file)


async def names(tree: FileSystem, path: str = "/") -> list[str]:
    async with aclosing(tree.scan(P(path))) as batches:
        return sorted([entry.name async for batch in batches for entry in batch])


async def test_a_committed_file_is_there_whole(tree: FileSystem) -> None:
    for content in (b"", b"small", LARGE):
        await write(tree, "/a", content)
        assert await read(tree, "/a") == content
        assert (await tree.stat(P("/a"))).size == len(content)


async def test_nothing_appears_before_the_commit(tree: FileSystem) -> None:
    async with await tree.open_write(P("/a")) as file:
        await file.write(memoryview(b"half"))
        assert await names(tree) == []
    assert await names(tree) == []


async def test_without_commit_the_older_file_stays(tree: FileSystem) -> None:
    await write(tree, "/a", b"old")
    async with await tree.open_write(P("/a")) as file:
        await file.write(memoryview(b"new, but broken"))
        assert await read(tree, "/a") == b"old"
    assert await read(tree, "/a") == b"old"
    assert await names(tree) == ["a"]


async def test_a_cancelled_upload_leaves_nothing(tree: FileSystem) -> None:
    with anyio.CancelScope() as scope:
        async with await tree.open_write(P("/a")) as file:
            await file.write(memoryview(b"half"))
            scope.cancel()
            await anyio.sleep_forever()
    assert scope.cancelled_caught
    assert await names(tree) == []


async def test_resume_goes_on_at_the_offset_and_cuts_nothing(tree: FileSystem) -> None:
    await write(tree, "/a", b"0123456789")
    await write(tree, "/a", b"abc", offset=2)
    assert await read(tree, "/a") == b"01abc56789"
    await write(tree, "/a", b"xyz", offset=10)
    assert await read(tree, "/a") == b"01abc56789xyz"


async def test_append_makes_and_extends(tree: FileSystem) -> None:
    await write(tree, "/a", b"one", append=True)
    await write(tree, "/a", b"two", append=True)
    assert await read(tree, "/a") == b"onetwo"


async def test_an_abandoned_resume_is_cut_back(tree: FileSystem) -> None:
    await write(tree, "/a", b"0123456789")
    async with await tree.open_write(P("/a"), append=True) as file:
        await file.write(memoryview(b"more"))
    assert await read(tree, "/a") == b"0123456789"


async def test_an_abandoned_append_to_nothing_leaves_nothing(tree: FileSystem) -> None:
    async with await tree.open_write(P("/a"), append=True) as file:
        await file.write(memoryview(b"more"))
    assert await names(tree) == []


async def test_exclusive_refuses_a_taken_name(tree: FileSystem) -> None:
    await write(tree, "/a", b"first", exclusive=True)
    with pytest.raises(FileSystemError) as caught:
        await tree.open_write(P("/a"), exclusive=True)
    assert caught.value.errno == errno.EEXIST


async def test_exclusive_holds_until_the_commit(tree: FileSystem) -> None:
    async with await tree.open_write(P("/a"), exclusive=True) as file:
        await write(tree, "/a", b"was quicker")
        with pytest.raises(FileSystemError) as caught:
            await file.commit()
    assert caught.value.errno == errno.EEXIST
    assert await read(tree, "/a") == b"was quicker"
    assert await names(tree) == ["a"]


async def test_reading_begins_at_the_offset(tree: FileSystem) -> None:
    for content in (b"0123456789", LARGE):
        await write(tree, "/a", content)
        assert await read(tree, "/a", 3) == content[3:]
        assert await read(tree, "/a", len(content)) == b""


@pytest.mark.parametrize("offset", [-1, 4])
async def test_no_offset_beyond_the_end(tree: FileSystem, offset: int) -> None:
    await write(tree, "/a", b"abc")
    with pytest.raises(FileSystemError) as caught:
        await tree.open_read(P("/a"), offset)
    assert caught.value.errno == errno.EINVAL
    with pytest.raises(FileSystemError) as caught:
        await tree.open_write(P("/a"), offset=offset)
    assert caught.value.errno == errno.EINVAL


async def test_stat_and_scan_agree(tree: FileSystem) -> None:
    await tree.make_directory(P("/d"))
    await write(tree, "/d/f", b"12345")
    async with aclosing(tree.scan(P("/d"))) as batches:
        entries = [entry async for batch in batches for entry in batch]
    assert entries == [await tree.stat(P("/d/f"))]
    assert entries[0].is_file
    folder = await tree.stat(P("/d"))
    assert (folder.name, folder.is_dir, folder.is_file) == ("d", True, False)
    assert (await tree.stat(P("/"))).name == "/"


async def test_scan_goes_by_batches(tree: FileSystem) -> None:
    for number in range(2500):
        await tree.make_directory(P(f"/{number}"))
    async with aclosing(tree.scan(P("/"))) as batches:
        sizes = [len(batch) async for batch in batches]
    assert sum(sizes) == 2500
    assert max(sizes) <= 1000


async def test_rename_replaces_a_file(tree: FileSystem) -> None:
    await write(tree, "/a", b"A")
    await write(tree, "/b", b"B")
    await tree.rename(P("/a"), P("/b"))
    assert await names(tree) == ["b"]
    assert await read(tree, "/b") == b"A"


async def test_rename_moves_folders_with_their_content(tree: FileSystem) -> None:
    await tree.make_directory(P("/d"))
    await tree.make_directory(P("/e"))
    await write(tree, "/d/f", b"x")
    await tree.rename(P("/d"), P("/e/d2"))
    assert await read(tree, "/e/d2/f") == b"x"


async def test_times_and_modes(tree: FileSystem) -> None:
    await write(tree, "/a", b"A")
    await tree.set_modified(P("/a"), 1_000_000_000.5)
    await tree.chmod(P("/a"), 0o7640)
    info = await tree.stat(P("/a"))
    assert (info.modified, info.mode) == (1_000_000_000.5, 0o640)
    async with await tree.open_read(P("/a")) as file:
        assert (file.size, file.modified) == (1, 1_000_000_000.5)


async def test_removal(tree: FileSystem) -> None:
    await tree.make_directory(P("/d"))
    await write(tree, "/d/f", b"x")
    await tree.remove_file(P("/d/f"))
    await tree.remove_directory(P("/d"))
    assert await names(tree) == []


async def scene(tree: FileSystem) -> None:
    await tree.make_directory(P("/d"))
    await tree.make_directory(P("/d/sub"))
    await write(tree, "/f", b"x")


@pytest.mark.parametrize(
    ("operation", "paths", "number"),
    [
        pytest.param("stat", ["/no"], errno.ENOENT, id="stat nothing"),
        pytest.param("stat", ["/f/x"], errno.ENOTDIR, id="below a file"),
        pytest.param("open_read", ["/no"], errno.ENOENT, id="read nothing"),
        pytest.param("open_read", ["/d"], errno.EISDIR, id="read a folder"),
        pytest.param("open_write", ["/d"], errno.EISDIR, id="write over a folder"),
        pytest.param("open_write", ["/no/x"], errno.ENOENT, id="write into nothing"),
        pytest.param("open_write", ["/"], errno.EISDIR, id="write over the root"),
        pytest.param("make_directory", ["/d"], errno.EEXIST, id="make what is there"),
        pytest.param("make_directory", ["/f"], errno.EEXIST, id="make over a file"),
        pytest.param("make_directory", ["/"], errno.EEXIST, id="make the root"),
        pytest.param("make_directory", ["/no/x"], errno.ENOENT, id="make in nothing"),
        pytest.param("remove_directory", ["/d"], errno.ENOTEMPTY, id="remove a full folder"),
        pytest.param("remove_directory", ["/f"], errno.ENOTDIR, id="rmdir a file"),
        pytest.param("remove_file", ["/d"], errno.EISDIR, id="unlink a folder"),
        pytest.param("remove_file", ["/no"], errno.ENOENT, id="unlink nothing"),
        pytest.param("rename", ["/no", "/x"], errno.ENOENT, id="rename nothing"),
        pytest.param("rename", ["/d", "/d/x"], errno.EINVAL, id="rename into itself"),
        pytest.param("rename", ["/f", "/d"], errno.EISDIR, id="rename a file onto a folder"),
        pytest.param("rename", ["/d", "/f"], errno.ENOTDIR, id="rename a folder onto a file"),
        pytest.param("rename", ["/f", "/"], errno.EBUSY, id="rename onto the root"),
    ],
)
async def test_refusals(tree: FileSystem, operation: str, paths: list[str], number: int) -> None:
    await scene(tree)
    with pytest.raises(FileSystemError) as caught:
        await getattr(tree, operation)(*map(P, paths))
    assert caught.value.errno == number
    assert caught.value.path in paths


async def test_the_root_stays(tree: FileSystem) -> None:
    with pytest.raises(FileSystemError):
        await tree.remove_directory(P("/"))
    with pytest.raises(FileSystemError):
        await tree.remove_file(P("/"))
    with pytest.raises(FileSystemError):
        await tree.rename(P("/"), P("/x"))


async def test_scan_of_no_folder(tree: FileSystem) -> None:
    await write(tree, "/f", b"x")
    for path, number in (("/f", errno.ENOTDIR), ("/no", errno.ENOENT)):
        with pytest.raises(FileSystemError) as caught:
            await names(tree, path)
        assert caught.value.errno == number


async def test_a_closed_file_takes_nothing(tree: FileSystem) -> None:
    file = await tree.open_write(P("/a"))
    await file.commit()
    for call in (file.write(memoryview(b"x")), file.commit()):
        with pytest.raises(FileSystemError) as caught:
            await call
        assert caught.value.errno == errno.EBADF
    await file.aclose()


class ReadNothing(FileSystem):
    """The least that can be written."""

    stat = scan = open_read = open_write = None  # type: ignore[assignment]


@pytest.mark.parametrize(
    ("operation", "args"),
    [
        ("make_directory", [P("/a")]),
        ("remove_directory", [P("/a")]),
        ("remove_file", [P("/a")]),
        ("rename", [P("/a"), P("/b")]),
        ("set_modified", [P("/a"), 0.0]),
        ("chmod", [P("/a"), 0]),
    ],
)
async def test_what_a_storage_lacks_is_refused(operation: str, args: list[object]) -> None:
    with pytest.raises(FileSystemError) as caught:
        await getattr(ReadNothing(), operation)(*args)
    assert caught.value.errno == errno.EOPNOTSUPP
