"""Doing something at several places: one connection a server; a failure stops no other place."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from contextlib import AsyncExitStack
from types import TracebackType

from anyftp import Client, FTPError
from anyftp._cli._ending._failure import Failure, ToldAlready
from anyftp._cli._ending._run import run_interruptible
from anyftp._cli._given._url import RemoteURL
from anyftp._cli._reaching._access import Access
from anyftp._cli._reaching._items import tell
from anyftp._cli._reaching._remote import Remote


def visit(
    access: Access,
    urls: Iterable[RemoteURL],
    work: Callable[[Client, Remote], Awaitable[None]],
    backend: str | None,
) -> None:
    """Run `at_each` for the URLs of a command, until it is over or interrupted.

    Raises:
        ToldAlready: something failed.
        Interrupted: a signal came.
    """
    places = [access.to(url) for url in urls]
    run_interruptible(lambda: at_each(places, work), backend)


async def at_each(
    places: Iterable[Remote],
    work: Callable[[Client, Remote], Awaitable[None]],
    *,
    reads_files: bool = False,
) -> None:
    """Work at each place in turn.

    Args:
        reads_files: local files are the source of the work, not its destination.

    Raises:
        ToldAlready: with the status of the first failure; each was told as it came.

    Cancellation: closes the connection.
    """
    failures: list[Failure] = []
    connections = _Connections()
    async with connections:
        for place in places:
            try:
                await work(await connections.to(place), place)
            except BrokenPipeError:
                raise
            except Failure as error:
                failures.append(tell(error, error))
            except (FTPError, OSError) as error:
                failures.append(tell(place.failure(error, reads_files=reads_files), error))
    if failures:
        raise ToldAlready("", failures[0].exit_code)


class _Connections:
    """At most one connection at a time, kept while the places are of one server."""

    def __init__(self) -> None:
        self._stack = AsyncExitStack()
        self._server: Remote | None = None
        self._client: Client | None = None

    async def __aenter__(self) -> _Connections:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self._stack.__aexit__(kind, error, trace)

    async def to(self, place: Remote) -> Client:
        if self._client is not None and self._client.is_connected and self._server == place.server:
            return self._client
        await self._stack.aclose()
        self._client = await self._stack.enter_async_context(place.connect())
        self._server = place.server
        return self._client
