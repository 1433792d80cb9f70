"""Many transfers, several at a time."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Iterator
from typing import Any, Literal

import anyio

from anyftp._client import TransferReport
from anyftp._errors import LocalProtocolError
from anyftp._pool._report import ManyReport

#: What an error does: "raise" it and cancel the rest, or "gather" all of them.
Failures = Literal["raise", "gather"]

Move = Callable[[Any, Any], Awaitable[TransferReport]]


async def do_all(
    move: Move, pairs: Iterable[tuple[Any, Any]], at_once: int, on_error: Failures
) -> ManyReport:
    """Move all pairs of source and destination.

    Raises:
        Exception: with "raise", the first error, bare.

    Cancellation: cancels those under way.
    """
    if on_error not in ("raise", "gather"):
        raise LocalProtocolError(f'on_error must be "raise" or "gather", not {on_error!r}')
    began = anyio.current_time()
    work = _Work(move, iter(pairs), on_error)
    async with anyio.create_task_group() as group:
        for _ in range(at_once):
            group.start_soon(work.do, group.cancel_scope)
    if work.first_error is not None:
        raise work.first_error
    return ManyReport(anyio.current_time() - began, work.done, work.failed)


class _Work:
    """What is left to do, shared by those who do it."""

    def __init__(self, move: Move, pairs: Iterator[tuple[Any, Any]], on_error: Failures) -> None:
        self._move = move
        self._pairs = pairs
        self._gathers = on_error == "gather"
        self.first_error: Exception | None = None
        self.done: list[tuple[str, TransferReport]] = []
        self.failed: list[tuple[str, Exception]] = []

    async def do(self, scope: anyio.CancelScope) -> None:
        """Do one after the other until there are none left."""
        try:
            for source, destination in self._pairs:
                await self._do_one(source, destination)
        except Exception as error:
            # Raised bare, after the group: nobody should have to look into a group for it.
            self.first_error = self.first_error or error
            scope.cancel()

    async def _do_one(self, source: Any, destination: Any) -> None:
        try:
            report = await self._move(source, destination)
        except Exception as error:
            if not self._gathers:
                raise
            self.failed.append((str(source), error))
        else:
            self.done.append((str(source), report))
