"""What is acted on is what was looked at: what was changed since then is not replaced or deleted.

Here the last look is one with the act, in the thread that renames or removes. At the server it is
the command before it: FTP knows no condition.
"""

from __future__ import annotations

import errno
from collections.abc import Callable
from dataclasses import replace
from pathlib import PurePosixPath
from typing import NamedTuple

from anyftp._client._copying._job import Job
from anyftp._client._copying._local import Target
from anyftp._client._copying._upload import FileUpload
from anyftp._client._copying._version import version_of
from anyftp._client._copying._workers import Workers
from anyftp._client._mirroring._plan import Thing
from anyftp._client._mirroring._sides import thing_of
from anyftp._client._syncing._merge import is_as_it_was
from anyftp._errors import FileSystemError, LocalProtocolError, ReplyError
from anyftp._fs import FileInfo, LocalFileSystem, LocalWriteFile


def as_seen(seen: Thing | None) -> Callable[[FileInfo | None], bool]:
    """Whether what has a name here is what was seen there, None for nothing."""

    def is_as_seen(info: FileInfo | None) -> bool:
        if info is None or seen is None:
            return info is None and seen is None
        return (info.type, info.size, info.modified) == (seen.kind, seen.size, seen.modified)

    return is_as_seen


class SeenTarget(Target):
    """A local file that is replaced only if it is as it was seen, None for not there."""

    __slots__ = ("_seen",)

    def __init__(self, files: LocalFileSystem, path: PurePosixPath, seen: Thing | None) -> None:
        super().__init__(files, path)
        self._seen = seen

    def write_later(self) -> LocalWriteFile:
        """See `Target`."""
        return self.files.open_write_later(self.path, is_expected=as_seen(self._seen))

    async def remove(self) -> bool:
        """Remove it, unless it was changed; tells whether it is gone. Cancellation: safe."""
        try:
            await self.files.remove_expected(self.path, as_seen(self._seen))
        except FileSystemError as error:
            if not was_changed(error):
                raise
            return False
        return True


def was_changed(error: FileSystemError) -> bool:
    """Whether that is what kept a file from being replaced or removed."""
    return error.errno in (errno.ESTALE, errno.EEXIST)


def changed_meanwhile(path: PurePosixPath) -> LocalProtocolError:
    """What is told of a file that is left as it is."""
    return LocalProtocolError(f"{path} was changed meanwhile; the next sync looks again")


def _was_not_listed(path: PurePosixPath) -> LocalProtocolError:
    return LocalProtocolError(
        f"{str(path)!r} is there by now, and the listing lacked it: it was changed meanwhile, "
        "or is hidden, or kept under another name"
    )


async def is_still_there(job: Job, path: PurePosixPath, seen: Thing | None) -> bool:
    """Whether a file of the server is as it was seen, None for not there, as far as it is told.

    Cancellation: safe.
    """
    try:
        now = thing_of(await version_of(job.session, path))
    except ReplyError:
        return True  # it is not there, or cannot be asked; then the listing has told
    if seen is None:
        return False
    if seen.precision > 1:  # a listing's time, which need not be MDTM's
        now = replace(now, modified=None)
    return is_as_it_was(now, seen)


class SeenUpload(NamedTuple):
    """An upload that replaces nothing that was changed at the server."""

    task: FileUpload
    inside: PurePosixPath
    seen: Thing | None

    @property
    def remote(self) -> PurePosixPath:
        """See `Task`."""
        return self.task.remote

    async def __call__(self, job: Job, workers: Workers) -> None:
        is_ours = job.lost.has(self.remote)  # what an attempt before this one has left there
        if not is_ours and not await is_still_there(job, self.remote, self.seen):
            raise changed_meanwhile(self.inside) if self.seen else _was_not_listed(self.inside)
        await self.task(job, workers)
