"""Small files of a tree get their places several at a time, while the next ones come.

What a small file needs of a worker thread (open, lock, write, rename) takes no longer than the hop
there and back. So whole files wait a moment, in memory, and go together: each with an error of its
own, and counted when it is in its place. Whatever ends the call, those that had come whole stay.
"""

from __future__ import annotations

from collections.abc import Awaitable
from pathlib import PurePosixPath

import anyio
from anyio.abc import TaskGroup

from anyftp._client._copying._job import Job
from anyftp._fs import LocalWriteFile, commit_all

#: How long a file waits for others.
_GATHERING_SECONDS = 0.005

#: Bytes that may wait; who brings more sees to them first.
_MAX_BYTES = 1 << 20


class Placing:
    """Files on their way to their places."""

    def __init__(self) -> None:
        self._waiting: list[tuple[Job, PurePosixPath, LocalWriteFile]] = []
        self._nbytes = 0
        self._failure: BaseException | None = None
        self._is_gathering = False
        self._group: TaskGroup

    async def during(self, work: Awaitable[None]) -> None:
        """Do some work; what it brings is in place afterwards, however it ends.

        Raises:
            FileSystemError: a file did not get its place; the rest of the work is cancelled.

        Cancellation: as that of the work.
        """
        try:
            async with anyio.create_task_group() as self._group:
                try:
                    await work
                except anyio.get_cancelled_exc_class():
                    raise
                except BaseException as error:  # to be raised as it is, and not in a group
                    self._failure = self._failure or error
                self._group.cancel_scope.cancel()  # of who still waits for more
        finally:
            await self._place()
        if self._failure is not None:
            raise self._failure

    async def add(self, job: Job, path: PurePosixPath, file: LocalWriteFile, nbytes: int) -> None:
        """Take over a file that has come whole, and is all in memory.

        Args:
            path: the remote one.
            nbytes: how large it is.

        Cancellation: it gets its place nonetheless.
        """
        self._waiting.append((job, path, file))
        self._nbytes += nbytes
        if self._nbytes > _MAX_BYTES:
            await self._place()
        elif not self._is_gathering:
            self._is_gathering = True
            self._group.start_soon(self._gather)

    async def _gather(self) -> None:
        await anyio.sleep(_GATHERING_SECONDS)
        self._is_gathering = False
        await self._place()

    async def _place(self) -> None:
        """Put in place what waits. Cancellation: not interrupted, for the files are whole."""
        waiting, self._waiting, self._nbytes = self._waiting, [], 0
        if not waiting:
            return
        with anyio.CancelScope(shield=True):
            errors = await commit_all([file for _, _, file in waiting])
        for (job, path, _), error in zip(waiting, errors, strict=True):
            if error is None:
                job.tally.files += 1
            elif not job.pass_over(path, error):
                self._failure = self._failure or error
                self._group.cancel_scope.cancel()
