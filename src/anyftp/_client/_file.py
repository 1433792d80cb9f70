"""One file over one data connection: command, data, copy, finish, and only then it counts."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import PurePosixPath

import anyio

from anyftp._client._attributes import size
from anyftp._client._data import open_transfer
from anyftp._client._errors import translated_data_errors
from anyftp._client._report import Progress, ProgressCallback, Tally, TransferReport
from anyftp._client._session import Session
from anyftp._client._transfer import Transfer
from anyftp._errors import FTPError, IncompleteTransferError, reply_error
from anyftp._fs import ReadFile, WriteFile
from anyftp._protocol import parse_announced_size
from anyftp._streams import copy_from_file, copy_to_file
from anyftp._throttle import StreamThrottle


@dataclass(slots=True)
class Job:
    """One call of upload or download: what all its files have in common."""

    session: Session
    progress: ProgressCallback | None
    throttle: StreamThrottle | None
    tally: Tally = field(init=False)

    def __post_init__(self) -> None:
        self.session.control.is_timed = True
        self.tally = Tally(anyio.current_time(), self.session.control.seconds_waited)

    def report(self) -> TransferReport:
        """What it came to."""
        return self.tally.report(anyio.current_time(), self.session.control.seconds_waited)

    async def open(self, verb: str, path: PurePosixPath) -> Transfer:
        """Open a data connection that pays this job's throttle too."""
        transfer = await open_transfer(self.session, verb, str(path))
        if self.throttle is not None:
            transfer.stream.throttles["transfer"] = self.throttle
        return transfer

    def watch(self, path: PurePosixPath, total: int | None) -> Callable[[int], object] | None:
        """The copy loop's callback for one file."""
        progress = self.progress
        if progress is None:
            return None
        return lambda nbytes: progress(Progress(path, nbytes, total))


async def receive_file(
    job: Job, transfer: Transfer, file: WriteFile, path: PurePosixPath, total: int | None
) -> None:
    """Receive a file over a transfer that has begun; it appears when the server has confirmed it.

    Args:
        path: the remote file.
        total: its size where a listing or MLST has told it.

    Cancellation: nothing appears; the control connection is back in step, or said to be lost.
    """
    session = job.session
    before = job.tally.stats.nbytes
    watch = job.watch(path, _announced(transfer) if total is None else total)
    broken: anyio.BrokenResourceError | None = None
    try:
        with translated_data_errors(f"download of {path}", session.options.timeout):
            try:
                await copy_to_file(transfer.stream, file, progress=watch, stats=job.tally.stats)
            except anyio.BrokenResourceError as error:
                # Reset, or ended without close_notify. Whether all has come, the final reply and
                # the size will tell.
                broken = error
        await transfer.finish_transfer(transfer.stream)
        received = job.tally.stats.nbytes - before
        if broken is not None and total is None:
            total = await _size_if_known(session, path)
        if (broken is not None and total is None) or (total is not None and received < total):
            raise IncompleteTransferError(str(path), received, total) from broken
        await file.commit()
    except BaseException:
        await transfer.abandon_transfer()
        raise
    job.tally.files += 1


class _Refused(anyio.BrokenResourceError):
    """The server has refused the upload while it was still going on."""


async def send_file(job: Job, transfer: Transfer, file: ReadFile, path: PurePosixPath) -> None:
    """Send a file over a transfer that has begun.

    Cancellation: the transfer is reset, so that the server does not take a part for the whole;
    the control connection is back in step, or said to be lost.
    """
    timeout = job.session.options.timeout
    try:
        with translated_data_errors(f"upload of {path}", timeout):
            try:
                await _send_content(job, transfer, file, path)
            except (anyio.BrokenResourceError, TimeoutError, _Refused) as error:
                await _raise_refusal(job.session, transfer, error)
                raise
        await transfer.finish_transfer(transfer.stream)
    except BaseException:
        await transfer.abandon_transfer()
        raise
    job.tally.files += 1


async def _send_content(job: Job, transfer: Transfer, file: ReadFile, path: PurePosixPath) -> None:
    control = job.session.control
    watch = job.watch(path, file.size)

    def look_up(nbytes: int) -> None:
        # A server that has no room left says so at once, and may go on reading for nothing.
        if control.has_refusal_waiting():
            raise _Refused
        if watch is not None:
            watch(nbytes)

    await copy_from_file(file, transfer.stream, progress=look_up, stats=job.tally.stats)


async def _raise_refusal(session: Session, transfer: Transfer, error: Exception) -> None:
    """Where the server said why it does not take the data, that is the reason (452, 552, 426)."""
    if isinstance(error, TimeoutError) and not session.control.has_refusal_waiting():
        return
    reply = await transfer.failure()
    if reply is not None:
        raise reply_error(reply.code, reply.lines, command=transfer.verb) from error


def _announced(transfer: Transfer) -> int | None:
    """The size that "150 Opening data connection (1234 bytes)" tells: enough for a progress bar."""
    reply = transfer.preliminary
    return None if reply is None else parse_announced_size(reply.text)


async def _size_if_known(session: Session, path: PurePosixPath) -> int | None:
    try:
        return await size(session, path)
    except FTPError:
        return None
