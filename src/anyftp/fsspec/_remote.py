"""The server as fsspec's methods need it: whole operations, built-in OSErrors, absolute paths."""

from __future__ import annotations

import secrets
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from contextvars import ContextVar
from pathlib import PurePosixPath
from typing import Any, TypeVar

import anyio
from anyio.lowlevel import current_token

try:  # anyio does without where nothing else needs it
    import sniffio
except ImportError:
    sniffio = None  # type: ignore[assignment]

from anyftp import (
    Client,
    ConnectionLost,
    DataConnectionError,
    FTPError,
    PermanentReplyError,
    ReplyError,
)
from anyftp.fsspec._connections import Connections
from anyftp.fsspec._entries import ROOT, Info
from anyftp.fsspec._questions import listing, reading, size_at_once, stat
from anyftp.fsspec._reader import Reader
from anyftp.fsspec._refusals import Intent, asked, built_in, explained, raise_built_in
from anyftp.fsspec._workers import Job, Workers

T = TypeVar("T")

#: The system's authorities: these are loaded once for the whole process, and in a thread.
_SYSTEMS_TRUST = {"cafile": None, "insecure": False}

#: Who does what is asked for by the tasks of one call, if there is much of it.
_WORKERS: ContextVar[Workers | None] = ContextVar("_WORKERS", default=None)


class Remote:
    """One server and login.

    Args:
        ca_file, insecure: whom to trust, as plain values.
        size: connections at most.
        server: the rest of what `ClientPool` takes.

    Attributes:
        server: as given.
        trust: whom to trust, for `client_context`.
    """

    def __init__(self, *, ca_file: str | None, insecure: bool, size: int, **server: Any) -> None:
        self.server = server
        self.trust: dict[str, Any] = {"cafile": ca_file, "insecure": insecure}
        self._size = size
        self._connections: Connections | None = None
        self._loop: object = None

    def connections(self) -> Connections:
        """The pool of the event loop that runs."""
        _name_the_loop()
        loop = current_token()
        if self._connections is None or self._loop != loop:
            self.close()
            trust = None if self.trust == _SYSTEMS_TRUST else self.trust
            self._connections = Connections(**self.server, size=self._size, trust=trust)
            self._loop = loop
        return self._connections

    def close(self) -> None:
        """Close idle connections without a word."""
        connections, self._connections = self._connections, None
        if connections is not None:
            connections.close()

    async def aclose(self) -> None:
        """Say goodbye and close; what comes later connects anew.

        Cancellation: closes at once.
        """
        connections, self._connections = self._connections, None
        if connections is not None:
            await connections.aclose()

    async def ask(
        self,
        path: str,
        intent: Intent,
        do: Callable[[Client], Awaitable[T]],
        *,
        repeat: bool = False,
    ) -> T:
        """Do something with a client; `repeat` what may be done twice if the connection was lost.

        Raises:
            OSError: it failed.

        Cancellation: as that of `do`.
        """
        is_last = not repeat or self.server.get("retry")  # then a client has tried often enough
        try:
            try:
                return await self._ask(path, intent, do)
            except (ConnectionLost, DataConnectionError):
                if is_last:
                    raise
            return await self._ask(path, intent, do)
        except (OSError, FTPError) as error:
            raise_built_in(error, path)

    async def _ask(self, path: str, intent: Intent, do: Callable[[Client], Awaitable[T]]) -> T:
        workers = _WORKERS.get()
        if workers is not None and workers.connections is self._connections:
            job = Job(path, intent, do)
            await workers.do(job)
            if job.error is not None:
                raise job.error
            result: T = job.result
            return result
        async with self.connections().client() as client:
            return await asked(client, path, intent, do)

    async def by_workers(self, work: Callable[[], Awaitable[T]]) -> T:
        """Do something, in the course of which small jobs are asked for in great number.

        Cancellation: as that of what is asked for.
        """
        outcome: list[T] = []
        failure: Exception | None = None
        async with anyio.create_task_group() as group:
            token = _WORKERS.set(Workers(self.connections(), group))
            try:
                outcome.append(await work())
            except Exception as error:  # raised bare, outside of the group
                failure = error
                group.cancel_scope.cancel()
            finally:
                _WORKERS.reset(token)
        if failure is not None:
            raise failure
        return outcome[0]

    async def ask_all(
        self,
        intent: Intent,
        todo: Sequence[tuple[str, Callable[..., Awaitable[T]]]],
        *,
        are_listings: bool = False,
    ) -> list[T | OSError]:
        """Do many small jobs, each told by a path and what to do, that may be done twice.

        Args:
            are_listings: what to do is to be told whether the like follows: `has_successor=`.

        Returns:
            The results in order; what failed has its error there.

        Cancellation: as that of what is done.
        """
        jobs = [Job(path, intent, do, are_listings) for path, do in todo]
        async with anyio.create_task_group() as group:
            await Workers(self.connections(), group).do_all(jobs)
        return [job.result if job.error is None else built_in(job.error, job.path) for job in jobs]

    async def read(self, reader: Reader, path: str, start: int, end: int) -> bytes:
        """Read a part of an open file.

        Cancellation: safe.
        """
        try:
            return await reader.read(start, end)
        except ReplyError as error:
            failure = error
        except (OSError, FTPError) as error:
            raise_built_in(error, path)

        async def fail(client: Client) -> bytes:
            raise failure

        return await self.ask(path, "read", fail)

    async def cat(self, path: str, start: int | None, end: int | None) -> bytes:
        """Read a file, or a part of it whose limits may be counted from its end.

        Cancellation: safe.
        """
        return await self.ask(path, "read", reading(path, start, end), repeat=True)

    async def store(self, path: str, data: bytes, *, append: bool = False) -> None:
        """Write a file at once, or lengthen one; with the folders above it.

        Cancellation: safe; the server leaves no part, or one.
        """

        async def do(client: Client) -> None:
            opening = client.append_stream(path) if append else client.upload_stream(path)
            async with opening as stream:
                await stream.write(data)

        await self.with_parents(path, do, repeat=not append)

    async def with_parents(
        self, path: str, do: Callable[[Client], Awaitable[T]], *, repeat: bool = False
    ) -> T:
        """Write something, and make the folders above it if that fails for want of them.

        Cancellation: as that of `do`; folders made so far stay.
        """
        try:
            return await self.ask(path, "write", do, repeat=repeat)
        except FileNotFoundError:
            await self.make_folders(str(PurePosixPath(path).parent))
        except PermissionError:
            pass  # or somebody has made the folder between the refusal and our asking why
        return await self.ask(path, "write", do, repeat=repeat)

    async def replace(self, source: str, destination: str) -> None:
        """Rename a file, in place of another one if there is one.

        Cancellation: safe; whether it has happened is not known.
        """

        async def do(client: Client) -> None:
            try:
                await client.rename(source, destination)
            except PermanentReplyError:
                # Some servers do not rename onto a file (IIS); then there is no one step.
                with suppress(ReplyError):
                    await client.remove_file(destination)
                await client.rename(source, destination)

        await self.ask(destination, "write", do)

    async def move(self, source: str, destination: str) -> None:
        """Rename a file or folder.

        Cancellation: safe; whether it has happened is not known.
        """

        async def do(client: Client) -> None:
            try:
                await client.rename(source, destination)
            except PermanentReplyError as error:
                if error.command == "RNFR":
                    raise await explained(client, error, source, "find") from error
                raise

        await self.ask(destination, "write", do)

    async def discard(self, path: str) -> None:
        """Remove a file that nobody wants; that it is not there is fine.

        Cancellation: safe.
        """
        with suppress(OSError):
            await self.ask(path, "remove", lambda client: client.remove_file(path))

    async def make_folder(self, path: str) -> None:
        """Make one folder.

        Cancellation: safe.
        """
        await self.ask(path, "mkdir", lambda client: client.make_directory(path, parents=False))

    async def make_folders(self, path: str) -> None:
        """Make a folder and those above it; that it is there is fine.

        Cancellation: safe; folders made so far stay.
        """
        if path == "/":
            return
        try:
            await self._make_if_missing(path)
        except FileNotFoundError:
            await self.make_folders(str(PurePosixPath(path).parent))
            await self._make_if_missing(path)
        except PermissionError:  # or somebody has made the one above meanwhile
            await self._make_if_missing(path)

    async def _make_if_missing(self, path: str) -> None:
        try:
            await self.make_folder(path)
        except FileExistsError:
            if (await self.stat(path))["type"] != "directory":
                raise

    async def stat(self, path: str) -> Info:
        """Tell about one file or folder; links are followed.

        Cancellation: safe.
        """
        if path == "/":
            return dict(ROOT)
        return await self.ask(path, "find", lambda client: stat(client, path), repeat=True)

    async def size_at_once(self, path: str) -> int | None:
        """Tell the size of a file if that alone can be had for less; None leaves it to `stat`.

        Cancellation: safe.
        """
        return await self.ask(path, "find", size_at_once(path), repeat=True)

    async def has_mlst(self, path: str) -> bool:
        """Whether the server can tell about one file without listing its whole folder.

        Cancellation: safe.
        """

        async def do(client: Client) -> bool:
            return "MLST" in await client.features()

        return await self.ask(path, "find", do, repeat=True)

    async def list(self, path: str) -> list[Info]:
        """Tell what is in a folder; of a file, about itself.

        Cancellation: safe.
        """
        return await self.ask(path, "find", listing(path), repeat=True)


def _name_the_loop() -> None:
    """Note for this task and those it starts which event loop they run on.

    Nobody has done so on fsspec's own, and anyio would find it out anew in every single call.
    """
    known = sniffio and sniffio.current_async_library_cvar
    if known and known.get() is None:
        known.set(sniffio.current_async_library())


def hidden_name(path: str) -> str:
    """A name beside that of a file, which nobody can guess."""
    return str(PurePosixPath(path).with_name(f".fsspec-{secrets.token_hex(8)}.part"))
