"""Going through more entries than can be looked at in a moment, with turns for other tasks.

A server decides how many entries there are, and what is done for each takes microseconds: a quarter
of a million of them would hold the event loop for a second.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Generic, TypeVar

from anyio import to_thread
from anyio.lowlevel import checkpoint

from anyftp._client._session._session import Session
from anyftp._errors import ListingError
from anyftp._protocol import Entry

_T = TypeVar("_T")

#: A portion has this many of them, and lines of this many bytes, and takes a few milliseconds.
_PORTION = 500
_PORTION_BYTES = 65536

#: Fewer of them than that are sorted in less time than a thread costs others.
_FEW = 2000


class Portions(Generic[_T]):
    """Iterates over portions of some values; between two of them other tasks have a turn.

    Those of one portion see no turn, so that few values cost nothing.
    """

    def __init__(self, values: Iterable[_T]) -> None:
        self._values = iter(values)
        self._is_first = True

    def __aiter__(self) -> Portions[_T]:
        return self

    async def __anext__(self) -> list[_T]:
        """Give the next ones. Cancellation: safe."""
        if not self._is_first:
            await checkpoint()
        self._is_first = False
        portion: list[_T] = []
        nbytes = 0
        for value in self._values:
            portion.append(value)
            if isinstance(value, Entry):
                nbytes += len(value.line)
            if len(portion) >= _PORTION or nbytes >= _PORTION_BYTES:
                break
        if not portion:
            raise StopAsyncIteration
        return portion


async def worked_out(count: int, function: Callable[[], _T]) -> _T:
    """What a pure function of this many values gives; in a thread if they are many.

    Cancellation: heard when it is done, so that nobody meets what is half worked out.
    """
    return function() if count <= _FEW else await to_thread.run_sync(function)


class TreeTooLarge(ListingError):
    """All folders together have too much in them, which is not the fault of one of them."""


def check_tree(session: Session, count: int) -> None:
    """Look at how much of a tree is held in memory.

    Raises:
        TreeTooLarge: it is more than `max_tree_entries`.
    """
    limit = session.options.max_tree_entries
    if count > limit:
        raise TreeTooLarge("", f"a tree of more than {limit} entries (max_tree_entries)")
