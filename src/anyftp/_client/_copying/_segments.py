"""One file over several data connections at a time, each bringing a part of it.

Each segment is asked for from a little before its beginning, and those first bytes are compared
with what its neighbour brought: a server that accepts REST and ignores it, or several servers
behind one name that hold different files, show by this. In doubt the file is fetched once more,
over one connection. All write into one temporary file, so the result appears whole or not at all.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import PurePosixPath

import anyio

from anyftp._client._control._errors import translated_data_errors
from anyftp._client._copying._job import Job
from anyftp._client._copying._receive import accept_file, receive_data
from anyftp._client._copying._report import Progress
from anyftp._client._copying._version import Version, version_of
from anyftp._client._copying._workers import Workers
from anyftp._client._data._open import set_offset
from anyftp._client._data._transfer import Transfer
from anyftp._client._remote._attributes import size
from anyftp._errors import (
    FTPError,
    IncompleteTransferError,
    PermanentReplyError,
    RemoteProtocolError,
    ReplyError,
)
from anyftp._fs import LocalWriteFile
from anyftp._streams import CopyStats, IncompleteReadError, copy_to_file

#: To ask for less over a connection of its own takes longer than to wait for it.
MIN_SEGMENT_BYTES = 1 << 20

#: Asked for twice, to be compared.
_OVERLAP_BYTES = 4096


class _Unfit(FTPError):
    """The server does not do what segments need; the file has to be fetched in one piece."""


async def find_version(job: Job, remote: PurePosixPath) -> Version | None:
    """What to divide; None for what is better fetched in one piece.

    Cancellation: safe.
    """
    try:
        version = await version_of(job.session, remote)
    except (ReplyError, RemoteProtocolError):
        return None  # RETR will tell what there is
    if version.size is None or version.size < 2 * MIN_SEGMENT_BYTES:
        return None
    try:
        # Asked now, so that nobody logs in for nothing.
        await job.session.make_way()
        await set_offset(job.session, version.size // 2)
    except ReplyError:
        return None
    return version


async def receive_in_segments(
    job: Job, remote: PurePosixPath, file: LocalWriteFile, version: Version
) -> None:
    """Receive a file in segments, over as many sessions as the server lets in.

    Raises:
        IncompleteTransferError: the file changed meanwhile.

    Cancellation: nothing appears; the control connection is back in step, or said to be lost.
    """
    parts = _divide(remote, file, version, job.segments)
    workers = Workers()
    for part in parts:
        workers.add_file(part)
    try:
        await workers.run(job, len(parts))
        for part in parts:
            await _check(part)
    except _Unfit:
        await _receive_in_one_piece(job, remote, file, version)
    if await version_of(job.session, remote) != version:
        raise IncompleteTransferError(str(remote), await size(job.session, remote), version.size)
    await accept_file(job, file, remote)


async def _receive_in_one_piece(
    job: Job, remote: PurePosixPath, file: LocalWriteFile, version: Version
) -> None:
    async def attempt() -> None:
        await file.restart()
        transfer = await job.open("RETR", remote)
        await receive_data(job, transfer, file, remote, version.size)

    await job.session.repeat(attempt)


def _divide(
    remote: PurePosixPath, file: LocalWriteFile, version: Version, nsegments: int
) -> list[_Segment]:
    """Cut a file into parts of about the same length, none of them a short one."""
    assert version.size is not None
    total = version.size
    count = max(1, min(nsegments, total // MIN_SEGMENT_BYTES))
    borders = [total * number // count for number in range(count + 1)]
    told = _Told(remote, total)
    return [_Segment(remote, file, version, start, end, told) for start, end in pairwise(borders)]


@dataclass(slots=True, eq=False, repr=False)
class _Told:
    """The progress of all segments together."""

    remote: PurePosixPath
    total: int
    nbytes: int = 0

    def add(self, job: Job, nbytes: int) -> None:
        """Tell of bytes that have come."""
        self.nbytes += nbytes
        if job.progress is not None:
            job.progress(Progress(self.remote, self.nbytes, self.total))


@dataclass(slots=True, eq=False, repr=False)
class _Segment:
    """One part of the file; done again it goes on where it was left.

    Attributes:
        start, end: the first byte, and the one behind the last.
        done: how many bytes are in the file.
        checks: bytes that came, and where in the file the same have to be.
    """

    remote: PurePosixPath
    file: LocalWriteFile
    version: Version
    start: int
    end: int
    told: _Told
    done: int = 0
    checks: list[tuple[int, bytes]] = field(default_factory=list)

    async def __call__(self, job: Job, workers: Workers) -> None:
        if await version_of(job.session, self.remote) != self.version:
            raise _Unfit(f"{self.remote} is another file over another connection")
        here = self.start + self.done
        overlap = min(_OVERLAP_BYTES, here)
        try:
            transfer = await job.open("RETR", self.remote, offset=here - overlap)
        except PermanentReplyError as refusal:
            if refusal.command != "REST":
                raise
            raise _Unfit(f"{self.remote} cannot be had in parts") from refusal
        try:
            with translated_data_errors(f"download of {self.remote}", job.session.options.timeout):
                await self._receive(job, transfer, here, overlap)
                await self._see_the_end(transfer)
            await self._end(transfer)
        except BaseException:
            await transfer.abandon_transfer()
            raise

    async def _receive(self, job: Job, transfer: Transfer, here: int, overlap: int) -> None:
        stats = CopyStats()
        try:
            repeated = await transfer.stream.readexactly(overlap)
        except IncompleteReadError as error:
            raise _Unfit(f"{self.remote} ended before {here}") from error
        self.checks.append((here - overlap, repeated))
        place = await self.file.part(here)
        last = 0

        def tell(nbytes: int) -> None:
            nonlocal last
            self.told.add(job, nbytes - last)
            last = nbytes

        try:
            limit = self.end - here
            await copy_to_file(transfer.stream, place, limit=limit, progress=tell, stats=stats)
        finally:
            self.done = place.position - self.start
            self.told.nbytes += self.done - (here - self.start) - last
            place.close()
            job.tally.add(stats)

    @property
    def _is_last(self) -> bool:
        return self.end == self.version.size

    @property
    def _is_whole(self) -> bool:
        return self.start + self.done == self.end

    async def _see_the_end(self, transfer: Transfer) -> None:
        """After the file's last byte nothing may come."""
        if not (self._is_last and self._is_whole):
            return
        # How the connection ended, cleanly or by a reset, is for the final reply to judge.
        with suppress(anyio.BrokenResourceError):
            if await transfer.stream.read(1):
                raise _Unfit(f"{self.remote} is longer than {self.end}")

    async def _end(self, transfer: Transfer) -> None:
        """Break off before what is another segment's; the last one has to end by itself."""
        if self._is_whole and not self._is_last:
            return await transfer.abandon_transfer()
        await transfer.finish_transfer()
        if not self._is_whole:
            raise IncompleteTransferError(
                str(self.remote), self.start + self.done, self.version.size
            )
        return None


async def _check(segment: _Segment) -> None:
    """See whether what came twice is the same.

    Raises:
        _Unfit: it is not.
    """
    for offset, expected in segment.checks:
        if await segment.file.read_at(offset, len(expected)) != expected:
            raise _Unfit(f"{segment.remote} is not the same at {offset}")
