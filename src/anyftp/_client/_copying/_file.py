"""One file over one data connection: copy, finish, and only then it counts."""

from __future__ import annotations

from contextlib import suppress
from pathlib import PurePosixPath

import anyio

from anyftp._client._control._errors import DATA_FAILURES, raise_translated
from anyftp._client._copying._job import Job
from anyftp._client._copying._stored import check_stored
from anyftp._client._copying._verify import verify
from anyftp._client._data._open import receive_size
from anyftp._client._data._transfer import Transfer
from anyftp._client._remote._attributes import size
from anyftp._client._session._session import Session
from anyftp._errors import (
    ChecksumError,
    ConnectionLost,
    FTPError,
    IncompleteTransferError,
    ReplyError,
    SourceChangedError,
    UnconfirmedTransferError,
)
from anyftp._fs import AsciiReader, AsciiWriter, LocalReadFile, LocalWriteFile
from anyftp._streams import CopyStats, WritableFile, copy_from_file, copy_to_file


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


class _Refused(anyio.BrokenResourceError):
    """The server has refused the upload while it was still going on."""


async def send_file(
    job: Job,
    transfer: Transfer,
    file: LocalReadFile,
    path: PurePosixPath,
    total: int,
    *,
    offset: int = 0,
) -> None:
    """Send a file from its position on over a transfer that has begun.

    A file that is only added to meanwhile, as logs are, is sent as long as it was when it was
    opened.

    Args:
        path: the remote file, as it is called in progress and errors. The transfer writes it, or
            another one that will take its place.
        total: how many bytes there are to send.
        offset: how many the remote file has already.

    Raises:
        ChecksumError: the copy is another than the original; it has been removed.
        IncompleteTransferError: the server has another number of bytes than were sent.
        SourceChangedError: the file was written to while it was read; the copy has been removed.

    Cancellation: the transfer is reset, so that the server does not take a part for the whole;
    the control connection is back in step, or said to be lost.
    """
    stats = CopyStats()
    try:
        try:
            await _send(job, transfer, file, path, total, stats)
        except DATA_FAILURES as error:
            if isinstance(error, anyio.BrokenResourceError | TimeoutError):
                await _raise_refusal(job.session, transfer, error)
            raise_translated(error, f"upload of {path}", job.session.options.timeout)
        await transfer.finish_transfer()
    except BaseException:
        await transfer.abandon_transfer()
        raise
    finally:
        job.tally.add(stats)
    try:
        if await file.check_unchanged():
            job.tally.grown.append(str(path))
        await _check_size(job, transfer, path, offset, stats.nbytes)
        if job.verify is not None:
            await verify(job, path, file.feed, stored_as=PurePosixPath(transfer.path))
    except (ChecksumError, SourceChangedError):
        with suppress(FTPError):
            await job.session.command("DELE", transfer.path)
        raise
    job.tally.files += 1


async def _check_size(
    job: Job, transfer: Transfer, path: PurePosixPath, offset: int, nsent: int
) -> None:
    """See that all that was sent has been stored, now or with the rest of the tree."""
    if job.kind == "A":
        return  # text has another size there
    nbytes, taken = offset + nsent, transfer.told_moved
    job.lost.confirm(path, nbytes)
    is_aside = transfer.path != str(path)  # it gets its name next
    is_doubtful = taken is not None and taken < nsent
    if is_doubtful or is_aside or job.resume or (job.verify_size and job.stored is None):
        stored = PurePosixPath(transfer.path) if is_aside else path
        told = await _told_size(transfer)
        is_known = await check_stored(job.session, stored, nbytes, known_as=path, told=told)
        if is_doubtful and not is_known:
            raise IncompleteTransferError(str(path), taken or 0, nsent)
    elif job.stored is not None:
        job.stored.add(path, nbytes)


async def _told_size(transfer: Transfer) -> int | None:
    """The answer to the SIZE that went right behind the command, if one did and no other precedes.

    Where the connection is lost before it comes, it is asked again, as far as that can be.

    Cancellation: safe; the reply stays owed.
    """
    session = transfer.session
    if transfer.is_size_asked and session.control.ledger.oldest == "SIZE":
        with suppress(ConnectionLost):
            return await receive_size(session)
    return None


async def _send(
    job: Job,
    transfer: Transfer,
    file: LocalReadFile,
    path: PurePosixPath,
    total: int,
    stats: CopyStats,
) -> None:
    control = job.session.control
    is_text = job.kind == "A"
    tell = job.teller(path, None if is_text else total)

    def look_up(nbytes: int) -> None:
        # A server that has no room left says so at once, and may go on reading for nothing.
        if control.has_refusal_waiting():
            raise _Refused
        if tell is not None:
            tell(nbytes)

    limit = total if file.size else None  # the kernel's own files say that they have no size
    if is_text:
        text = AsciiReader(file, limit)
        await copy_from_file(text, transfer.bare_stream, progress=look_up, stats=stats)
    else:
        stream = transfer.bare_stream
        await copy_from_file(file, stream, limit=limit, progress=look_up, stats=stats)


async def _raise_refusal(session: Session, transfer: Transfer, error: Exception) -> None:
    """Where the server said why it does not take the data, that is the reason (452, 552, 426)."""
    if isinstance(error, TimeoutError) and not session.control.has_refusal_waiting():
        return
    refusal = await transfer.failure()
    if refusal is not None:
        raise refusal from error


async def _size_if_known(session: Session, path: PurePosixPath) -> int | None:
    try:
        return await size(session, path)
    except ReplyError:  # where there is no answer at all, the transfer is not known to be whole
        return None
