"""A quota whose use is counted by all servers that share it."""

from __future__ import annotations

import errno
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import (
    AbstractAsyncContextManager,
    AsyncExitStack,
    asynccontextmanager,
    contextmanager,
)
from typing import Protocol

from anyftp import FileSystem, FileSystemError, SharedQuotaStore, Usage
from anyftp._fs._quota_store import count_usage
from anyftp.shared._ledger import LedgerLost


class _Counts(Protocol):
    """What of `SharedCounts` is used here."""

    async def claim(self, wanted: Mapping[str, tuple[int, int | None]]) -> str | None: ...

    async def settle(self, changes: Mapping[str, tuple[int, int]]) -> None: ...

    async def numbers(self, groups: Sequence[str]) -> Sequence[tuple[int | None, int]]: ...

    async def begin(self, numbers: Mapping[str, int]) -> None: ...

    def alone(self, name: str) -> AbstractAsyncContextManager[None]: ...


class LedgerQuota(SharedQuotaStore):
    """See `SharedCounts.quota`. Where nobody can be asked, nothing is written (EIO)."""

    def __init__(self, counts: _Counts, name: str, file_system: FileSystem) -> None:
        self._counts = counts
        self._lock = f"changing {name}"
        self._nbytes = f"bytes of {name}"
        self._nfiles = f"files of {name}"
        self._file_system = file_system

    @asynccontextmanager
    async def changing(self) -> AsyncIterator[None]:
        """See `SharedQuotaStore.changing`. Cancellation: safe."""
        async with AsyncExitStack() as stack:
            with _errors():
                await stack.enter_async_context(self._counts.alone(self._lock))
                await self._count()
            yield

    async def _count(self) -> None:
        """Count what there is if nobody has, or nobody knows any more; whoever calls is alone.

        A Redis that was started anew, or a file that was removed, knows nothing of what is used.
        """
        if any(number is None for number, _ in await self._look()):
            found = await count_usage(self._file_system)
            await self._counts.begin({self._nbytes: found.nbytes, self._nfiles: found.nfiles})

    async def _look(self) -> Sequence[tuple[int | None, int]]:
        with _errors():
            return await self._counts.numbers([self._nbytes, self._nfiles])

    async def usage(self) -> Usage:
        """See `QuotaStore.usage`. Cancellation: safe."""
        return (await self._counted())[0]

    async def taken(self) -> Usage:
        """See `SharedQuotaStore.taken`. Cancellation: safe."""
        used, held = await self._counted()
        return Usage(used.nbytes + held.nbytes, used.nfiles + held.nfiles)

    async def _counted(self) -> tuple[Usage, Usage]:
        """What is used, and what is set aside."""
        (nbytes, nbytes_held), (nfiles, nfiles_held) = await self._look()
        if nbytes is None or nfiles is None:
            async with self.changing():
                (nbytes, nbytes_held), (nfiles, nfiles_held) = await self._look()
        return Usage(nbytes or 0, nfiles or 0), Usage(nbytes_held, nfiles_held)

    async def change(self, nbytes: int, nfiles: int) -> None:
        """See `QuotaStore.change`. Cancellation: safe; it is done."""
        await self.settle(Usage(nbytes, nfiles), Usage(0, 0))

    async def reserve(
        self, nbytes: int, nfiles: int, *, max_bytes: int | None, max_files: int | None
    ) -> bool:
        """See `SharedQuotaStore.reserve`. Cancellation: safe; nothing is set aside."""
        wanted = {self._nbytes: (nbytes, max_bytes), self._nfiles: (nfiles, max_files)}
        with _errors():
            return await self._counts.claim(wanted) is None

    async def settle(self, used: Usage, freed: Usage) -> None:
        """See `SharedQuotaStore.settle`. Cancellation: safe; it is done."""
        await self._counts.settle(
            {
                self._nbytes: (-freed.nbytes, used.nbytes),
                self._nfiles: (-freed.nfiles, used.nfiles),
            }
        )


@contextmanager
def _errors() -> Iterator[None]:
    try:
        yield
    except LedgerLost as error:
        raise FileSystemError(errno.EIO, "the quota") from error
