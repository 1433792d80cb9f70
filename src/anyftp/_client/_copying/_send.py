"""One file sent over a transfer that has begun: copy, finish, and see that it is all there."""

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
from anyftp._client._session._session import Session
from anyftp._errors import (
    ChecksumError,
    ConnectionLost,
    FTPError,
    IncompleteTransferError,
    SourceChangedError,
)
from anyftp._fs import AsciiReader, LocalReadFile
from anyftp._streams import CopyStats, copy_from_file


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
