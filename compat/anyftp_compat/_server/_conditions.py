"""Decorators for commands of one's own: what has to be so before they run."""

from __future__ import annotations

import asyncio
import functools
from collections.abc import Awaitable, Callable
from pathlib import PurePath, PurePosixPath
from typing import Protocol, TypeAlias, TypeVar

from .._ground._connection import Connection

_F = TypeVar("_F", bound=Callable[..., Awaitable[object]])
_Refusal: TypeAlias = tuple[str, str] | None


class _HasPaths(Protocol):
    """A server, as far as conditions ask it."""

    def get_paths(
        self, connection: Connection, path: str | PurePosixPath, /
    ) -> tuple[PurePath, PurePosixPath]:
        """Where a path in a command leads: outside, and as the client sees it."""


def _guarded(f: _F, refusal: Callable[[_HasPaths, Connection, str], Awaitable[_Refusal]]) -> _F:
    """Run a command unless there is a reason to refuse it, which is said then."""

    @functools.wraps(f)
    async def wrapper(cls: _HasPaths, connection: Connection, rest: str, *args: object) -> object:
        found = await refusal(cls, connection, rest)
        if found is not None:
            connection.response(*found)
            return True
        return await f(cls, connection, rest, *args)

    return wrapper  # type: ignore[return-value]  # the same signature


class ConnectionConditions:
    """Demands values of the connection, such as a user who has logged in.

    Args:
        fields: name of a value and what is said if it is missing; the class has the usual ones.
        wait: give the values `wait_future_timeout` seconds to come.
        fail_code: of the reply if one is missing.
        fail_info: the reply's text; by default the missing value's.
    """

    user_required: tuple[str, str] = ("user", "no user (use USER firstly)")
    login_required: tuple[str, str] = ("logged", "not logged in")
    passive_server_started: tuple[str, str] = (
        "passive_server",
        "no listen socket created (use PASV firstly)",
    )
    data_connection_made: tuple[str, str] = ("data_connection", "no data connection made")
    rename_from_required: tuple[str, str] = ("rename_from", "no filename (use RNFR firstly)")

    def __init__(
        self,
        *fields: tuple[str, str],
        wait: bool = False,
        fail_code: str = "503",
        fail_info: str | None = None,
    ) -> None:
        self.fields = fields
        self.wait = wait
        self.fail_code = fail_code
        self.fail_info = fail_info

    def __call__(self, f: _F) -> _F:
        """Decorate a command."""
        return _guarded(f, self._refusal)

    async def _refusal(self, server: _HasPaths, connection: Connection, rest: str) -> _Refusal:
        missing = await self._missing(connection)
        if missing is None:
            return None
        info = f"bad sequence of commands ({missing})" if self.fail_info is None else self.fail_info
        return self.fail_code, info

    async def _missing(self, connection: Connection) -> str | None:
        if self.wait:
            futures = [connection[name] for name, _ in self.fields]
            provide = getattr(connection, "_provide", None)  # see `Exchange`
            if provide is not None:
                await provide([name for name, _ in self.fields])
            await asyncio.wait(futures, timeout=connection.wait_future_timeout)
        for name, message in self.fields:
            if not connection[name].done():
                return message
        return None


class PathConditions:
    """Demands something of the path that is the command's argument.

    Args:
        conditions: a method of the file system, the answer that is wrong, and what is said then.
    """

    path_must_exists: tuple[str, bool, str] = ("exists", False, "path does not exists")
    path_must_not_exists: tuple[str, bool, str] = ("exists", True, "path already exists")
    path_must_be_dir: tuple[str, bool, str] = ("is_dir", False, "path is not a directory")
    path_must_be_file: tuple[str, bool, str] = ("is_file", False, "path is not a file")

    def __init__(self, *conditions: tuple[str, bool, str]) -> None:
        self.conditions = conditions

    def __call__(self, f: _F) -> _F:
        """Decorate a command."""
        return _guarded(f, self._refusal)

    async def _refusal(self, server: _HasPaths, connection: Connection, rest: str) -> _Refusal:
        real_path, _ = server.get_paths(connection, rest)
        for name, wrong, message in self.conditions:
            if await getattr(connection.path_io, name)(real_path) == wrong:
                return "550", message
        return None


class PathPermissions:
    """Demands rights at the path that is the command's argument.

    Args:
        permissions: attributes of `Permission`; the class has them.
    """

    readable: str = "readable"
    writable: str = "writable"

    def __init__(self, *permissions: str) -> None:
        self.permissions = permissions

    def __call__(self, f: _F) -> _F:
        """Decorate a command."""
        return _guarded(f, self._refusal)

    async def _refusal(self, server: _HasPaths, connection: Connection, rest: str) -> _Refusal:
        _, virtual_path = server.get_paths(connection, rest)
        found = await connection.user.get_permissions(virtual_path)
        is_allowed = all(getattr(found, name) for name in self.permissions)
        return None if is_allowed else ("550", "permission denied")


def worker(f: _F) -> _F:
    """Decorate what runs as a task of its own: cancelled by ABOR, it says so."""

    @functools.wraps(f)
    async def wrapper(cls: object, connection: Connection, rest: str) -> object:
        try:
            return await f(cls, connection, rest)
        except asyncio.CancelledError:
            connection.response("426", "transfer aborted")
            connection.response("226", "abort successful")
            raise
        finally:
            task = asyncio.current_task()
            connection.extra_workers.discard(task)

    return wrapper  # type: ignore[return-value]  # the same signature
