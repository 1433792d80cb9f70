"""Several sessions that share the work of one call.

Tasks are done by whoever is free; a task may add others. Files go before folders, so that what is
known of a tree stays small. The first session is the caller's own. Others are borrowed one after
the other while there is more to do than hands, and given back between two tasks where somebody
waits for them; see `_lending`.

A session that dies hands its task on: another one, or a new one in its place, does it from the
start. A task that has outlived several sessions is taken for the cause of their death, and its
error is raised; so is that of one that has been tried as often as the user wants, by all together.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Awaitable
from dataclasses import dataclass, field
from functools import partial
from pathlib import PurePosixPath
from typing import Protocol

import anyio
from anyio.abc import TaskGroup

from anyftp._client._copying._job import Job
from anyftp._client._lending._further import lender_of
from anyftp._client._lending._tidy import go_to
from anyftp._client._options._retry_policy import Tries
from anyftp._client._session._session import Session, SessionLender
from anyftp._client._session._visit import working_directory
from anyftp._errors import ConnectionLost, FTPError, FTPTimeoutError


class Task(Protocol):
    """One thing to do, of several.

    It is done again from the start if its session dies; so it adds other tasks only when all else
    is done.
    """

    @property
    def remote(self) -> PurePosixPath:
        """What it is about, at the server."""

    async def __call__(self, job: Job, workers: Workers, /) -> None:
        """Do it. Cancellation: see the tasks."""


#: Sessions that may die over one task before its error is raised.
_MAX_DEATHS = 3


@dataclass(slots=True, eq=False, repr=False)
class _Duty:
    """A task and how many sessions have died over it.

    Attributes:
        tries: of all sessions together, where the user has given a `RetryPolicy`.
        is_essential: whether the others are of no use without it.
    """

    task: Task
    is_folder: bool
    is_essential: bool = False
    deaths: int = 0
    tries: Tries = field(default_factory=Tries)


class Workers:
    """The tasks of one call, and who does them.

    Args:
        of_items: whether the tasks are of use one by one, so that a job may pass one over.
    """

    def __init__(self, *, of_items: bool = False) -> None:
        self._of_items = of_items
        self._files: deque[_Duty] = deque()
        self._folders: deque[_Duty] = deque()
        self._unfinished = 0
        self._changed = anyio.Event()
        self._failure: Exception | None = None
        self._death: FTPError | None = None
        self._nworking = 0
        self._own: Session | None = None
        self._lender: SessionLender | None = None
        self._recruiting = anyio.CancelScope()
        self._lookout = anyio.CancelScope()

    def add_file(self, task: Task) -> None:
        """Have a file transferred."""
        self._add(_Duty(task, is_folder=False))

    def add_folder(self, task: Task, *, is_root: bool = False) -> None:
        """Have a folder looked through; what is in it will be added by the task."""
        self._add(_Duty(task, is_folder=True, is_essential=is_root))

    @property
    def has_tasks(self) -> bool:
        """Whether there is anything left to do."""
        return self._unfinished > 0

    @property
    def nwaiting(self) -> int:
        """How many tasks nobody has begun."""
        return len(self._files) + len(self._folders)

    @property
    def has_files(self) -> bool:
        """Whether files wait that nobody has begun to transfer."""
        return bool(self._files)

    async def run(self, job: Job, size: int) -> None:
        """Do all tasks over this many sessions at most.

        Raises:
            Exception: what the first task that failed raised; the others are cancelled. Where all
                sessions died, what the last one died of.

        Cancellation: cancels the tasks under way.
        """
        if size == 1:
            return await self._work(job)
        here = await working_directory(job.session)
        if here is None:  # then nobody knows where to send the others
            return await self._work(job)
        self._own, self._lender = job.session, lender_of(job.session, here)
        self._nworking, self._recruiting = 1, anyio.CancelScope()
        async with anyio.create_task_group() as group:
            group.start_soon(self._recruit, self._lender, job, here, size, group)
            await self._guard(self._work(job), group.cancel_scope)
            self._one_less()
        failure = self._failure or (self._death if self._unfinished else None)
        if failure is not None:
            raise failure
        return None

    def _add(self, duty: _Duty) -> None:
        self._unfinished += 1
        self._queue(duty).append(duty)
        self._wake()

    def _queue(self, duty: _Duty) -> deque[_Duty]:
        return self._folders if duty.is_folder else self._files

    def _wake(self) -> None:
        self._changed.set()
        self._changed = anyio.Event()

    def _one_less(self) -> None:
        """One session less; the last one that is left is not to be waited for in vain."""
        self._nworking -= 1
        self._wake()
        self._lookout.cancel()

    async def _guard(self, work: Awaitable[None], scope: anyio.CancelScope) -> None:
        """Keep the first error, to be raised as it is rather than in a group."""
        try:
            await work
        except Exception as error:
            self._failure = self._failure or error
            scope.cancel()

    async def _recruit(
        self, lender: SessionLender, job: Job, here: str, wanted: int, group: TaskGroup
    ) -> None:
        """Borrow further sessions while there are tasks that nobody does."""
        with self._recruiting:
            while self._unfinished:
                if self._nworking >= min(wanted, self._unfinished):
                    await self._changed.wait()
                    continue
                try:
                    session = await lender.spare()
                except (FTPError, OSError):
                    return
                if session is not None:
                    self._nworking += 1
                    group.start_soon(self._join, lender, session, job, here, group.cancel_scope)
                elif self._nworking:
                    with anyio.CancelScope() as self._lookout:
                        await lender.until_changed()
                else:
                    return

    async def _join(
        self, lender: SessionLender, session: Session, job: Job, here: str, scope: anyio.CancelScope
    ) -> None:
        try:
            await go_to(session, here)
            await self._guard(self._work(job.over(session)), scope)
        except FTPError:  # where one cannot go the others cannot
            self._recruiting.cancel()
        finally:
            self._one_less()
            await lender.give_back(session)

    async def _work(self, job: Job) -> None:
        is_new = True
        while self._unfinished:
            # A new one is not asked, so that a server cannot have sessions opened for ever.
            if not is_new and (self._is_wanted_elsewhere(job) or self._leaves(job)):
                return
            is_new = False
            if self._files:
                duty = self._files.popleft()
            elif self._folders:
                duty = self._folders.popleft()
            else:
                await self._changed.wait()
                continue
            try:
                await job.session.repeat(partial(duty.task, job, self), duty.tries)
            except FTPError as error:
                if self._hand_on(duty, job, error):
                    return
                is_item = self._of_items and not duty.is_essential
                if not is_item or not job.pass_over(duty.task.remote, error):
                    raise
            self._unfinished -= 1
            if not self._unfinished:
                self._wake()
                self._recruiting.cancel()

    def _is_wanted_elsewhere(self, job: Job) -> bool:
        """Whether a borrowed session is to be given back, as somebody else has none."""
        lender = self._lender
        return lender is not None and lender.is_wanted and job.session is not self._own

    def _leaves(self, job: Job) -> bool:
        """Whether a session has died between two tasks; the next is not to blame for that."""
        session = job.session
        if self._lender is None or session.persistence is not None or session.control.is_alive():
            return False
        self._death = session.control.disconnect("the session died between two tasks")
        return True

    def _hand_on(self, duty: _Duty, job: Job, error: FTPError) -> bool:
        """Leave a task to others, if it failed because its session died."""
        is_dead = isinstance(error, ConnectionLost | FTPTimeoutError)
        is_dead = is_dead or not job.session.control.is_connected
        duty.deaths += 1
        persistence = job.session.persistence
        is_spent = persistence is not None and persistence.is_spent(duty.tries)
        if self._lender is None or not is_dead or is_spent or duty.deaths >= _MAX_DEATHS:
            return False
        self._death = error
        self._queue(duty).appendleft(duty)
        self._wake()
        return True
