"""Listings that can be awaited as a whole or iterated."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Generator
from typing import Generic, Self, TypeVar

from ._timeouts import with_timeout

IterableType = TypeVar("IterableType")


class AsyncListerMixin(ABC, Generic[IterableType]):
    """Adds `await` to an asynchronous iterable: it gives a list of all items."""

    @abstractmethod
    def __aiter__(self) -> AsyncIterator[IterableType]:
        """Iterate over the items."""

    async def _to_list(self) -> list[IterableType]:
        return [item async for item in self]

    def __await__(self) -> Generator[None, None, list[IterableType]]:
        return self._to_list().__await__()


class AbstractAsyncLister(AsyncListerMixin[IterableType], ABC):
    """An iterator that is its own list; subclasses write `__anext__`.

    Args:
        timeout: kept as an attribute, for `with_timeout`.
    """

    def __init__(self, *, timeout: float | int | None = None) -> None:
        super().__init__()
        self.timeout = timeout

    def __aiter__(self) -> Self:
        return self

    @with_timeout
    @abstractmethod
    async def __anext__(self) -> IterableType:
        """The next item, or StopAsyncIteration."""
