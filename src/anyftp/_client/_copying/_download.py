"""Downloads that are more than one file in one piece: a folder with all that is in it above all.

Trees are walked one folder at a time and without recursion; how deep they go is bounded. What a
listing has told is not asked again: a file in a tree costs EPSV and RETR, nothing more.
"""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import PurePosixPath
from typing import NamedTuple

from anyftp._client._copying._job import Job
from anyftp._client._copying._local import (
    LocalPath,
    Target,
    acceptable,
    find_target,
    forget_mark,
    make_inner_folder,
    open_later,
    tree_root,
)
from anyftp._client._copying._placing import Placing
from anyftp._client._copying._receive import (
    accept_file,
    download_whole,
    keep_time,
    names_tree,
    receive_data,
)
from anyftp._client._copying._resume import resume_download
from anyftp._client._copying._workers import Workers
from anyftp._client._listing._ancestry import Ancestry
from anyftp._client._listing._portions import Portions, check_tree
from anyftp._client._remote._stat import is_directory
from anyftp._client._session._session import RemotePath, text_of
from anyftp._errors import (
    PermanentReplyError,
    ReplyError,
)
from anyftp._fs import LocalFileSystem, LocalWriteFile, is_temporary, lasting_name
from anyftp._protocol import Entry

_ROOT = PurePosixPath("/")

#: Commands that a folder refuses; SIZE comes first where a part may be gone on from.
_OF_FILES = ("RETR", "SIZE")


async def download(job: Job, source: RemotePath, destination: LocalPath) -> None:
    """Download what is more than `download_file` does: in segments, the rest of a part, or a tree.

    Cancellation: files that are whole stay, no part of another appears.
    """
    remote, local = PurePosixPath(source), os.fspath(destination)
    if (job.resume or job.segments > 1) and not names_tree(source, remote):
        try:
            if job.segments > 1 and await _download_in_segments(job, remote, local):
                return None
            if job.resume:
                return await job.session.repeat(lambda: _download_rest(job, remote, local))
            return await job.session.repeat(lambda: download_whole(job, remote, local))
        except PermanentReplyError as refusal:
            if refusal.command not in _OF_FILES or not await is_directory(job.session, remote):
                raise
    name = remote.name
    begun = lasting_name(f"{job.session.host}/{remote}/") if job.resume else None
    files = await tree_root(job.session, local, "" if name == ".." else name, remote, begun=begun)
    workers, placing = Workers(of_items=True), Placing()
    root = Ancestry(PurePosixPath(text_of(source)))
    workers.add_folder(_Folder(root, files, _ROOT, placing), is_root=True)
    await placing.during(workers.run(job, job.jobs))
    if begun and not job.tally.failed:
        await forget_mark(local, begun)


async def _download_in_segments(job: Job, remote: PurePosixPath, local: str) -> bool:
    """Download a file in segments if that can be; its steps are repeated, not all of it."""
    from anyftp._client._copying._segments import find_version, receive_in_segments

    version = await job.session.repeat(lambda: find_version(job, remote))
    if version is None:
        return False
    aim = await open_later(job.session, local, remote)
    async with aim.file as file:
        await receive_in_segments(job, remote, file, version)
    await keep_time(job, remote, aim.target, version.modified)
    return True


async def _download_rest(job: Job, remote: PurePosixPath, local: str) -> None:
    target = await find_target(job.session, local, remote)
    if await resume_download(job, remote, target, None):
        await keep_time(job, remote, target, None)


class _Folder(NamedTuple):
    """One remote folder to be looked through."""

    ancestry: Ancestry
    files: LocalFileSystem
    inside: PurePosixPath
    placing: Placing

    @property
    def remote(self) -> PurePosixPath:
        """See `Task`."""
        return self.ancestry.path

    async def __call__(self, job: Job, workers: Workers) -> None:
        ancestry, entries = await self.ancestry.look_at_all(job.session)
        job.tally.directories += 1
        job.tally.odd_lines += ancestry.odd_lines
        entries = await acceptable(job, self.files, ancestry.path, entries)
        check_tree(job.session, workers.nwaiting + len(entries))
        check_tree(job.session, job.tally.ntold + len(entries))
        async for portion in Portions(entries):
            for entry in portion:
                await self._add(job, workers, ancestry, entry)

    async def _add(self, job: Job, workers: Workers, ancestry: Ancestry, entry: Entry) -> None:
        remote, inside = ancestry.path / entry.name, self.inside / entry.name
        if is_temporary(entry.name) or (entry.is_dir and ancestry.is_circle(entry)):
            job.tally.skipped.append(str(remote))
        elif not entry.is_dir:
            target = Target(self.files, inside)
            workers.add_file(FileDownload(remote, entry, target, self.placing))
        else:
            with job.passing_over(remote):
                below = ancestry.below(entry, job.session.options.max_depth)
                await make_inner_folder(self.files, inside)
                workers.add_folder(_Folder(below, self.files, inside, self.placing))


class FileDownload(NamedTuple):
    """One file of a tree; a link only if it leads to a file, and never made a link here.

    Attributes:
        placing: takes small files over when they have come; without it they are in place at once.
    """

    remote: PurePosixPath
    entry: Entry
    target: Target
    placing: Placing | None = None

    async def __call__(self, job: Job, workers: Workers) -> None:
        if self.entry.type == "other":
            job.tally.skipped.append(str(self.remote))
            return
        try:
            await self._download(job, workers)
        except ReplyError as refusal:
            if not self.entry.is_link or refusal.command not in _OF_FILES:
                raise
            job.tally.skipped.append(str(self.remote))

    async def _download(self, job: Job, workers: Workers) -> None:
        total = self.entry.size if self.entry.is_file else None
        if job.resume:
            if not await resume_download(job, self.remote, self.target, self.entry):
                return
        else:
            file = self.target.write_later()
            file.modified = self._exact_time(job)
            is_last_command = self._may_wait(job, file)
            has_successor = workers.has_files and is_last_command
            transfer = await job.open("RETR", self.remote, has_successor=has_successor)
            try:
                await receive_data(job, transfer, file, self.remote, total)
            except BaseException:
                await file.aclose()
                raise
            nbytes = file.nbytes_held
            if self.placing is not None and nbytes is not None and is_last_command:
                return await self.placing.add(job, self.remote, file, nbytes)
            async with file:
                await accept_file(job, file, self.remote)
            if file.is_timed:
                return
        await keep_time(job, self.remote, self.target, self.entry.modified)

    def _may_wait(self, job: Job, file: LocalWriteFile) -> bool:
        """Whether nothing is to be done once the file is in its place."""
        return job.verify is None and (file.modified is not None or not job.keep_times)

    def _exact_time(self, job: Job) -> float | None:
        """The time for the copy, if it is to have one and a listing has told it exactly."""
        time = self.entry.modified
        if not job.keep_times or time is None or "MLSD" in job.session.learnt.refused:
            return None
        if os.utime not in os.supports_fd:
            return None
        return time.timestamp()


class ResumedDownload(NamedTuple):
    """A download that goes on where an earlier call stopped."""

    download: FileDownload

    @property
    def remote(self) -> PurePosixPath:
        """See `Task`."""
        return self.download.remote

    async def __call__(self, job: Job, workers: Workers) -> None:
        await self.download(replace(job, resume=True), workers)
