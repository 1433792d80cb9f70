"""Many small jobs done one after the other by each of several connections.

Another connection is made where it pays: while what is left to do takes longer than connecting, and
while the time goes by in waiting for the server. Where this end is busy itself nothing is gained.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeVar

import anyio
from anyio.abc import TaskGroup

from anyftp import Client, ConnectionLost, DataConnectionError, FTPError
from anyftp.fsspec._connections import Connections
from anyftp.fsspec._refusals import Intent, asked

T = TypeVar("T")

Do = Callable[..., Awaitable[T]]

#: What is left must take this many times as long as connecting.
_WORTH = 4.0

#: This end's share of the time from which on it is this end that is slow.
_BUSY = 0.9

_BROKEN = (ConnectionLost, DataConnectionError)


@dataclass(slots=True, eq=False)
class Job:
    """Something to be done with a client, and what came of it: a result, or an error.

    A listing is told whether the same client lists another folder next, so that the port for that
    can be asked for in time, and none is left over at the end.
    """

    path: str
    intent: Intent
    do: Do[Any]
    is_listing: bool = False
    is_over: bool = False
    result: Any = None
    error: Exception | None = None
    _told: anyio.Event | None = None

    def end(self, result: Any, error: Exception | None) -> None:
        """Tell whoever waits for it."""
        self.is_over, self.result, self.error = True, result, error
        if self._told is not None:
            self._told.set()

    async def until_over(self) -> None:
        """Wait for its end. Cancellation: safe."""
        if not self.is_over:
            self._told = anyio.Event()
            await self._told.wait()


class Workers:
    """Those who do what is asked for, in one task group.

    Attributes:
        connections: where their clients come from.
    """

    def __init__(self, connections: Connections, group: TaskGroup) -> None:
        self.connections = connections
        self._group = group
        self._todo: deque[Job] = deque()
        self._nworkers = self._ndone = self._ndone_lately = 0
        self._since = self._busy = 0.0

    async def do(self, job: Job) -> None:
        """Have something done, in its turn.

        Cancellation: it is not done any more if it has not been begun.
        """
        self.add([job])
        try:
            await job.until_over()
        except BaseException:
            if job in self._todo:
                self._todo.remove(job)
            raise

    async def do_all(self, jobs: Sequence[Job]) -> None:
        """Have many jobs done, those that fail by a broken connection twice.

        Cancellation: as that of what is done.
        """
        await self._do_once(jobs)
        again = [job for job in jobs if isinstance(job.error, _BROKEN)]
        for job in again:
            job.is_over = False
        await self._do_once(again)

    async def _do_once(self, jobs: Sequence[Job]) -> None:
        self.add(jobs)
        for job in reversed(jobs):  # the last one first: then there are few left to wait for
            await job.until_over()

    def add(self, jobs: Sequence[Job]) -> None:
        """Put jobs at the end of the line."""
        self._todo.extend(jobs)
        if self._todo and not self._nworkers:
            self._hire()

    def _hire(self) -> None:
        self._nworkers += 1
        self._ndone_lately = 0
        self._since, self._busy = anyio.current_time(), time.thread_time()
        self._group.start_soon(self._work)

    async def _work(self) -> None:
        try:
            while self._todo:
                try:
                    async with self.connections.client() as client:
                        await self._go_on(client)
                except (OSError, FTPError) as error:  # there is none to be had
                    if self._nworkers > 1:
                        return  # the others go on
                    while self._todo:
                        self._todo.popleft().end(None, error)
        finally:
            self._nworkers -= 1

    async def _go_on(self, client: Client) -> None:
        following: Job | None = None
        while following is not None or self._todo:
            job = following or self._todo.popleft()
            following = self._successor(job)
            do = partial(job.do, has_successor=following is not None) if job.is_listing else job.do
            try:
                result = await asked(client, job.path, job.intent, do)
            except _BROKEN as error:
                if following is not None:
                    self._todo.appendleft(following)
                return job.end(None, error)
            except Exception as error:
                job.end(None, error)
            else:
                job.end(result, None)
            self._ndone += 1
            self._ndone_lately += 1
            if self._pays():
                self.connections.allow(self._nworkers + 1)
                self._hire()
        return None

    def _successor(self, job: Job) -> Job | None:
        """The listing that follows upon this one, taken off the line; the others have enough."""
        if not job.is_listing or len(self._todo) < self._nworkers or not self._todo[0].is_listing:
            return None
        return self._todo.popleft()

    def _pays(self) -> bool:
        """Whether there should be another connection.

        Nobody tells how much will be asked for; so as much is expected as has been done.
        """
        if not self._todo or self._nworkers >= self.connections.size:
            return False
        seconds = anyio.current_time() - self._since
        left = (len(self._todo) + self._ndone) * seconds / self._ndone_lately
        busy = time.thread_time() - self._busy
        return left > _WORTH * self.connections.seconds_to_connect and busy < _BUSY * seconds
