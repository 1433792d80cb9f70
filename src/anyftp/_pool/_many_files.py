"""Many files over all connections of a pool."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Iterable
from contextlib import AbstractAsyncContextManager
from typing import Any, Unpack

from anyftp._client import (
    Client,
    DownloadManyOptions,
    LocalPath,
    RemotePath,
    TransferReport,
    UploadManyOptions,
)
from anyftp._client._session._final_names import FinalNames
from anyftp._pool._lent import LentClient
from anyftp._pool._many import Failures, do_all
from anyftp._pool._report import ManyReport


class ManyFiles(ABC):
    """What a pool does with many files."""

    @property
    @abstractmethod
    def size(self) -> int:
        """How many connections there may be."""

    @abstractmethod
    def client(self) -> AbstractAsyncContextManager[Client]:
        """Have a client to oneself."""

    async def download_many(
        self,
        pairs: Iterable[tuple[RemotePath, LocalPath]],
        *,
        on_error: Failures = "raise",
        **options: Unpack[DownloadManyOptions],
    ) -> ManyReport:
        """Download many files, or trees, over all connections at once.

        Args:
            pairs: source and destination of each, as for `Client.download`.
            on_error: "raise" the first error, which cancels the others; or "gather" all errors in
                the report, and go on.
            options: see `DownloadManyOptions`.

        Raises:
            Exception: with "raise", what the first one that failed raised.
            LocalProtocolError: two sources would get the same name; the first one has it.

        Cancellation: as `Client.download`, for those under way.
        """
        return await self._many(Client.download, pairs, on_error, options)

    async def upload_many(
        self,
        pairs: Iterable[tuple[LocalPath, RemotePath]],
        *,
        on_error: Failures = "raise",
        **options: Unpack[UploadManyOptions],
    ) -> ManyReport:
        """Upload many files, or trees, over all connections at once.

        Args:
            pairs: source and destination of each, as for `Client.upload`.
            on_error: as for `download_many`.
            options: see `UploadManyOptions`.

        Raises:
            Exception: with "raise", what the first one that failed raised.
            LocalProtocolError: two sources would get the same name; the first one has it.

        Cancellation: as `Client.upload`, for those under way.
        """
        return await self._many(Client.upload, pairs, on_error, options)

    async def _many(
        self,
        move: Callable[..., Awaitable[TransferReport]],
        pairs: Iterable[tuple[Any, Any]],
        on_error: Failures,
        options: DownloadManyOptions | UploadManyOptions,
    ) -> ManyReport:
        names = FinalNames()

        async def one(source: Any, destination: Any) -> TransferReport:
            async with self.client() as client:
                assert isinstance(client, LentClient)  # no others are lent
                client.go_with(names)
                return await move(client, source, destination, **options)

        return await do_all(one, pairs, self.size, on_error)
