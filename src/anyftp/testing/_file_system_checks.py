"""The contract of a file system, one small function a property.

Any `FileSystem` that the server is to serve should pass. Each function gets a fresh, empty one.
Properties of what a file system says that it cannot do (`abilities`) are left out, but for the one
that says how it refuses.
"""

from __future__ import annotations

import errno
from collections.abc import Awaitable, Callable, Iterator
from contextlib import aclosing, contextmanager
from pathlib import PurePosixPath

import anyio

from anyftp import Ability, FileInfo, FileSystem, FileSystemError, ReadFile
from anyftp.testing._running import Skipped

P = PurePosixPath
Check = Callable[[FileSystem], Awaitable[None]]
#: Makes an empty file system.
MakeFileSystem = Callable[[], Awaitable[FileSystem]]

_LARGE = bytes(range(256)) * 1024
_NEEDED: dict[str, Ability] = {}


def needs(ability: Ability) -> Callable[[Check], Check]:
    """The property makes sense only with all of these abilities."""

    def mark(check: Check) -> Check:
        _NEEDED[check.__name__] = ability
        return check

    return mark


def abilities_needed(check: Check) -> Ability:
    """What a file system must be able to do for this property to make sense."""
    return _NEEDED.get(check.__name__, Ability.NONE)


@contextmanager
def fails(*numbers: int) -> Iterator[None]:
    """What is inside must raise FileSystemError with one of these errno."""
    names = " or ".join(errno.errorcode[number] for number in numbers)
    try:
        yield
    except FileSystemError as error:
        if error.errno not in numbers:
            raise AssertionError(f"raised {error!r} instead of {names}") from error
    except Exception as error:
        raise AssertionError(f"raised {error!r} instead of FileSystemError {names}") from error
    else:
        raise AssertionError(f"did not raise FileSystemError {names}")


async def write(
    tree: FileSystem,
    path: str,
    content: bytes,
    *,
    offset: int | None = None,
    append: bool = False,
    exclusive: bool = False,
) -> None:
    """Write a file, in pieces, and commit it."""
    how = {"offset": offset, "append": append, "exclusive": exclusive}
    async with await tree.open_write(P(path), **how) as file:  # type: ignore[arg-type]
        for start in range(0, len(content), 100_000):
            await file.write(memoryview(content)[start : start + 100_000])
        await file.commit()


async def read_rest(file: ReadFile) -> bytes:
    """Read what is left of an open file."""
    buffer = bytearray(10_000)
    content = b""
    while count := await file.readinto(memoryview(buffer)):
        content += buffer[:count]
    return content


async def read(tree: FileSystem, path: str, offset: int = 0) -> bytes:
    """Read a file from offset on."""
    async with await tree.open_read(P(path), offset) as file:
        return await read_rest(file)


async def entries(tree: FileSystem, path: str = "/") -> list[FileInfo]:
    """All entries of a folder, by name."""
    async with aclosing(tree.scan(P(path))) as batches:
        return sorted([entry async for batch in batches for entry in batch])


async def names(tree: FileSystem, path: str = "/") -> list[str]:
    """The names in a folder, sorted."""
    return [entry.name for entry in await entries(tree, path)]


# Reading and writing whole files.


async def the_root_is_an_empty_folder(tree: FileSystem) -> None:
    """A new file system is a root with nothing in it."""
    root = await tree.stat(P("/"))
    assert root.name == "/", root
    assert root.is_dir, root
    assert await names(tree) == []


@needs(Ability.WRITE)
async def a_committed_file_is_there_whole(tree: FileSystem) -> None:
    """What was written can be read back, whatever its size."""
    for content in (b"", b"small", _LARGE):
        await write(tree, "/a", content)
        assert await read(tree, "/a") == content
        assert (await tree.stat(P("/a"))).size == len(content)


@needs(Ability.WRITE)
async def nothing_appears_before_the_commit(tree: FileSystem) -> None:
    """Without commit there is no file."""
    async with await tree.open_write(P("/a")) as file:
        await file.write(memoryview(_LARGE))
        assert await names(tree) == []
    assert await names(tree) == []


@needs(Ability.WRITE)
async def without_commit_the_older_file_stays(tree: FileSystem) -> None:
    """A broken upload leaves an older file as it was."""
    await write(tree, "/a", b"old")
    async with await tree.open_write(P("/a")) as file:
        await file.write(memoryview(b"new, but broken"))
        assert await read(tree, "/a") == b"old"
    assert await read(tree, "/a") == b"old"
    assert await names(tree) == ["a"]


@needs(Ability.WRITE)
async def a_cancelled_upload_leaves_nothing(tree: FileSystem) -> None:
    """Cancelling is as good as not committing."""
    with anyio.CancelScope() as scope:
        async with await tree.open_write(P("/a")) as file:
            await file.write(memoryview(b"half"))
            scope.cancel()
            await anyio.sleep_forever()
    assert scope.cancelled_caught
    assert await names(tree) == []


@needs(Ability.WRITE)
async def a_closed_file_takes_nothing(tree: FileSystem) -> None:
    """After the commit: EBADF; closing again is fine."""
    file = await tree.open_write(P("/a"))
    await file.commit()
    for call in (file.write(memoryview(b"x")), file.commit()):
        with fails(errno.EBADF):
            await call
    await file.aclose()
    await file.aclose()


@needs(Ability.WRITE)
async def what_is_written_can_be_looked_at(tree: FileSystem) -> None:
    """read_back gives what was written so far, where it can."""
    for content in (b"small", _LARGE):
        async with await tree.open_write(P("/a")) as file:
            await file.write(memoryview(content))
            try:
                reader = await file.read_back()
            except FileSystemError as error:
                if error.errno == errno.EOPNOTSUPP:
                    raise Skipped("no read_back") from error
                raise
            async with reader:
                assert await read_rest(reader) == content
            await file.write(memoryview(b"more"))
            await file.commit()
        assert await read(tree, "/a") == content + b"more"


@needs(Ability.WRITE)
async def exclusive_refuses_a_taken_name(tree: FileSystem) -> None:
    """EEXIST at the opening, and nothing has changed."""
    await write(tree, "/a", b"first", exclusive=True)
    with fails(errno.EEXIST):
        await write(tree, "/a", b"second", exclusive=True)
    assert await read(tree, "/a") == b"first"


@needs(Ability.WRITE)
async def exclusive_holds_until_the_commit(tree: FileSystem) -> None:
    """EEXIST at the commit if somebody was quicker; nothing of the upload stays."""
    async with await tree.open_write(P("/a"), exclusive=True) as file:
        await write(tree, "/a", b"was quicker")
        with fails(errno.EEXIST):
            await file.commit()
    assert await read(tree, "/a") == b"was quicker"
    assert await names(tree) == ["a"]


# Offsets.


@needs(Ability.WRITE | Ability.READ_AT)
async def reading_begins_at_the_offset(tree: FileSystem) -> None:
    """From any offset to the end, which gives nothing."""
    for content in (b"0123456789", _LARGE):
        await write(tree, "/a", content)
        assert await read(tree, "/a", 3) == content[3:]
        assert await read(tree, "/a", len(content)) == b""


@needs(Ability.WRITE | Ability.READ_AT)
async def no_reading_beyond_the_end(tree: FileSystem) -> None:
    """EINVAL."""
    await write(tree, "/a", b"abc")
    for offset in (-1, 4):
        with fails(errno.EINVAL):
            await read(tree, "/a", offset)


@needs(Ability.WRITE | Ability.WRITE_AT)
async def writing_goes_on_at_the_offset(tree: FileSystem) -> None:
    """Nothing is cut off, nothing but the given place is changed."""
    await write(tree, "/a", b"0123456789")
    await write(tree, "/a", b"abc", offset=2)
    assert await read(tree, "/a") == b"01abc56789"
    await write(tree, "/a", b"xyz", offset=10)
    assert await read(tree, "/a") == b"01abc56789xyz"


@needs(Ability.WRITE | Ability.WRITE_AT)
async def no_writing_beyond_the_end(tree: FileSystem) -> None:
    """EINVAL, never a hole."""
    await write(tree, "/a", b"abc")
    for offset in (-1, 4):
        with fails(errno.EINVAL):
            await write(tree, "/a", b"x", offset=offset)
    assert await read(tree, "/a") == b"abc"


@needs(Ability.WRITE | Ability.APPEND)
async def append_makes_and_extends(tree: FileSystem) -> None:
    """The file is made if there is none."""
    await write(tree, "/a", b"one", append=True)
    await write(tree, "/a", b"two", append=True)
    assert await read(tree, "/a") == b"onetwo"


@needs(Ability.WRITE | Ability.APPEND)
async def an_abandoned_append_is_cut_back(tree: FileSystem) -> None:
    """Without commit the file has its old size, or is not there."""
    await write(tree, "/a", b"0123456789")
    for path in ("/a", "/b"):
        async with await tree.open_write(P(path), append=True) as file:
            await file.write(memoryview(b"more"))
    assert await read(tree, "/a") == b"0123456789"
    assert await names(tree) == ["a"]


# Folders, names, attributes.


@needs(Ability.WRITE | Ability.DIRECTORIES)
async def stat_and_scan_agree(tree: FileSystem) -> None:
    """They say the same about the same file."""
    await tree.make_directory(P("/d"))
    await write(tree, "/d/f", b"12345")
    [entry] = await entries(tree, "/d")
    assert entry == await tree.stat(P("/d/f")), entry
    assert (entry.name, entry.is_file, entry.size) == ("f", True, 5), entry
    folder = await tree.stat(P("/d"))
    assert (folder.name, folder.is_dir, folder.is_file) == ("d", True, False), folder


@needs(Ability.DIRECTORIES)
async def odd_names_are_names(tree: FileSystem) -> None:
    """Blanks, dots, wildcards, percent signs and what is not ASCII mean nothing special."""
    odd = [" a ", "...", "*?[x]", "%2e%2e", "~", "a\\b", "naïve €", "#1", "a:b", "{x}"]
    for name in odd:
        await tree.make_directory(P("/") / name)
    assert await names(tree) == sorted(odd)
    for name in odd:
        assert (await tree.stat(P("/") / name)).name == name


@needs(Ability.WRITE | Ability.RENAME)
async def rename_replaces_a_file(tree: FileSystem) -> None:
    """And the old name is gone."""
    await write(tree, "/a", b"A")
    await write(tree, "/b", b"B")
    await tree.rename(P("/a"), P("/b"))
    assert await names(tree) == ["b"]
    assert await read(tree, "/b") == b"A"


@needs(Ability.WRITE | Ability.RENAME | Ability.DIRECTORIES)
async def rename_moves_folders_with_their_content(tree: FileSystem) -> None:
    """Into another folder as well."""
    await tree.make_directory(P("/d"))
    await tree.make_directory(P("/e"))
    await write(tree, "/d/f", b"x")
    await tree.rename(P("/d"), P("/e/d2"))
    assert await names(tree) == ["e"]
    assert await read(tree, "/e/d2/f") == b"x"


@needs(Ability.WRITE | Ability.REMOVE | Ability.DIRECTORIES)
async def what_is_removed_is_gone(tree: FileSystem) -> None:
    """Files and empty folders; an emptied folder stays until it is removed."""
    await tree.make_directory(P("/d"))
    await write(tree, "/d/f", b"x")
    await tree.remove_file(P("/d/f"))
    assert await names(tree) == ["d"]
    await tree.remove_directory(P("/d"))
    assert await names(tree) == []


@needs(Ability.WRITE | Ability.SET_MODIFIED)
async def times_are_kept(tree: FileSystem) -> None:
    """To the second at least."""
    await write(tree, "/a", b"A")
    await tree.set_modified(P("/a"), 1_000_000_000)
    assert (await tree.stat(P("/a"))).modified == 1_000_000_000
    async with await tree.open_read(P("/a")) as file:
        assert (file.size, file.modified) == (1, 1_000_000_000)


@needs(Ability.WRITE | Ability.CHMOD)
async def modes_are_kept(tree: FileSystem) -> None:
    """The nine bits of rwx, and no others."""
    await write(tree, "/a", b"A")
    await tree.chmod(P("/a"), 0o7640)
    assert (await tree.stat(P("/a"))).mode == 0o640


async def nothing_is_where_nothing_is(tree: FileSystem) -> None:
    """ENOENT, also for what lies below it."""
    with fails(errno.ENOENT):
        await tree.stat(P("/no"))
    with fails(errno.ENOENT):
        await read(tree, "/no")
    with fails(errno.ENOENT):
        await names(tree, "/no")
    with fails(errno.ENOENT):
        await tree.stat(P("/no/x"))


@needs(Ability.WRITE | Ability.DIRECTORIES)
async def files_are_no_folders(tree: FileSystem) -> None:
    """ENOTDIR and EISDIR, and no folders made on the way."""
    await write(tree, "/f", b"x")
    await tree.make_directory(P("/d"))
    with fails(errno.ENOTDIR):
        await names(tree, "/f")
    with fails(errno.ENOTDIR, errno.ENOENT):
        await tree.stat(P("/f/x"))
    with fails(errno.EISDIR):
        await read(tree, "/d")
    for path in ("/d", "/"):
        with fails(errno.EISDIR):
            await write(tree, path, b"x")
    with fails(errno.ENOENT):
        await write(tree, "/no/x", b"x")
    for path in ("/d", "/f", "/"):
        with fails(errno.EEXIST):
            await tree.make_directory(P(path))
    with fails(errno.ENOENT):
        await tree.make_directory(P("/no/x"))
    with fails(errno.ENOTDIR):
        await tree.remove_directory(P("/f"))
    assert await names(tree) == ["d", "f"]


@needs(Ability.WRITE | Ability.REMOVE | Ability.DIRECTORIES)
async def nothing_is_removed_by_mistake(tree: FileSystem) -> None:
    """A folder by remove_file, a full folder, nothing at all, the root."""
    await tree.make_directory(P("/d"))
    await write(tree, "/d/f", b"x")
    with fails(errno.EISDIR):
        await tree.remove_file(P("/d"))
    with fails(errno.ENOTEMPTY):
        await tree.remove_directory(P("/d"))
    with fails(errno.ENOENT):
        await tree.remove_file(P("/no"))
    with fails(errno.EBUSY, errno.ENOTEMPTY):
        await tree.remove_directory(P("/"))
    with fails(errno.EISDIR, errno.EBUSY):
        await tree.remove_file(P("/"))
    assert await read(tree, "/d/f") == b"x"
