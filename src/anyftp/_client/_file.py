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


async def send_file(job: Job, transfer: Transfer, file: ReadFile, path: PurePosixPath) -> None:
    """Send a file over a transfer that has begun.

    Cancellation: the transfer is reset, so that the server does not take a part for the whole;
    the control connection is back in step, or said to be lost.
    """
    watch = job.watch(path, file.size)
    operation = f"upload of {path}"
    try:
        with translated_data_errors(operation, job.session.options.timeout):
            try:
                await copy_from_file(file, transfer.stream, progress=watch, stats=job.tally.stats)
            except anyio.BrokenResourceError as error:
                # The server has hung up; its reply says why (452, 552, 426, ...).
                reply = await transfer.failure()
                if reply is None:
                    raise
                refusal = reply_error(reply.code, reply.lines, command=transfer.verb)
                raise refusal from error
        await transfer.finish_transfer(transfer.stream)
    except BaseException:
        await transfer.abandon_transfer()
        raise
    job.tally.files += 1


def _announced(transfer: Transfer) -> int | None:
    """The size that "150 Opening data connection (1234 bytes)" tells: enough for a progress bar."""
    reply = transfer.preliminary
    return None if reply is None else parse_announced_size(reply.text)


async def _size_if_known(session: Session, path: PurePosixPath) -> int | None:
    try:
        return await size(session, path)
    except FTPError:
        return None
