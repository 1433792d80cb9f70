"""Many small things done one after the other by each of several connections.

Another connection is made where it pays: while what is left to do takes longer than connecting, and
while the time goes by in waiting for the server. Where this end is busy itself nothing is gained.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from typing import Generic, TypeVar

import anyio
from anyio.abc import TaskGroup

from anyftp import Client, ConnectionLost, DataConnectionError, FTPError
from anyftp.fsspec._refusals import Intent, asked, io_error
from anyftp.fsspec._remote import Remote

T = TypeVar("T")

Do = Callable[[Client], Awaitable[T]]

#: What is left must take so many times as long as connecting.
_WORTH = 2.0

#: At this end's share of the time from which on it is this end that is slow.
_BUSY = 0.7


class Crew(Generic[T]):
    """Things to be done with one server, each told by a path and what to do with a client.

    Args:
        remote: the server.
        intent: what the errors are about.
        todo: what is to be done. It may be done twice where a connection breaks.
    """

    def __init__(self, remote: Remote, intent: Intent, todo: Sequence[tuple[str, Do[T]]]) -> None:
        self._remote = remote
        self._intent = intent
        self._todo = deque(enumerate(todo))
        self._results: dict[int, T | Exception] = {}
        self._tried: set[int] = set()
        self._nhands = 0
        self._ndone = 0
        self._since = self._busy = 0.0

    async def run(self) -> list[T | Exception]:
        """Do all of it; gives the results in order, errors among them.

        Cancellation: as that of what is done.
        """
        count = len(self._todo)
        async with anyio.create_task_group() as group:
            self._hire(group)
        return [self._results[index] for index in range(count)]

    def _hire(self, group: TaskGroup) -> None:
        self._nhands += 1
        self._ndone = 0
        self._since, self._busy = anyio.current_time(), time.thread_time()
        group.start_soon(self._work, group)

    async def _work(self, group: TaskGroup) -> None:
        try:
            while self._todo:
                progress = len(self._results) + len(self._tried)
                try:
                    await self._remote.ask("/", self._intent, lambda one: self._go_on(one, group))
                except OSError as error:
                    if self._nhands > 1:
                        return  # the others go on
                    if len(self._results) + len(self._tried) == progress:  # nor will there be any
                        self._give_up(error)
        finally:
            self._nhands -= 1

    async def _go_on(self, client: Client, group: TaskGroup) -> None:
        while self._todo:
            index, (path, do) = self._todo.popleft()
            try:
                self._results[index] = await asked(client, path, self._intent, do)
            except (ConnectionLost, DataConnectionError) as error:
                if index in self._tried:
                    self._results[index] = io_error(error, path)
                else:
                    self._tried.add(index)
                    self._todo.appendleft((index, (path, do)))
                raise
            except OSError as error:
                self._results[index] = error
            except FTPError as error:
                self._results[index] = io_error(error, path)
            self._ndone += 1
            if self._pays():
                self._remote.connections().allow(self._nhands + 1)
                self._hire(group)

    def _pays(self) -> bool:
        """Whether there should be another connection."""
        connections = self._remote.connections()
        if not self._todo or self._nhands >= connections.size:
            return False
        seconds = anyio.current_time() - self._since
        left = len(self._todo) * seconds / self._ndone
        busy = time.thread_time() - self._busy
        return left > _WORTH * connections.seconds_to_connect and busy < _BUSY * seconds

    def _give_up(self, error: OSError) -> None:
        while self._todo:
            index, _ = self._todo.popleft()
            self._results[index] = error
