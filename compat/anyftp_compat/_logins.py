"""How the core's server asks a user manager of aioftp's."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from pathlib import PurePosixPath

import anyftp

from ._live import live
from ._pathio_interface import PathIONursery
from ._pathio_local import AsyncPathIO, PathIO
from ._permissions import Permission, User
from ._served_disk import ServedDisk
from ._served_files import ServedFiles
from ._user_managers import AbstractUserManager

_WRITABLE = anyftp.Permission.ALL & ~anyftp.Permission.READ_ONLY


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ServedUser(anyftp.User):
    """A user of aioftp's kind for the core; what it may do is asked at each command.

    Attributes:
        behind: the user of aioftp's kind.
    """

    behind: User

    def allowed(self, path: PurePosixPath) -> anyftp.Permission:
        """The rights at a path, as `get_permissions` says them at this moment."""
        asked = self.behind.get_permissions(path)
        try:
            asked.send(None)
        except StopIteration as answer:
            return _granted(answer.value)
        asked.close()
        live("server", "logger").error(
            "%r.get_permissions waits for something, which it may not here", self.behind
        )
        return anyftp.Permission(0)


class Logins(anyftp.UserManager):
    """Asks an `AbstractUserManager` and turns its users into the core's.

    A name is looked up when the password has come; until then every name is answered alike, so
    that nobody can find out which ones exist.
    """

    def __init__(
        self,
        manager: AbstractUserManager,
        path_io_factory: PathIONursery[PathIO],
        path_timeout: float | None,
    ) -> None:
        self._manager = manager
        self._path_io_factory = path_io_factory
        self._path_timeout = path_timeout
        self._known: dict[User, ServedUser] = {}
        self._farewells: set[asyncio.Task[None]] = set()

    async def authenticate(self, name: str, password: str, host: str) -> anyftp.User | None:
        """See the core. Cancellation: as the manager's."""
        responses = AbstractUserManager.GetUserResponse
        response, user, _ = await self._manager.get_user(name)
        if user is None or response is responses.ERROR:
            return None
        if response is responses.PASSWORD_REQUIRED:
            try:
                is_right = await self._manager.authenticate(user, password)
            except BaseException:
                await self._manager.notify_logout(user)
                raise
            if not is_right:
                await self._manager.notify_logout(user)
                return None
        return self._translated(user)

    def logout(self, user: anyftp.User) -> None:
        """Have the manager told."""
        found = self.user_behind(user)
        if found is not None:
            task = asyncio.ensure_future(self._manager.notify_logout(found))
            self._farewells.add(task)
            task.add_done_callback(self._farewells.discard)

    def user_behind(self, core_user: anyftp.User) -> User | None:
        """The manager's user that one of the core's stands for."""
        return core_user.behind if isinstance(core_user, ServedUser) else None

    def _translated(self, user: User) -> ServedUser:
        if user not in self._known:
            self._known[user] = self._make(user)
        return self._known[user]

    def _make(self, user: User) -> ServedUser:
        return ServedUser(
            user.login or f"anyone {id(user)}",
            file_system=self._file_system(user),
            behind=user,
            home=str(user.home_path),
            read_speed_limit=user.read_speed_limit,
            write_speed_limit=user.write_speed_limit,
            read_speed_limit_per_connection=user.read_speed_limit_per_connection,
            write_speed_limit_per_connection=user.write_speed_limit_per_connection,
        )

    def _file_system(self, user: User) -> anyftp.FileSystem:
        """The core's own jail where the disk is served, else what the factory makes."""
        if self._path_io_factory.factory in (PathIO, AsyncPathIO):
            return ServedDisk(user.base_path)
        return ServedFiles(self._path_io_factory(timeout=self._path_timeout), user.base_path)


def _granted(permission: Permission) -> anyftp.Permission:
    rights = anyftp.Permission(0)
    if permission.readable:
        rights |= anyftp.Permission.READ_ONLY
    if permission.writable:
        rights |= _WRITABLE
    return rights
