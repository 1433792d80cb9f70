"""What a worker does: one batch of files, over connections of its own.

They are closed when the batch is done, so that a worker whom the server has turned away, because
there are too many of us, has its turn. Who is turned away waits, longer each time; a file that
cannot be had for reasons that may pass is tried again by the same rule.
"""

from __future__ import annotations

import os
import random
from collections import deque
from collections.abc import Mapping
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any, Literal

import anyio

from anyftp import (
    Client,
    ClientPool,
    ConnectionLost,
    DataConnectionError,
    FTPTimeoutError,
    PermanentReplyError,
    TransientReplyError,
    client_context,
)
from anyftp.distributed._plan import Copy, is_here
from anyftp.distributed._report import BatchReport
from anyftp.shared import SharedCounts

#: What may be otherwise a moment later. A login that is refused is among them (`_may_pass`).
_PASSING = (ConnectionLost, DataConnectionError, FTPTimeoutError, TransientReplyError)

#: Seconds until the first further try, and between two at most.
_FIRST_PAUSE, _LONGEST_PAUSE = 0.1, 2.0


@dataclass(frozen=True, slots=True)
class Job:
    """What all batches have in common; pickled and sent to the workers.

    Attributes:
        is_download: whether the files come from the FTP server.
        server: arguments of `ClientPool`, plain values.
        trust: arguments of `client_context`.
        connections: of one batch.
        counts: where connections are counted together, and how many there may be; or None.
        verify: as for `Client.download`.
        patience: seconds without any progress after which a batch is given up.
    """

    is_download: bool
    server: Mapping[str, Any]
    trust: Mapping[str, Any]
    connections: int
    verify: Literal["if-offered", "required"] | None
    patience: float
    counts: tuple[str, int] | None = None


def copy_batch(job: Job, batch: list[Copy], worker: str = "") -> BatchReport:
    """Copy the files of a batch; blocking.

    Returns:
        What became of them. Errors of single files are in it, never raised.
    """
    return anyio.run(_copy_batch, job, batch, worker)


async def _copy_batch(job: Job, batch: list[Copy], worker: str) -> BatchReport:
    server = dict(job.server)
    if server.get("tls") is not None:
        server["ssl_context"] = client_context(**job.trust)
    async with AsyncExitStack() as stack:
        size: dict[str, Any] = {"size": job.connections}
        if job.counts is not None:
            url, total = job.counts
            counts = await stack.enter_async_context(SharedCounts(url))
            size = {"size": total, "counts": counts}
        pool = await stack.enter_async_context(ClientPool.context(**server, **size))
        work = _Work(job, pool, batch, worker)
        async with anyio.create_task_group() as group:
            for _ in range(min(job.connections, len(batch))):
                group.start_soon(work.do)
    return work.report


class _Work:
    """The files of a batch that are still to be copied, shared by those who copy them."""

    def __init__(self, job: Job, pool: ClientPool, batch: list[Copy], worker: str) -> None:
        self.report = BatchReport(worker)
        self._job = job
        self._pool = pool
        self._copies = deque(batch)
        self._last_progress = anyio.current_time()
        self._nhands = 0
        self._folders: set[str] = set()

    async def do(self) -> None:
        """Copy one file after the other until there are none left.

        Whose connection is lost leaves the rest to the others: vsftpd ends sessions for which it
        has no passive port, and to log in again at once would end as many more.
        """
        pause = _FIRST_PAUSE
        self._nhands += 1
        try:
            while self._copies:
                copy = self._copies.popleft()
                try:
                    await self._copy(copy)
                except Exception as error:
                    if not self._may_pass(error):
                        self.report.failed.append((self._source(copy), f"{error}"))
                        continue
                    self._copies.append(copy)
                    if isinstance(error, ConnectionLost) and self._nhands > 1:
                        return
                    await anyio.sleep(random.uniform(pause / 2, pause))
                    pause = min(2 * pause, _LONGEST_PAUSE)
                else:
                    self._last_progress = anyio.current_time()
                    pause = _FIRST_PAUSE
        finally:
            self._nhands -= 1

    def _may_pass(self, error: Exception) -> bool:
        is_late = anyio.current_time() > self._last_progress + self._job.patience
        is_login = isinstance(error, PermanentReplyError) and error.command in ("USER", "PASS")
        return (isinstance(error, _PASSING) or is_login) and not is_late

    def _source(self, copy: Copy) -> str:
        return copy.remote if self._job.is_download else copy.local

    async def _copy(self, copy: Copy) -> None:
        # The disk is asked right here: this thread has nothing else to do than this batch, and to
        # hand three small calls a file to another one takes as long as a third of the copying.
        if self._job.is_download and is_here(copy):
            self.report.skipped += 1
            return
        move = self._download if self._job.is_download else self._upload
        async with self._pool.client() as client:
            await move(client, copy)
        self.report.files += 1

    async def _download(self, client: Client, copy: Copy) -> None:
        self._make_folder(os.path.dirname(copy.local))
        # The plan knows the time, mostly; to ask for it would take a round trip a file.
        is_asked = copy.modified is None
        report = await client.download(
            copy.remote, copy.local, keep_times=is_asked, verify=self._job.verify
        )
        if copy.modified is not None:
            os.utime(copy.local, (copy.modified, copy.modified))
        self.report.nbytes += report.nbytes
        self.report.unverified += report.unverified

    def _make_folder(self, path: str) -> None:
        if path not in self._folders:
            os.makedirs(path, exist_ok=True)
            self._folders.add(path)

    async def _upload(self, client: Client, copy: Copy) -> None:
        options: dict[str, Any] = {"keep_times": True, "verify": self._job.verify, "atomic": True}
        try:
            report = await client.upload(copy.local, copy.remote, **options)
        except PermanentReplyError:
            # The folder is missing, mostly; if it is something else it will be the same again.
            await _make_remote_folders(client, copy.remote)
            report = await client.upload(copy.local, copy.remote, **options)
        self.report.nbytes += report.nbytes
        self.report.unverified += report.unverified


async def _make_remote_folders(client: Client, path: str) -> None:
    """Make the folders above a file; other workers are making some of them at the same time."""
    for folder in reversed(PurePosixPath(path).parents):
        if folder.name:
            with suppress(PermanentReplyError):
                await client.make_directory(str(folder), parents=False)
