"""The server that `anyftp serve` runs, made of its settings, and made to follow other ones."""

from __future__ import annotations

import errno
import logging
from collections.abc import Callable, Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, cast

import click

import anyftp.shared
from anyftp import (
    BanPolicy,
    FileSystem,
    FileSystemError,
    LocalFileSystem,
    PeerCertificate,
    Permission,
    Server,
    ServerCertificate,
    Session,
    TLSPolicy,
    User,
    UserManager,
    UserTable,
)
from anyftp._cli._ending._failure import Failure, describe, describe_at
from anyftp._cli._reaching._tls import server_settings
from anyftp._cli._serving._admission import admission
from anyftp._cli._serving._passive_names import PassiveNames
from anyftp._cli._serving._server_options import LASTING_DIRECT
from anyftp._cli._serving._settings import Settings
from anyftp._cli._serving._upload_program import upload_program
from anyftp._cli._serving._users_file import Homes, UsersFile
from anyftp._protocol import visible
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
    "listen",
    "umask",
    "backend",
    "run_as",
    "workers",
    "shared",
    "when_lost",
    "metrics",
    "status",
    "status_token",
    "self_signed",
    "log_file",
    "log_format",
    "verbose",
    "trace",
)


#: Settings that `Server.change` takes.
_LIVE = LiveSettings.__annotations__.keys()


class _CurrentUsers(UserManager):
    """The users of the settings that are in force."""

    def __init__(self, users: UserManager) -> None:
        self.current = users

    async def authenticate(self, name: str, password: str, host: str) -> User | None:
        """See `UserManager.authenticate`. Cancellation: safe."""
        return await self.current.authenticate(name, password, host)

    async def authenticate_certificate(
        self, name: str, certificate: PeerCertificate, host: str
    ) -> User | None:
        """See `UserManager.authenticate_certificate`. Cancellation: safe."""
        return await self.current.authenticate_certificate(name, certificate, host)

    def file_systems(self) -> Collection[FileSystem]:
        """See `UserManager.file_systems`."""
        return self.current.file_systems()


@dataclass(frozen=True, slots=True)
class Part:
    """Which of several workers it is that serves.

    Attributes:
        index: from 0.
        count: of all.
    """

    index: int = 0
    count: int = 1

    def ports_of(self, ports: range | None) -> range | None:
        """Its part of the ports for data connections."""
        return None if ports is None else ports[self.index :: self.count]

    def rate_of(self, limit: int | None) -> float | None:
        """Its part of a limit of speed for all together."""
        return None if limit is None else limit / self.count


class Service:
    """A server and the settings that it follows.

    Args:
        counts: what it counts together with others.
        part: of the workers.

    Raises:
        Failure: a file of the settings cannot be used.
        click.UsageError: the settings do not go together.
        FileSystemError: there is no such folder.
    """

    def __init__(
        self,
        settings: Settings,
        *,
        counts: anyftp.shared.SharedCounts | None = None,
        part: Part | None = None,
    ) -> None:
        self._settings = settings
        self._part = part or Part()
        self.counts = counts
        check_ports(settings)
        self._files = LocalFileSystem(_existing(settings.folder), read_only=settings.read_only)
        self._homes = Homes(settings.folder, read_only=settings.read_only, counts=counts)
        self._users = _CurrentUsers(self._users_of(settings))
        live, self.names = self._live(settings)
        lasting: Any = {name: settings.direct[name] for name in LASTING_DIRECT}
        self.server = Server(
            self._users,
            implicit_tls=settings.implicit_tls,
            trace=_trace if settings.trace else None,
            counts=counts,
            **lasting,
            **live,
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
        check_ports(settings)
        users, (live, names) = self._users_of(settings), self._live(settings)

        def take_up() -> None:
            self.server.change(**live)
            self.names = names
            self._users.current = users
            self._limit(settings)
            self._settings = settings

        now, then = _lasting(self._settings), _lasting(settings)
        for name in now:
            if now[name] != then[name]:
                logger.warning("%s: what is new holds from the next start on", name)
        return take_up

    def _live(self, settings: Settings) -> tuple[LiveSettings, PassiveNames]:
        names = PassiveNames(settings.passive_host)
        try:
            names.look_up()
        except OSError as error:
            raise Failure(f"--passive-host: {describe(error)}") from error
        direct = {name: settings.direct[name] for name in settings.direct.keys() & _LIVE}
        live = LiveSettings(
            ssl_context=_certificate(settings, self._settings.implicit_tls),
            require_tls=settings.tls_required,
            passive_ports=self._part.ports_of(settings.passive_ports),
            passive_host=names.source,
            proxy_protocol=settings.proxy_protocol,
            foreign_data_hosts=settings.foreign_data_hosts,
            admit=admission(settings.allow, settings.deny),
            ban=_ban(settings),
            tls_policy=TLSPolicy(
                require_data=settings.tls_data,
                session_reuse=settings.tls_session_reuse,
                alpn=settings.tls_alpn,
                allow_ccc=settings.allow_ccc,
                accept_truncated_uploads=settings.accept_truncated_uploads,
            ),
            welcome=_welcome(settings),
            hide=settings.hide,
            on_upload=None if settings.on_upload is None else upload_program(settings.on_upload),
            extensions=_extensions(settings),
        )
        return cast("LiveSettings", {**direct, **live}), names

    def _limit(self, settings: Settings) -> None:
        for throttle in self.server.throttle:
            throttle.limit = self._part.rate_of(settings.limit_rate)
        each = self.server.throttle_per_connection
        each.read.limit = settings.direct["read_speed_limit_per_connection"]
        each.write.limit = settings.direct["write_speed_limit_per_connection"]

    def _users_of(self, settings: Settings) -> UserManager:
        users = [_user(text, self._files) for text in settings.users]
        if _is_open(settings):
            users.append(_anonymous(self._files, may_write=settings.anonymous_write))
        if settings.users_file is None:
            return _table(users)
        return UsersFile(settings.users_file, self._homes, users)


def check_ports(settings: Settings) -> None:
    """Raises click.UsageError: there are fewer ports for data connections than workers."""
    if settings.passive_ports is not None and len(settings.passive_ports) < settings.workers:
        raise click.UsageError("--passive-ports must have at least one for each of the --workers")


def _table(users: list[User]) -> UserTable:
    try:
        return UserTable(users)
    except ValueError as error:
        raise click.UsageError(str(error)) from error


def _certificate(settings: Settings, implicit_tls: bool) -> ServerCertificate | None:
    if settings.cert is None:
        if settings.key is not None:
            raise click.UsageError("--key needs --cert")
        if settings.tls_required or implicit_tls:
            raise click.UsageError("--tls-required and --implicit-tls need --cert")
        if any(url.implicit_tls for url in settings.listen):
            raise click.UsageError("--listen ftps:// needs --cert")
        if settings.tls_data or settings.client_certificates != "ignore":
            raise click.UsageError("--tls-data and --client-certificates need --cert")
        return None
    return server_settings(
        settings.cert,
        settings.key,
        client_certificates=settings.client_certificates,
        client_authorities=settings.client_authorities,
    )


def _lasting(settings: Settings) -> dict[str, Any]:
    direct = {name: settings.direct[name] for name in sorted(LASTING_DIRECT)}
    return {name: getattr(settings, name) for name in _LASTING} | direct


def _welcome(settings: Settings) -> str:
    if settings.welcome_file is not None:
        if settings.welcome is not None:
            raise click.UsageError("--welcome cannot be combined with --welcome-file")
        try:
            return settings.welcome_file.read_text("utf-8").rstrip("\n")
        except (OSError, ValueError) as error:
            raise Failure(describe_at(settings.welcome_file, error)) from error
    return "anyftp ready." if settings.welcome is None else settings.welcome


def _ban(settings: Settings) -> BanPolicy | None:
    if settings.ban_after is None:
        return None
    return BanPolicy(
        failures=settings.ban_after, within=settings.ban_within, seconds=settings.ban_for
    )


def _trace(session: Session, direction: Literal["received", "sent"], line: str) -> None:
    sign = "<" if direction == "received" else ">"
    logger.info("%s %s %s", session.peer_host, sign, visible(line))


def _is_open(settings: Settings) -> bool:
    """Whether anybody may log in without a password."""
    is_asked_for = settings.anonymous or settings.anonymous_write
    return is_asked_for or not (settings.users or settings.users_file)


def _extensions(settings: Settings) -> tuple[str, ...]:
    """What `put --verify` wants is there for users we know; others could keep processors busy."""
    return settings.extensions or (() if _is_open(settings) else ("HASH",))


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
