"""Listings: the commands, strange names, and what may happen in between."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import PurePosixPath

import pytest

from anyftp import FTPError, ReplyError
from interop.operations._place import Place


async def _names(place: Place, path: PurePosixPath | None = None) -> list[str]:
    return sorted(entry.name for entry in await place.client.list(path or place.remote))


async def _list_these(place: Place, names: Sequence[str]) -> None:
    for name in names:
        place.put(name, b"x")
    assert await _names(place) == sorted(names)
    for name in names:
        assert await place.client.size(place.remote / name) == 1


async def list_a_folder(place: Place) -> None:
    place.put("report.txt", b"x" * 1234)
    place.put_folder("sub dir")
    entries = {entry.name: entry for entry in await place.client.list(place.remote)}
    assert set(entries) == {"report.txt", "sub dir"}
    assert entries["report.txt"].is_file
    assert entries["report.txt"].size == 1234
    assert entries["report.txt"].path == place.remote / "report.txt"
    assert entries["sub dir"].is_dir


async def list_the_current_directory(place: Place) -> None:
    place.put("here", b"x")
    await place.client.change_directory(place.remote)
    assert [entry.path for entry in await place.client.list()] == [PurePosixPath("here")]


async def list_by_MLSD(place: Place) -> None:
    place.put("file", b"xyz")
    (entry,) = await place.client.list(place.remote, raw_command="MLSD")
    assert (entry.name, entry.size, entry.is_file) == ("file", 3, True)
    assert entry.modified is not None


async def list_by_LIST(place: Place) -> None:
    place.put("file", b"xyz")
    place.put_folder("sub")
    entries = await place.client.list(place.remote, raw_command="LIST")
    assert {entry.name: entry.is_dir for entry in entries} == {"file": False, "sub": True}
    assert {entry.size for entry in entries if entry.is_file} == {3}


async def list_an_empty_folder(place: Place) -> None:
    assert await place.client.list(place.remote) == []


async def list_a_tree(place: Place) -> None:
    for folder in ("a", "a/b", "c d"):
        place.put_folder(folder)
    for name in ("1", "a/2", "a/b/3", "c d/4"):
        place.put(name, b"x")
    found = [entry.path async for entry in place.client.list(place.remote, recursive=True)]
    wanted = {"1", "a", "a/2", "a/b", "a/b/3", "c d", "c d/4"}
    assert sorted(found) == sorted(place.remote / name for name in wanted)


async def list_a_missing_folder(place: Place) -> None:
    with pytest.raises(ReplyError):
        await place.client.list(place.remote / "missing")


async def list_a_hidden_file(place: Place) -> None:
    place.put(".hidden", b"x")
    assert await _names(place) == [".hidden"]


async def names_with_blanks(place: Place) -> None:
    await _list_these(place, ["two words", "  leading", "trailing  ", "a  b"])


async def names_with_quotes(place: Place) -> None:
    await _list_these(place, ['say "hi"', "it's", "`x`"])


async def names_beyond_ASCII(place: Place) -> None:
    await _list_these(place, ["Füße", "日本語", "🎈"])


async def names_like_wildcards_and_options(place: Place) -> None:
    await _list_these(place, ["-la", "*", "[x]", "~", "{a,b}", "#1", "a;b", "50%"])


async def names_with_backslashes_and_arrows(place: Place) -> None:
    await _list_these(place, ["back\\slash", "a -> b"])


async def names_that_are_not_UTF_8(place: Place) -> None:
    name = b"caf\xe9".decode("utf-8", "surrogateescape")
    place.put(name, b"x")
    assert await _names(place) == [name]
    async with place.client.download_stream(place.remote / name) as stream:
        assert await stream.read() == b"x"


async def list_folders_with_strange_names(place: Place) -> None:
    for name in ("two words", "[x]", "-l", "Füße"):
        folder = place.put_folder(name)
        place.put(f"{name}/inside", b"x")
        assert await _names(place, folder) == ["inside"]


async def list_a_large_folder(place: Place) -> None:
    wanted = [f"file number {number:04}" for number in range(500)]
    for name in wanted:
        place.put(name, b"")
    assert await _names(place) == wanted


async def remove_while_iterating(place: Place) -> None:
    for number in range(5):
        place.put(str(number), b"x")
    async for entry in place.client.list(place.remote):
        await place.client.remove_file(entry.path)
    assert place.names() == []


async def two_listings_interleaved(place: Place) -> None:
    first, second = place.put_folder("first"), place.put_folder("second")
    for number in range(3):
        place.put(f"first/{number}", b"x")
        place.put(f"second/{number}", b"x")
    one, other = aiter(place.client.list(first)), aiter(place.client.list(second))
    found = []
    for _ in range(3):
        found.append((await anext(one)).path)
        await place.client.get_current_directory()
        found.append((await anext(other)).path)
    for listing in (one, other):
        with pytest.raises(StopAsyncIteration):
            await anext(listing)
    assert sorted(found) == sorted(
        folder / str(number) for folder in (first, second) for number in range(3)
    )


async def leave_a_listing_early(place: Place) -> None:
    for number in range(200):
        place.put(f"file number {number}", b"x")
    async for entry in place.client.list(place.remote):
        assert entry.name
        break
    assert len(await _names(place)) == 200


async def list_a_name_that_is_a_file(place: Place) -> None:
    path = place.put("file", b"x")
    try:
        found = await place.client.list(path)
    except FTPError:
        return  # a refusal is as good
    assert len(found) <= 1
