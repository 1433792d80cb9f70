"""Permission and User: what aioftp's servers are told about users."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path, PurePosixPath

from .._ground._errors import PathIsNotAbsolute
from .._ground._patchable import patched

_ROOT = PurePosixPath("/")


class Permission:
    """What may be done at a path and below.

    Args:
        path: the path.
        readable: whether it may be listed and read.
        writable: whether it may be changed.
    """

    def __init__(
        self, path: str | PurePosixPath = "/", *, readable: bool = True, writable: bool = True
    ) -> None:
        self.path: PurePosixPath = PurePosixPath(path)
        self.readable = readable
        self.writable = writable

    def is_parent(self, other: PurePosixPath) -> bool:
        """Whether a path is this one or below it."""
        return other.is_relative_to(self.path)

    def __repr__(self) -> str:
        return (
            f"{type(self).__name__}({self.path!r}, readable={self.readable!r}, "
            f"writable={self.writable!r})"
        )


class User:
    """A user of a server.

    Args:
        login: the name; None for everybody who has no user of their own.
        password: None lets in without one.
        base_path: the folder that the user sees.
        home_path: where in it the user begins.
        permissions: the one with the longest path that holds a file decides; everything is
            allowed where there is none.
        maximum_connections: sessions at once.
        read_speed_limit, write_speed_limit: bytes per second of all connections of the user.
        read_speed_limit_per_connection, write_speed_limit_per_connection: of each of them.

    Raises:
        PathIsNotAbsolute: home_path is relative.
    """

    def __init__(
        self,
        login: str | None = None,
        password: str | None = None,
        *,
        base_path: str | Path = Path(),
        home_path: str | PurePosixPath = _ROOT,
        permissions: Sequence[Permission] | None = None,
        maximum_connections: int | None = None,
        read_speed_limit: int | None = None,
        write_speed_limit: int | None = None,
        read_speed_limit_per_connection: int | None = None,
        write_speed_limit_per_connection: int | None = None,
    ) -> None:
        self.login = login
        self.password = password
        self.base_path: Path = Path(base_path)
        self.home_path: PurePosixPath = PurePosixPath(home_path)
        if not self.home_path.is_absolute():
            raise PathIsNotAbsolute(home_path)
        self.permissions: Sequence[Permission] = permissions or [patched.server.Permission()]
        self.maximum_connections = maximum_connections
        self.read_speed_limit = read_speed_limit
        self.write_speed_limit = write_speed_limit
        self.read_speed_limit_per_connection = read_speed_limit_per_connection
        self.write_speed_limit_per_connection = write_speed_limit_per_connection

    async def get_permissions(self, path: str | PurePosixPath) -> Permission:
        """What may be done at a path."""
        wanted = PurePosixPath(path)
        holding = [permission for permission in self.permissions if permission.is_parent(wanted)]
        if not holding:
            everything: Permission = patched.server.Permission()
            return everything
        return max(holding, key=lambda found: len(found.path.parts))

    def __repr__(self) -> str:
        return (
            f"{type(self).__name__}({self.login!r}, {self.password!r}, "
            f"base_path={self.base_path!r}, home_path={self.home_path!r}, "
            f"permissions={self.permissions!r}, "
            f"maximum_connections={self.maximum_connections!r}, "
            f"read_speed_limit={self.read_speed_limit!r}, "
            f"write_speed_limit={self.write_speed_limit!r}, "
            f"read_speed_limit_per_connection={self.read_speed_limit_per_connection!r}, "
            f"write_speed_limit_per_connection={self.write_speed_limit_per_connection!r})"
        )
