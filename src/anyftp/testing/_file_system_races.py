"""The contract of a file system where two use it at the same time, one function a property.

Each step of one is put between each two steps of the other: what was confirmed is never lost, what
was not confirmed is never seen in the end, and whoever is too late is told so.
"""

from __future__ import annotations

import errno
from collections.abc import Awaitable, Callable, Iterator
from itertools import combinations, product

import anyio

from anyftp import Ability, FileSystem, FileSystemError, WriteFile
from anyftp.testing._file_system_checks import P, entries, fails, names, needs, read, write
from anyftp.testing._running import Skipped

#: What may be answered to one of two who want the same.
_TOO_LATE = frozenset({errno.EAGAIN, errno.EBUSY, errno.ESTALE, errno.EEXIST, errno.ENOENT})
_AT_ONCE = 6

Step = Callable[[], Awaitable[None]]


class Upload:
    """One of two: opens a file, writes, and commits or gives up, each a step.

    Attributes:
        content: what it writes.
        is_confirmed: its commit was accepted.
    """

    def __init__(
        self, tree: FileSystem, content: bytes, *, append: bool = True, gives_up: bool = False
    ) -> None:
        self.content = content
        self.is_confirmed = False
        self._tree = tree
        self._append = append
        self._gives_up = gives_up
        self._file: WriteFile | None = None

    @property
    def steps(self) -> list[Step]:
        """What it does, in order."""
        return [self._open, self._write, self._end]

    async def _open(self) -> None:
        try:
            self._file = await self._tree.open_write(P("/a"), append=self._append)
        except FileSystemError as error:
            _check_too_late(error)

    async def _write(self) -> None:
        if self._file is not None:
            await self._file.write(memoryview(self.content))

    async def _end(self) -> None:
        if self._file is None:
            return
        async with self._file:
            if not self._gives_up:
                try:
                    await self._file.commit()
                except FileSystemError as error:
                    _check_too_late(error)
                else:
                    self.is_confirmed = True


def _check_too_late(error: FileSystemError) -> None:
    if error.errno not in _TOO_LATE:
        raise error


def _interleavings(one: list[Step], other: list[Step]) -> Iterator[list[Step]]:
    """All orders of the steps of two."""
    total = len(one) + len(other)
    for places in combinations(range(total), len(one)):
        mine, theirs = iter(one), iter(other)
        yield [next(mine) if place in places else next(theirs) for place in range(total)]


async def _anew(tree: FileSystem, before: bytes | None) -> None:
    """Give /a this content, or see to it that there is none."""
    if before is not None:
        await write(tree, "/a", before)
    elif "a" in await names(tree):
        await tree.remove_file(P("/a"))


async def _content(tree: FileSystem) -> bytes | None:
    return await read(tree, "/a") if "a" in await names(tree) else None


@needs(Ability.WRITE | Ability.APPEND | Ability.REMOVE)
async def two_who_append_lose_nothing(tree: FileSystem) -> None:
    """Whatever the order of their steps, the file holds what was there and what was confirmed."""
    big = b"B" * 100_000
    for before, one_gives_up, other_gives_up in product((None, b"0"), (False, True), (False, True)):
        for number in range(20):
            await _anew(tree, before)
            one = Upload(tree, b"a", gives_up=one_gives_up)
            other = Upload(tree, big, gives_up=other_gives_up)
            for step in list(_interleavings(one.steps, other.steps))[number]:
                await step()
            confirmed = [upload.content for upload in (one, other) if upload.is_confirmed]
            orders = {(before or b"") + b"".join(confirmed[::way]) for way in (1, -1)}
            found = await _content(tree)
            there_should_be = before is not None or bool(confirmed)
            assert found in orders if there_should_be else found is None, (number, found)
            assert confirmed or one_gives_up or other_gives_up, "both were refused"


@needs(Ability.WRITE | Ability.APPEND | Ability.REMOVE)
async def an_append_and_a_new_file_are_not_mixed(tree: FileSystem) -> None:
    """If somebody writes the file anew meanwhile, one comes after the other, or is refused."""
    for before, gives_up in product((None, b"0"), (False, True)):
        for number in range(20):
            await _anew(tree, before)
            append = Upload(tree, b"a", gives_up=gives_up)
            new = Upload(tree, b"N" * 100_000, append=False)
            for step in list(_interleavings(append.steps, new.steps))[number]:
                await step()
            possible = {new.content} if new.is_confirmed else {before}
            if append.is_confirmed:
                possible = {(content or b"") + append.content for content in possible}
                if new.is_confirmed:  # the new one may have come after it
                    possible.add(new.content)
            assert await _content(tree) in possible, number


@needs(Ability.WRITE | Ability.APPEND | Ability.REMOVE)
async def what_is_appended_to_a_removed_file_is_not_confirmed(tree: FileSystem) -> None:
    """ESTALE at the commit, or the removal is refused; a new file of that name is left alone."""
    await write(tree, "/a", b"old")
    async with await tree.open_write(P("/a"), append=True) as file:
        await file.write(memoryview(b"more"))
        try:
            await tree.remove_file(P("/a"))
        except FileSystemError as error:
            _check_too_late(error)
            return
        await write(tree, "/a", b"another")
        with fails(*_TOO_LATE):
            await file.commit()
    assert await read(tree, "/a") == b"another"


@needs(Ability.WRITE | Ability.WRITE_AT | Ability.APPEND)
async def a_file_is_written_in_place_by_one_at_a_time(tree: FileSystem) -> None:
    """The second is refused (EAGAIN) until the first has ended; a new file may be written."""
    await write(tree, "/a", b"0123")
    for how in ({"append": True}, {"offset": 2}):
        async with await tree.open_write(P("/a"), **how):
            for second in ({"append": True}, {"offset": 4}):
                with fails(errno.EAGAIN, errno.EBUSY):
                    await tree.open_write(P("/a"), **second)
            assert await read(tree, "/a") == b"0123"
    await write(tree, "/a", b"45", append=True)
    assert await read(tree, "/a") == b"012345"


@needs(Ability.WRITE | Ability.RENAME | Ability.DIRECTORIES)
async def rename_exclusive_moves(tree: FileSystem) -> None:
    """Files, and folders with what is in them, to a name that nothing has."""
    for folder in ("/d", "/e"):
        await tree.make_directory(P(folder))
    await write(tree, "/d/f", b"x")
    await _rename_exclusive(tree, "/d/f", "/d/g")
    await _rename_exclusive(tree, "/d", "/e/d")
    assert await names(tree) == ["e"]
    assert await names(tree, "/e") == ["d"]
    assert await names(tree, "/e/d") == ["g"]
    assert await read(tree, "/e/d/g") == b"x"


@needs(Ability.WRITE | Ability.RENAME | Ability.DIRECTORIES)
async def rename_exclusive_replaces_nothing(tree: FileSystem) -> None:
    """EEXIST for files, folders, empty ones too, and the same name; ENOENT, EINVAL as rename."""
    for folder in ("/d", "/e"):
        await tree.make_directory(P(folder))
    await write(tree, "/f", b"F")
    await write(tree, "/g", b"G")
    await _rename_exclusive(tree, "/f", "/h")
    await _rename_exclusive(tree, "/h", "/f")
    for source, destination in (
        ("/f", "/g"),
        ("/f", "/f"),
        ("/f", "/d"),
        ("/d", "/f"),
        ("/d", "/e"),
    ):
        with fails(errno.EEXIST):
            await tree.rename_exclusive(P(source), P(destination))
    for source, destination, number in (
        ("/no", "/x", errno.ENOENT),
        ("/f", "/no/x", errno.ENOENT),
        ("/d", "/d/x", errno.EINVAL),
    ):
        with fails(number):
            await tree.rename_exclusive(P(source), P(destination))
    assert await names(tree) == ["d", "e", "f", "g"]
    assert await names(tree, "/d") == []
    assert (await read(tree, "/f"), await read(tree, "/g")) == (b"F", b"G")


@needs(Ability.WRITE | Ability.RENAME)
async def of_many_who_rename_at_once_one_wins(tree: FileSystem) -> None:
    """The others keep their files."""
    outcomes: list[int | None] = [None] * _AT_ONCE
    await write(tree, "/first", b"")
    await _rename_exclusive(tree, "/first", "/second")

    async def rename(number: int) -> None:
        try:
            await tree.rename_exclusive(P(f"/{number}"), P("/all"))
        except FileSystemError as error:
            outcomes[number] = error.errno

    for number in range(_AT_ONCE):
        await write(tree, f"/{number}", b"%d" % number)
    async with anyio.create_task_group() as tasks:
        for number in range(_AT_ONCE):
            tasks.start_soon(rename, number)
    winners = [number for number, outcome in enumerate(outcomes) if outcome is None]
    assert len(winners) == 1, outcomes
    assert await read(tree, "/all") == b"%d" % winners[0]
    for number in range(_AT_ONCE):
        if number not in winners:
            assert outcomes[number] == errno.EEXIST, outcomes
            assert await read(tree, f"/{number}") == b"%d" % number


@needs(Ability.WRITE)
async def of_many_who_make_a_file_at_once_one_wins(tree: FileSystem) -> None:
    """With `exclusive`; nothing stays of the others."""
    confirmed = []

    async def make(number: int) -> None:
        try:
            await write(tree, "/all", b"%d" % number, exclusive=True)
        except FileSystemError as error:
            if error.errno != errno.EEXIST:
                raise
        else:
            confirmed.append(number)

    async with anyio.create_task_group() as tasks:
        for number in range(_AT_ONCE):
            tasks.start_soon(make, number)
    assert len(confirmed) == 1, confirmed
    assert await read(tree, "/all") == b"%d" % confirmed[0]
    assert [entry.name for entry in await entries(tree)] == ["all"]


async def _rename_exclusive(tree: FileSystem, source: str, destination: str) -> None:
    try:
        await tree.rename_exclusive(P(source), P(destination))
    except FileSystemError as error:
        if error.errno == errno.EOPNOTSUPP:
            raise Skipped("no rename_exclusive") from error
        raise
