"""One file that is downloaded: command, copy, confirmation, and only then it has its name.

Trees take these steps apart, and so does what goes on with a part, or comes in segments.
"""

from __future__ import annotations

import os
from datetime import datetime
from pathlib import PurePosixPath

import anyio

from anyftp._client._control._errors import DATA_FAILURES, raise_translated
from anyftp._client._copying._job import Job
from anyftp._client._copying._local import LocalPath, Target, open_later
from anyftp._client._copying._verify import check_verifiable, verify
from anyftp._client._data._transfer import Transfer
from anyftp._client._remote._attributes import modified, size
from anyftp._client._remote._stat import is_directory
from anyftp._client._session._session import RemotePath, Session
from anyftp._errors import (
    ChecksumError,
    FTPError,
    IncompleteTransferError,
    PermanentReplyError,
    ReplyError,
    UnconfirmedTransferError,
)
from anyftp._fs import AsciiWriter, LocalWriteFile
from anyftp._streams import CopyStats, WritableFile, copy_to_file


def names_tree(source: RemotePath, path: PurePosixPath) -> bool:
    """Whether the way a path is written says that it is a folder."""
    return path.name in ("", "..") or (isinstance(source, str) and source.endswith("/"))


async def download_file(job: Job, source: RemotePath, destination: LocalPath) -> bool:
    """Download a file; that it is a folder shows when the server refuses to send it.

    Returns:
        Whether that was done: it is no folder, and to come as a whole over one connection.

    Cancellation: nothing appears.
    """
    if job.verify is not None:
        await check_verifiable(job)
    remote, local = PurePosixPath(source), os.fspath(destination)
    if names_tree(source, remote) or job.resume or job.segments > 1:
        return False
    try:
        await job.session.repeat(lambda: download_whole(job, remote, local))
    except PermanentReplyError as refusal:
        if refusal.command != "RETR" or not await is_directory(job.session, remote):
            raise
        return False
    return True


async def download_whole(job: Job, remote: PurePosixPath, local: str) -> None:
    """Download a file in one piece. Cancellation: nothing appears."""
    transfer = await job.open("RETR", remote, asks_size=job.verify_size and job.kind == "I")
    try:
        aim = await open_later(job.session, local, remote)
    except BaseException:
        await transfer.abandon_transfer()
        raise
    try:
        await receive_file(job, transfer, aim.file, remote, None)
    except BaseException:
        await aim.file.aclose()
        raise
    if job.keep_times:
        await keep_time(job, remote, aim.target, None)


async def receive_file(
    job: Job,
    transfer: Transfer,
    file: LocalWriteFile,
    path: PurePosixPath,
    total: int | None,
) -> None:
    """Receive a file over a transfer that has begun; it appears when the server has confirmed it.

    Args:
        path: the remote file.
        total: how many bytes should come, where that is known.

    Cancellation: nothing appears; the control connection is back in step, or said to be lost.
    """
    await receive_data(job, transfer, file, path, total)
    await accept_file(job, file, path)


async def accept_file(job: Job, file: LocalWriteFile, path: PurePosixPath) -> None:
    """Let a file that has come whole appear under its name, once it is verified.

    Cancellation: nothing appears.
    """
    if job.verify is not None:
        try:
            await verify(job, path, file.feed)
        except ChecksumError:
            await file.restart()  # not even a part of it is worth keeping
            raise
    await file.commit()
    job.tally.files += 1


async def receive_data(
    job: Job,
    transfer: Transfer,
    file: WritableFile,
    path: PurePosixPath,
    total: int | None,
) -> int:
    """Receive what a transfer brings, hear its confirmation, and see that it is all.

    Args:
        path: the remote file.
        total: how many bytes should come, where that is known.

    Returns:
        How many came.

    Cancellation: the control connection is back in step, or said to be lost.
    """
    stats = CopyStats()
    try:
        if job.kind == "A":
            text = AsciiWriter(file)
            await _receive(job, transfer, text, path, None, stats)
            await text.end()
        else:
            await _receive(job, transfer, file, path, total, stats)
    except BaseException:
        await transfer.abandon_transfer()
        raise
    finally:
        job.tally.add(stats)
    return stats.nbytes


async def _receive(
    job: Job,
    transfer: Transfer,
    file: WritableFile,
    path: PurePosixPath,
    total: int | None,
    stats: CopyStats,
) -> None:
    is_text = job.kind == "A"  # then nobody knows how many bytes will come
    if total is not None:
        transfer.expected, transfer.is_exact = total, True
    broken: anyio.BrokenResourceError | None = None
    tell = job.teller(path, transfer.expected)
    try:
        await copy_to_file(transfer.bare_stream, file, progress=tell, stats=stats)
        transfer.is_at_end = True
    except anyio.BrokenResourceError as error:
        # Reset, or ended without close_notify. Whether all has come, the final reply and
        # the size will tell.
        broken = error
    except DATA_FAILURES as error:
        raise_translated(error, f"download of {path}", job.session.options.timeout)
    finally:
        transfer.copied = stats.nbytes
    try:
        await transfer.finish_transfer()
    except UnconfirmedTransferError:
        job.tally.unconfirmed.append(str(path))
        return
    if is_text:
        total = None
    elif transfer.expected is None and (job.verify_size or broken is not None):
        total = await _size_if_known(job.session, path)
    else:
        total = transfer.expected
    if (broken is not None and total is None) or (total is not None and stats.nbytes < total):
        raise IncompleteTransferError(str(path), stats.nbytes, total) from broken
    if total is not None and transfer.is_exact and stats.nbytes > total:
        # It has grown; or other data came with it: pyftpdlib sends what a transfer that was given
        # up has left over the data connection of the next.
        now = await _size_if_known(job.session, path)
        if now is None or now < stats.nbytes:
            raise IncompleteTransferError(str(path), stats.nbytes, total if now is None else now)
        job.tally.grown.append(str(path))


async def _size_if_known(session: Session, path: PurePosixPath) -> int | None:
    try:
        return await size(session, path)
    except ReplyError:  # where there is no answer at all, the transfer is not known to be whole
        return None


async def keep_time(job: Job, remote: PurePosixPath, target: Target, time: datetime | None) -> None:
    """Give the copy the time of its original, where the server tells it."""
    if not job.keep_times:
        return
    try:
        if time is None or "MLSD" in job.session.learnt.refused:  # LIST knows minutes at best
            time = await modified(job.session, remote)
        await target.files.set_modified(target.path, time.timestamp())
    except FTPError:
        job.tally.untimed.append(str(remote))
