"""Doing something at several places: one connection a server; a failure stops no other place."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from contextlib import AsyncExitStack
from types import TracebackType

import anyftp
from anyftp._cli._ending._run import run_interruptible
from anyftp._cli._given._url import RemoteURL
from anyftp._cli._reaching._access import Access
from anyftp._cli._reaching._items import Failures
from anyftp._cli._reaching._patterns import expand
from anyftp._cli._reaching._remote import Remote


def visit(
    access: Access,
    urls: Iterable[RemoteURL],
    work: Callable[[anyftp.Client, Remote], Awaitable[None]],
    backend: str | None,
    *,
    as_written: bool = False,
) -> None:
    """Run `at_each` for what the URLs of a command stand for, until it is over or interrupted.

    Args:
        as_written: nothing in the URLs is a pattern, as where something new is named.

    Raises:
        ToldAlready: something failed.
        Interrupted: a signal came.
    """
    places = [access.to(url) for url in urls]
    if as_written:
        places = [place.at(place.url.path) for place in places]
    run_interruptible(lambda: at_each(places, work), backend)


async def at_each(
    places: Iterable[Remote],
    work: Callable[[anyftp.Client, Remote], Awaitable[None]],
    *,
    reads_files: bool = False,
) -> None:
    """Work at each place in turn, and at each that fits the pattern of one.

    Args:
        reads_files: local files are the source of the work, not its destination.

    Raises:
        ToldAlready: with the status of the first failure; each was told as it came.

    Cancellation: closes the connection.
    """
    failures = Failures(reads_files=reads_files)
    connections = _Connections(failures)
    async with connections:
        for place in places:
            found: list[Remote] = []
            if (client := await connections.to(place)) is not None:
                with failures.told(place):
                    found = await expand(client, place)
            for one in found:
                if (client := await connections.to(one)) is not None:
                    with failures.told(one):
                        await work(client, one)
    failures.check()


class _Connections:
    """At most one connection at a time, kept while the places are of one server.

    A server that cannot be reached, or lets us not in, is told once and tried once: the next file
    would fare no better, and guesses at passwords get people locked out.
    """

    def __init__(self, failures: Failures) -> None:
        self._failures = failures
        self._lost: list[Remote] = []
        self._stack = AsyncExitStack()
        self._server: Remote | None = None
        self._client: anyftp.Client | None = None

    async def __aenter__(self) -> _Connections:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self._stack.__aexit__(kind, error, trace)

    async def to(self, place: Remote) -> anyftp.Client | None:
        """The client for a place; None where there is none to be had, which was told."""
        server = place.server
        if self._client is not None and self._client.is_connected and self._server == server:
            return self._client
        self._client, self._server = None, server
        if server not in self._lost:
            self._lost.append(server)
            with self._failures.told(place):
                await self._stack.aclose()
                self._client = await self._stack.enter_async_context(place.connect())
                self._lost.remove(server)
        return self._client
