"""Uploads as `cp -r` has them: a file, or a folder with all that is in it."""

from __future__ import annotations

import os
import posixpath
import secrets
from contextlib import aclosing, suppress
from datetime import UTC, datetime
from functools import partial
from pathlib import PurePosixPath
from typing import NamedTuple

import anyio

from anyftp._client._copying._job import Job
from anyftp._client._copying._local import LocalPath, Source, Target, find_source
from anyftp._client._copying._names import remote_name
from anyftp._client._copying._reading_ahead import ReadingAhead
from anyftp._client._copying._send import send_file
from anyftp._client._copying._stored import StoredSizes
from anyftp._client._copying._verify import check_verifiable
from anyftp._client._copying._version import version_of
from anyftp._client._copying._workers import Workers
from anyftp._client._data._transfer import Transfer
from anyftp._client._remote._attributes import set_modified
from anyftp._client._remote._removal import rename
from anyftp._client._remote._stat import has_folder
from anyftp._client._session._dial import ask_port_early
from anyftp._client._session._features import is_unknown
from anyftp._client._session._session import RemotePath
from anyftp._errors import (
    FileSystemError,
    FTPError,
    PermanentReplyError,
    ReplyError,
)
from anyftp._fs import FileInfo, LocalFileSystem, LocalReadFile, ReadFile
from anyftp._protocol import check_name

_ROOT = PurePosixPath("/")

#: Commands that are refused where nobody may write beside a file, or rename onto it.
_OF_REPLACING = ("STOR", "RNFR", "RNTO")

#: What a server says where its disk or a quota is full (RFC 959, 4.2.1).
_OF_SPACE = frozenset({"452", "552"})


async def upload(job: Job, source: LocalPath, destination: RemotePath) -> None:
    """Upload a file or a tree.

    Cancellation: files that are whole stay; the one under way is reset.
    """
    await check_verifiable(job)
    await _ask_ahead(job)
    found = await find_source(job.session, source, is_read=not job.resume)
    if not found.is_tree:
        try:
            await _upload_one(job, found, destination, source)
        finally:
            await found.aclose()
        for wrong in await job.session.repeat(lambda: job.lost.find_wrong(job.session)):
            raise wrong
        return None
    remote = await _find_root(job, destination, found.name)
    names = job.session.names
    if names is not None:
        full = await remote_name(job.session, names, remote)
        names.enter(posixpath.dirname(full), os.fspath(source))
        names.take_for_tree(full, os.fspath(source))
    workers = Workers(of_items=True)
    ahead = ReadingAhead(found.files)
    workers.add_folder(_Folder(found.files, _ROOT, remote, ahead), is_root=True)
    return await send_all(job, workers)


async def send_all(job: Job, workers: Workers) -> None:
    """Send what the workers have to send, and see that it is all there.

    Raises:
        IncompleteTransferError: the server has another number of bytes than were sent.

    Cancellation: cancels the tasks under way.
    """
    if job.verify_size:
        job.stored = StoredSizes()
    await workers.run(job, job.jobs)
    stored, job.stored = job.stored, None
    for sent in (job.lost, stored):
        if sent is None:
            continue
        for wrong in await job.session.repeat(partial(sent.find_wrong, job.session)):
            if not job.pass_over(PurePosixPath(wrong.path), wrong):
                raise wrong


async def _upload_one(
    job: Job, local: Target | Source, destination: RemotePath, source: LocalPath
) -> None:
    """Upload a file; that the destination is a folder shows when the server refuses to write it."""
    given, name = PurePosixPath(destination), os.path.basename(source)
    is_inside = _names_folder(destination)
    # Beside a folder's name there is room: RNTO would be refused, and all sent for it. And where
    # another source has this name there may be room inside for both.
    if not is_inside and (job.atomic or not await _offer_name(job, given, source)):
        is_inside = await has_folder(job.session, given)
    remote = given / name if is_inside else given
    await _take_name(job, remote, source)
    try:
        return await _send(job, local, remote)
    except ReplyError as refusal:  # aioftp says 451 where others say 550 or 553
        is_writing = refusal.command in ("STOR", "APPE") and not job.atomic and not is_inside
        if not is_writing or not await has_folder(job.session, given):
            raise
    inside = given / name
    await _take_name(job, inside, source)
    return await _send(job, local, inside)


async def _offer_name(job: Job, remote: PurePosixPath, source: LocalPath) -> bool:
    """Whether a copy may have a name, which it has from now on."""
    names = job.session.names
    if names is None:
        return True
    return names.offer(await remote_name(job.session, names, remote), os.fspath(source))


async def _take_name(job: Job, remote: PurePosixPath, source: LocalPath) -> None:
    """Give a copy a name that no other one of the same undertaking has."""
    names = job.session.names
    if names is not None:
        names.take(await remote_name(job.session, names, remote), os.fspath(source))


class _Folder(NamedTuple):
    """One local folder to be looked through; the remote one is made first."""

    files: LocalFileSystem
    inside: PurePosixPath
    remote: PurePosixPath
    ahead: ReadingAhead

    async def __call__(self, job: Job, workers: Workers) -> None:
        if self.remote.name:
            await make_remote_directory(job, self.remote)
        job.tally.directories += 1
        async with aclosing(self.files.scan(self.inside)) as batches:
            async for batch in batches:
                for info in batch:
                    await self._add(job, workers, info)

    async def _add(self, job: Job, workers: Workers, info: FileInfo) -> None:
        inside, remote = self.inside / info.name, self.remote / info.name
        if info.is_dir:
            workers.add_folder(_Folder(self.files, inside, remote, self.ahead))
        elif info.is_file or await leads_to_file(self.files, inside):
            local = Target(self.files, inside) if job.resume else self.ahead.expect(inside)
            workers.add_file(FileUpload(local, remote))
        else:
            job.tally.skipped.append(str(remote))


class FileUpload(NamedTuple):
    """One file of a tree."""

    local: Target
    remote: PurePosixPath

    async def __call__(self, job: Job, workers: Workers) -> None:
        await _send(job, self.local, self.remote, has_successor=workers.has_files)


async def _send(
    job: Job, local: Target | Source, remote: PurePosixPath, *, has_successor: bool = False
) -> None:
    async def attempt() -> None:
        with job.lost.watch(job.session, remote):
            if job.resume:
                await _resume(job, local, remote)
            else:
                await _send_all(job, local, remote, has_successor=has_successor)

    await job.session.repeat(attempt)


async def _send_all(
    job: Job, local: Target | Source, remote: PurePosixPath, *, has_successor: bool = False
) -> None:
    if job.atomic and not (job.session.learnt.writes_in_place and job.atomic == "if-possible"):
        async with await local.open_read() as file:
            if await _send_aside(job, file, remote):
                return
    await _ask_ahead(job)
    async with await local.open_read() as file:
        if job.verify is not None or job.keep_times:  # more is asked once it is sent
            has_successor = False
        asks_size = job.verify_size and job.stored is None
        transfer = await job.open("STOR", remote, asks_size=asks_size, has_successor=has_successor)
        await send_file(job, transfer, file, remote, file.size)
        await _keep_time(job, file, remote)
    if job.atomic:  # it has worked in place, and not otherwise; so the next one is not tried
        job.session.learnt.writes_in_place = True
        job.tally.in_place.append(str(remote))


async def _ask_ahead(job: Job) -> None:
    """Have the server listen while the disk is read, where a file is sent without more ado.

    Cancellation: safe.
    """
    if not (job.resume or job.atomic) and job.session.login.type == job.kind:
        await ask_port_early(job.session)


async def _send_aside(job: Job, file: LocalReadFile, remote: PurePosixPath) -> bool:
    """Send a file under another name beside its own, and rename it when it is whole.

    Returns:
        Whether that was done. If not, the server does not let us, but may in place.

    Cancellation: nothing has changed under its own name, or everything; what lies beside it is
    removed, if the server lets us within a bound.
    """
    aside = remote.with_name(f".upload-{secrets.token_hex(8)}.part")
    are_data_sent = False
    try:
        transfer = await job.open("STOR", aside, asks_size=True, has_successor=False)
        are_data_sent = True
        await send_file(job, transfer, file, remote, file.size)
        are_data_sent = False
        await _keep_time(job, file, aside, known_as=remote)
        await rename(job.session, aside, remote)
    except BaseException as error:
        job.lost.left.append(aside)
        with (
            suppress(FTPError),
            anyio.move_on_after(job.session.options.close_timeout, shield=True),
        ):
            await job.lost.remove_left(job.session)
        if are_data_sent or not _may_be_in_place(job, error):
            raise
        return False
    return True


def _may_be_in_place(job: Job, error: BaseException) -> bool:
    """Whether an error says that we may not write beside a file, or replace it by renaming.

    What is said of the data is not about that, nor is want of space: the old file would be lost.
    """
    if job.atomic is True or not isinstance(error, ReplyError):
        return False
    return error.command in _OF_REPLACING and error.code not in _OF_SPACE


async def _resume(job: Job, local: Target | Source, remote: PurePosixPath) -> None:
    """Send what the remote file lacks, by APPE: a REST before STOR is ignored by some servers.

    A remote file that is as long as the local one is taken for a copy of it, a shorter one for a
    part, if it was written after the local file's last change. Else the file is sent anew.

    Raises:
        IncompleteTransferError: the remote file has another size afterwards.
    """
    info = await local.files.stat(local.path)
    have = await _size_of_part(job, remote, info)
    if have == info.size:
        job.lost.confirm(remote, have)
        return
    transfer = None
    if have:
        file = await local.files.open_read(local.path, have)
        async with file:
            transfer = await _open_append(job, remote)
            if transfer is not None:
                await send_file(job, transfer, file, remote, file.size - have, offset=have)
                await _keep_time(job, file, remote)
    if transfer is None:
        await _send_all(job, local, remote)


async def _size_of_part(job: Job, remote: PurePosixPath, info: FileInfo) -> int | None:
    """How much of a local file the server has; None if it has nothing that is a part of it."""
    try:
        version = await version_of(job.session, remote)
    except ReplyError:
        return None
    if version.size is None or version.size > info.size:
        return None
    is_older = version.modified is not None and version.modified.timestamp() + 1 < info.modified
    return None if is_older else version.size


async def _open_append(job: Job, remote: PurePosixPath) -> Transfer | None:
    """Begin to append; None if the server does not know how."""
    try:
        return await job.open("APPE", remote, asks_size=True)
    except PermanentReplyError as refusal:
        if refusal.command != "APPE" or not await is_unknown(job.session, "APPE", refusal.code):
            raise
        return None


async def _keep_time(
    job: Job, file: ReadFile, remote: PurePosixPath, *, known_as: PurePosixPath | None = None
) -> None:
    """Give the copy the time of its original, where the server takes it.

    Args:
        known_as: what the report calls it.
    """
    if job.keep_times:
        try:
            time = datetime.fromtimestamp(file.modified, UTC)
            await set_modified(job.session, remote, time)
        except (ReplyError, ValueError, OverflowError):  # refused, or outside the years 1 to 9999
            job.tally.untimed.append(str(known_as or remote))


async def _find_root(job: Job, destination: RemotePath, name: str) -> PurePosixPath:
    """Find out which remote folder an uploaded tree becomes."""
    root = PurePosixPath(destination)
    if _names_folder(destination) or await has_folder(job.session, root):
        if name:
            check_name(name)
        root /= name
    return root


async def leads_to_file(files: LocalFileSystem, path: PurePosixPath) -> bool:
    """Whether a link leads to a file inside the tree; folders behind links are left out."""
    try:
        return (await files.stat(path)).is_file
    except FileSystemError:
        return False


async def make_remote_directory(job: Job, path: PurePosixPath) -> None:
    try:
        await job.session.command("MKD", str(path))
    except PermanentReplyError:
        # It exists already, in whatever words; or it cannot be made.
        if not await has_folder(job.session, path):
            raise


def _names_folder(destination: RemotePath) -> bool:
    text = str(destination)
    return text in ("", ".", "..") or text.endswith(("/", "/.", "/.."))
