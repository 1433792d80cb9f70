"""Several sessions that share the work of one call.

Tasks are done by whoever is free; a task may add others. Files go before folders, so that what is
known of a tree stays small. The first session is the caller's own. The others connect and log in
when the work begins; a server that does not let them in (421, 530: too many) is not asked again,
and those that are in do the rest.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Awaitable, Callable

import anyio

from anyftp._client._connection import aclose, leave, open_sibling
from anyftp._client._job import Job
from anyftp._errors import FTPError

Task = Callable[[Job, "Crew"], Awaitable[None]]


class Crew:
    """The tasks of one call, and who does them."""

    def __init__(self) -> None:
        self._files: deque[Task] = deque()
        self._folders: deque[Task] = deque()
        self._unfinished = 0
        self._changed = anyio.Event()
        self._failure: Exception | None = None

    def add_file(self, task: Task) -> None:
        """Have a file transferred."""
        self._files.append(task)
        self._add()

    def add_folder(self, task: Task) -> None:
        """Have a folder looked through; what is in it will be added by the task."""
        self._folders.append(task)
        self._add()

    async def run(self, job: Job, size: int) -> None:
        """Do all tasks over so many sessions at most.

        Raises:
            Exception: what the first task that failed raised; the others are cancelled.

        Cancellation: cancels the tasks under way.
        """
        if size == 1:
            return await self._work(job)
        here = await job.session.command("PWD")
        async with anyio.create_task_group() as group:
            scope = group.cancel_scope
            for _ in range(size - 1):
                group.start_soon(self._join, job, here.text, scope)
            await self._guard(self._work(job), scope)
        if self._failure is not None:
            raise self._failure
        return None

    def _add(self) -> None:
        self._unfinished += 1
        self._wake()

    def _wake(self) -> None:
        self._changed.set()
        self._changed = anyio.Event()

    async def _guard(self, work: Awaitable[None], scope: anyio.CancelScope) -> None:
        """Keep the first error, to be raised as it is rather than in a group."""
        try:
            await work
        except Exception as error:
            self._failure = self._failure or error
            scope.cancel()

    async def _join(self, job: Job, here: str, scope: anyio.CancelScope) -> None:
        try:
            session = await open_sibling(job.session, here)
        except (FTPError, OSError):
            return
        try:
            await self._guard(self._work(job.over(session)), scope)
            await leave(session)
        finally:
            await aclose(session)

    async def _work(self, job: Job) -> None:
        while self._unfinished:
            if self._files:
                task = self._files.popleft()
            elif self._folders:
                task = self._folders.popleft()
            else:
                await self._changed.wait()
                continue
            try:
                await task(job, self)
            finally:
                self._unfinished -= 1
                if not self._unfinished:
                    self._wake()
