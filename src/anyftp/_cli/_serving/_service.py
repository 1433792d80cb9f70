"""The server that `anyftp serve` runs, made of its settings, and made to follow other ones."""

from __future__ import annotations

import errno
import logging
from collections.abc import Callable
from pathlib import Path

import click

from anyftp import (
    FileSystemError,
    LocalFileSystem,
    Permission,
    Server,
    ServerCertificate,
    User,
    UserManager,
    UserTable,
)
from anyftp._cli._reaching._tls import server_settings
from anyftp._cli._serving._settings import Settings
from anyftp._cli._serving._users_file import Homes, UsersFile
from anyftp._server import LiveSettings

logger = logging.getLogger("anyftp.server")

#: Fields of `Settings` that hold from one start to the next.
_LASTING = (
    "folder",
    "host",
    "port",
    "descriptors",
    "read_only",
    "implicit_tls",
    "backend",
    "verbose",
)


class _CurrentUsers(UserManager):
    """The users of the settings that are in force."""

    def __init__(self, users: UserManager) -> None:
        self.current = users

    async def authenticate(self, name: str, password: str, host: str) -> User | None:
        """See `UserManager.authenticate`. Cancellation: safe."""
        return await self.current.authenticate(name, password, host)


class Service:
    """A server and the settings that it follows.

    Raises:
        Failure: a file of the settings cannot be used.
        click.UsageError: the settings do not go together.
        FileSystemError: there is no such folder.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._files = LocalFileSystem(_existing(settings.folder), read_only=settings.read_only)
        self._homes = Homes(settings.folder, read_only=settings.read_only)
        self._users = _CurrentUsers(self._users_of(settings))
        self.server = Server(
            self._users, implicit_tls=settings.implicit_tls, **self._live(settings)
        )
        self._limit(settings)

    @property
    def settings(self) -> Settings:
        """The settings in force."""
        return self._settings

    def prepare(self, settings: Settings) -> Callable[[], None]:
        """Read what other settings name; the function that is given takes them up. Blocking.

        This may be called in a worker thread, the function may not. Sessions go on.

        Raises: as the constructor; everything stays as it was then.
        """
        users, live = self._users_of(settings), self._live(settings)

        def take_up() -> None:
            self.server.change(**live)
            self._users.current = users
            self._limit(settings)
            self._settings = settings

        for name in _LASTING:
            if getattr(settings, name) != getattr(self._settings, name):
                logger.warning("%s: what is new holds from the next start on", name)
        return take_up

    def _live(self, settings: Settings) -> LiveSettings:
        return LiveSettings(
            ssl_context=_certificate(settings, self._settings.implicit_tls),
            require_tls=settings.tls_required,
            passive_ports=settings.passive_ports,
            passive_host=settings.passive_host,
            proxy_protocol=settings.proxy_protocol,
            max_connections=settings.max_connections,
            max_connections_per_address=settings.max_connections_per_address,
            idle_timeout=settings.idle_timeout,
            extensions=settings.extensions,
        )

    def _limit(self, settings: Settings) -> None:
        for throttle in self.server.throttle:
            throttle.limit = settings.limit_rate

    def _users_of(self, settings: Settings) -> UserManager:
        users = [_user(text, self._files) for text in settings.users]
        is_open = settings.anonymous or settings.anonymous_write
        if is_open or not (users or settings.users_file):
            users.append(_anonymous(self._files, may_write=settings.anonymous_write))
        if settings.users_file is None:
            return _table(users)
        return UsersFile(settings.users_file, self._homes, users)


def _table(users: list[User]) -> UserTable:
    try:
        return UserTable(users)
    except ValueError as error:
        raise click.UsageError(str(error)) from error


def _certificate(settings: Settings, implicit_tls: bool) -> ServerCertificate | None:
    if settings.cert is None:
        if settings.key is not None:
            raise click.UsageError("--key goes with --cert")
        if settings.tls_required or implicit_tls:
            raise click.UsageError("--tls-required and --implicit-tls need --cert")
        return None
    return server_settings(settings.cert, settings.key)


def _existing(folder: Path) -> Path:
    if not folder.is_dir():
        number = errno.ENOTDIR if folder.exists() else errno.ENOENT
        raise FileSystemError(number, folder)
    return folder


def _user(text: str, files: LocalFileSystem) -> User:
    name, colon, password = text.partition(":")
    if not name or not colon:
        raise click.UsageError("write --user as NAME:PASSWORD")
    return User(name=name, password=password, file_system=files)


def _anonymous(files: LocalFileSystem, *, may_write: bool) -> User:
    permissions = Permission.ALL if may_write else Permission.READ_ONLY
    return User(name=None, file_system=files, permissions=permissions)
