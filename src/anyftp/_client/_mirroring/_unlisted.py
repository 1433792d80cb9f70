"""Whether what was put somewhere is there under its name, by a listing and not by its word.

Some servers rename silently: "name " is kept as "name_", a name in another encoding as something
like it. They answer to the name that was asked for, too, so that only a listing tells. What is
kept under another name looks like something that the source lacks.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable
from pathlib import PurePosixPath

from anyftp._client._copying._job import Job
from anyftp._client._mirroring._sides import Side
from anyftp._errors import ListingError


def beside(doomed: Collection[PurePosixPath], new: Iterable[PurePosixPath]) -> list[PurePosixPath]:
    """What is new in a folder in which something is to be deleted, which may be what it became.

    Many servers hide names with a dot in front; where they do, no such name is to be deleted.
    """
    folders = {path.parent for path in doomed}
    dotted = {path.parent for path in doomed if path.name.startswith(".")}
    return [path for path in new if path.parent in (dotted if path.name[0] == "." else folders)]


async def find_unlisted(
    job: Job, side: Side, paths: Iterable[PurePosixPath]
) -> dict[PurePosixPath, ListingError]:
    """Look into the folders of what was sent or made; gives what they lack, and what to tell of it.

    Raises:
        ReplyError: a folder cannot be listed.

    Cancellation: safe.
    """
    folders: dict[PurePosixPath, list[PurePosixPath]] = defaultdict(list)
    for path in paths:
        folders[path.parent].append(path)
    unlisted: dict[PurePosixPath, ListingError] = {}
    for folder, inside in folders.items():
        names = await side.names(job, folder)
        for path in inside:
            if path.name not in names:
                unlisted[path] = _not_listed(path)
    return unlisted


def _not_listed(path: PurePosixPath) -> ListingError:
    return ListingError(
        "",
        f"{str(path)!r} was put there, and its folder's listing lacks it: it is hidden, or kept "
        "under another name; nothing is deleted",
    )
