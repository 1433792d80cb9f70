"""Running the contract of a file system."""

from __future__ import annotations

import errno
from collections.abc import Awaitable, Callable, Collection

import anyio

from anyftp import Ability, FileSystem, FileSystemError
from anyftp.testing import _file_system_checks as checks
from anyftp.testing import _file_system_races as races
from anyftp.testing._file_system_checks import (
    Check,
    MakeFileSystem,
    P,
    abilities_needed,
    fails,
    names,
    needs,
    write,
)
from anyftp.testing._running import Skipped


@needs(Ability.WRITE | Ability.RENAME | Ability.DIRECTORIES)
async def nothing_is_moved_by_mistake(tree: FileSystem) -> None:
    """Onto another kind, into itself, onto a full folder, from nowhere; the root stays."""
    for folder in ("/d", "/e", "/e/full"):
        await tree.make_directory(P(folder))
    await write(tree, "/f", b"x")
    for source, destination, number in (
        ("/no", "/x", errno.ENOENT),
        ("/d", "/d/x", errno.EINVAL),
        ("/f", "/d", errno.EISDIR),
        ("/d", "/f", errno.ENOTDIR),
        ("/d", "/e", errno.ENOTEMPTY),
        ("/f", "/no/x", errno.ENOENT),
        ("/f", "/", errno.EBUSY),
        ("/", "/x", errno.EBUSY),
    ):
        # The root lies in itself, and something lies where it is: other reasons are as good.
        others = (errno.EINVAL, errno.EISDIR) if "/" in (source, destination) else ()
        with fails(number, *others):
            await tree.rename(P(source), P(destination))
    assert await names(tree) == ["d", "e", "f"]


async def what_cannot_be_done_is_refused(tree: FileSystem) -> None:
    """EOPNOTSUPP or EROFS for what `abilities` does not hold; nothing happens."""
    if Ability.WRITE in tree.abilities:
        await write(tree, "/a", b"content")
    before = await names(tree)
    tries: dict[Ability, Callable[[], Awaitable[object]]] = {
        Ability.WRITE: lambda: tree.open_write(P("/new")),
        Ability.APPEND: lambda: tree.open_write(P("/a"), append=True),
        Ability.WRITE_AT: lambda: tree.open_write(P("/a"), offset=3),
        Ability.READ_AT: lambda: tree.open_read(P("/a"), 3),
        Ability.RENAME: lambda: tree.rename(P("/a"), P("/b")),
        Ability.REMOVE: lambda: tree.remove_file(P("/a")),
        Ability.DIRECTORIES: lambda: tree.make_directory(P("/d")),
        Ability.SET_MODIFIED: lambda: tree.set_modified(P("/a"), 0.0),
        Ability.CHMOD: lambda: tree.chmod(P("/a"), 0o600),
    }
    refusals = (errno.EOPNOTSUPP, errno.EROFS)
    for ability, attempt in tries.items():
        if ability not in tree.abilities:
            with fails(*refusals, *(() if before else (errno.ENOENT,))):
                await attempt()
    assert await names(tree) == before


FILE_SYSTEM_CHECKS: tuple[Check, ...] = (
    checks.the_root_is_an_empty_folder,
    checks.a_committed_file_is_there_whole,
    checks.nothing_appears_before_the_commit,
    checks.without_commit_the_older_file_stays,
    checks.a_cancelled_upload_leaves_nothing,
    checks.a_closed_file_takes_nothing,
    checks.what_is_written_can_be_looked_at,
    checks.exclusive_refuses_a_taken_name,
    checks.exclusive_holds_until_the_commit,
    checks.reading_begins_at_the_offset,
    checks.no_reading_beyond_the_end,
    checks.writing_goes_on_at_the_offset,
    checks.no_writing_beyond_the_end,
    checks.append_makes_and_extends,
    checks.an_abandoned_append_is_cut_back,
    checks.stat_and_scan_agree,
    checks.odd_names_are_names,
    checks.rename_replaces_a_file,
    checks.rename_moves_folders_with_their_content,
    checks.what_is_removed_is_gone,
    checks.times_are_kept,
    checks.modes_are_kept,
    checks.nothing_is_where_nothing_is,
    checks.files_are_no_folders,
    checks.nothing_is_removed_by_mistake,
    nothing_is_moved_by_mistake,
    races.two_who_append_lose_nothing,
    races.an_append_and_a_new_file_are_not_mixed,
    races.what_is_appended_to_a_removed_file_is_not_confirmed,
    races.a_file_is_written_in_place_by_one_at_a_time,
    races.rename_exclusive_moves,
    races.rename_exclusive_replaces_nothing,
    races.of_many_who_rename_at_once_one_wins,
    races.of_many_who_make_a_file_at_once_one_wins,
    what_cannot_be_done_is_refused,
)


#: A check that takes this long hangs. Some are thousands of steps, each by way of a worker thread,
#: and on a machine that is busy with other things a step takes its time.
HANGS_AFTER_SECONDS = 50.0


async def run_file_system_check(check: Check, make: MakeFileSystem) -> None:
    """Try one property on a fresh file system.

    Raises:
        AssertionError: the property does not hold; a note names it.
        Skipped: the file system says that it cannot do what it takes.

    Cancellation: safe.
    """
    tree = await make()
    if lacking := abilities_needed(check) & ~tree.abilities:
        raise Skipped(f"the file system lacks {lacking}")
    try:
        with anyio.fail_after(HANGS_AFTER_SECONDS):
            await check(tree)
    except AssertionError as error:
        error.add_note(f"property: {check.__name__}: {check.__doc__}")
        raise
    except FileSystemError as error:
        raise AssertionError(f"{check.__name__}: {error!r}: {check.__doc__}") from error
    except TimeoutError as error:
        raise AssertionError(f"{check.__name__} hangs: {check.__doc__}") from error


async def check_file_system(make: MakeFileSystem, *, skip: Collection[str] = ()) -> None:
    """Check that a file system does what the server relies on.

    Args:
        make: makes an empty file system, for each property another one:
            `async def make() -> FileSystem: ...`
        skip: names of properties (functions in `FILE_SYSTEM_CHECKS`) not to be checked.

    Raises:
        AssertionError: a property does not hold; a note says which.

    Cancellation: safe.
    """
    for check in FILE_SYSTEM_CHECKS:
        if check.__name__ not in skip:
            try:
                await run_file_system_check(check, make)
            except Skipped:
                continue
