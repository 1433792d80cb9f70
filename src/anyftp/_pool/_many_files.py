"""Many files over all connections of a pool."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Iterable
from contextlib import AbstractAsyncContextManager
from pathlib import PurePosixPath
from typing import Any

from anyftp._client import Client, TransferReport
from anyftp._pool._many import Failures, do_all
from anyftp._pool._report import ManyReport


class ManyFiles(ABC):
    """What a pool does with many files.

    Attributes:
        size: how many connections there may be.
    """

    size: int

    @abstractmethod
    def client(self) -> AbstractAsyncContextManager[Client]:
        """Have a client to oneself."""

    async def download_many(
        self,
        pairs: Iterable[tuple[str | PurePosixPath, Any]],
        *,
        on_error: Failures = "raise",
        **options: Any,
    ) -> ManyReport:
        """Download many files, or trees, over all connections at once.

        Args:
            pairs: source and destination of each, as for `Client.download`.
            on_error: "raise" the first error, which cancels the others; or "gather" all errors in
                the report, and go on.
            options: as for `Client.download`.

        Raises:
            Exception: with "raise", what the first one that failed raised.

        Cancellation: as `Client.download`, for those under way.
        """
        return await self._many(Client.download, pairs, on_error, options)

    async def upload_many(
        self,
        pairs: Iterable[tuple[Any, str | PurePosixPath]],
        *,
        on_error: Failures = "raise",
        **options: Any,
    ) -> ManyReport:
        """Upload many files, or trees, over all connections at once.

        Args:
            pairs: source and destination of each, as for `Client.upload`.
            on_error: as for `download_many`.
            options: as for `Client.upload`.

        Raises:
            Exception: with "raise", what the first one that failed raised.

        Cancellation: as `Client.upload`, for those under way.
        """
        return await self._many(Client.upload, pairs, on_error, options)

    async def _many(
        self,
        move: Callable[..., Awaitable[TransferReport]],
        pairs: Iterable[tuple[Any, Any]],
        on_error: Failures,
        options: dict[str, Any],
    ) -> ManyReport:
        async def one(source: Any, destination: Any) -> TransferReport:
            async with self.client() as client:
                return await move(client, source, destination, **options)

        return await do_all(one, pairs, self.size, on_error)
