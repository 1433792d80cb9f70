"""How the core's server asks a user manager of aioftp's."""

from __future__ import annotations

import asyncio
from collections import Counter
from dataclasses import dataclass
from pathlib import PurePosixPath

import anyftp

from .._ground._patchable import patched
from .._streams._throttle import for_core
from ._permissions import User
from ._rights import rights
from ._served_disk import ServedDisk
from ._served_files import ServedFiles
from ._session_connection import connection_of
from ._state import ServerState, TranslatedUser, user_behind
from ._user_managers import AbstractUserManager

_KEY = "anyftp_compat.files"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ServedUser(TranslatedUser):
    """A user of aioftp's kind for the core; what it may do is asked at each command.

    Attributes:
        server: the server that it is logged in to.
    """

    server: ServerState

    def make_throttle(self) -> anyftp.StreamThrottle:
        """Throttles of this package's, which sleep by `asyncio.sleep`."""
        return _limits(self.behind.read_speed_limit, self.behind.write_speed_limit)

    def make_throttle_per_connection(self) -> anyftp.StreamThrottle:
        """As `make_throttle`."""
        return _limits(
            self.behind.read_speed_limit_per_connection,
            self.behind.write_speed_limit_per_connection,
        )

    def file_system_for(self, session: anyftp.Session) -> anyftp.FileSystem:
        """The core's own jail where the disk is served, else what the factory makes for a session.

        As in aioftp each connection has a file system of its own, which knows its connection.
        """
        if self.server.serves_disk:
            return self.file_system
        files = session.attachments.get(_KEY)
        if not isinstance(files, ServedFiles) or files.user is not self:
            connection = connection_of(self.server, session)
            server = self.server
            files = ServedFiles(
                connection.path_io,
                lambda path: server.get_paths(connection, path)[0],
                self,
                server.block_size,
            )
            session.attachments[_KEY] = files
        return files

    def allowed(self, path: PurePosixPath) -> anyftp.Permission:
        """The rights at a path, as `get_permissions` says them at this moment."""
        return rights(self.behind, path)


class Logins(anyftp.UserManager):
    """Asks an `AbstractUserManager` and turns its users into the core's.

    A name is looked up when the password has come; until then every name is answered alike, so
    that nobody can find out which ones exist.
    """

    def __init__(self, server: ServerState) -> None:
        self._server = server
        self._manager = server.user_manager
        self._known: dict[User, ServedUser] = {}
        self._sessions: Counter[User] = Counter()
        self._partings: set[asyncio.Task[None]] = set()

    async def authenticate(self, name: str, password: str, host: str) -> anyftp.User | None:
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
        found = user_behind(user)
        if found is not None:
            self._sessions[found] -= 1
            if not self._sessions[found]:  # managers may make a new user for each login
                del self._sessions[found], self._known[found]
            task = asyncio.ensure_future(self._manager.notify_logout(found))
            self._partings.add(task)
            task.add_done_callback(self._partings.discard)

    def _translated(self, user: User) -> ServedUser:
        self._sessions[user] += 1
        if user not in self._known:
            self._known[user] = self._make(user)
        return self._known[user]

    def _make(self, user: User) -> ServedUser:
        return ServedUser(
            user.login or f"anyone {id(user)}",
            file_system=ServedDisk(user.base_path) if self._server.serves_disk else _NO_FILES,
            behind=user,
            server=self._server,
            home=str(user.home_path),
        )


#: Where no disk is served each session has files of its own, see `ServedUser`.
_NO_FILES = anyftp.MemoryFileSystem()


def _limits(read: int | None, write: int | None) -> anyftp.StreamThrottle:
    return for_core(patched.server.StreamThrottle.from_limits(read, write))
