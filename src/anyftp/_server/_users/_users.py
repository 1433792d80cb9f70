"""Who may log in, and what then is theirs."""

from __future__ import annotations

import hmac
from abc import ABC, abstractmethod
from collections.abc import Collection, Sequence
from dataclasses import KW_ONLY, dataclass, field
from pathlib import PurePosixPath
from typing import Any, TypeAlias

import anyio
from anyio import to_thread

from anyftp._fs import FileSystem
from anyftp._net import PeerCertificate
from anyftp._protocol import Permission
from anyftp._server._users._passwords import ConstantWork, PasswordHash, is_hash, parse_hash
from anyftp._server._users._rules import LastPattern, LongestPath, Rules, rules_of
from anyftp._throttle import StreamThrottle

#: An `anyftp.Session`. It has a user, and so knows this module; this one knows its name only.
Session: TypeAlias = Any

#: Names by which the anonymous user is called.
ANONYMOUS = frozenset({"anonymous", "ftp"})

#: Passwords checked at the same time; each takes 16 MiB and a CPU.
_HASHES_AT_ONCE = 2


@dataclass(frozen=True, slots=True)
class User:
    """A user and what it may do.

    Attributes:
        name: as given to USER; None for anonymous, who logs in with any password.
        password: from `hash_password` or in clear; None lets any password pass, or none if there
            are certificates.
        file_system: what it sees.
        permissions: rights everywhere; or a mapping of paths to rights, of which the longest that
            holds a file decides; or a sequence of pairs of a pattern and rights, of which the
            last that fits decides (`/*/private`, `/**/*.exe`; `**` is any number of folders). What
            a rule takes away it takes from other spellings as well, in capitals for instance: some
            disks have one file under all of them; and where a link leads, the rights there count
            as well. By default everything, but for anonymous reading
            only.
        home: the folder where it begins.
        read_speed_limit: bytes per second that the server reads from all of its connections
            together (uploads); None for no limit.
        write_speed_limit: the same for downloads.
        read_speed_limit_per_connection: bytes per second for each of its connections.
        write_speed_limit_per_connection: the same for downloads.
        max_connections: sessions it may have at once; None for no limit of its own.
        certificates: names of client certificates, any of which lets it in without a password:
            "sha256:" and the fingerprint, "CN=bob", "DNS:bob.example.org", "email:bob@…"; see
            `PeerCertificate.names`.

    Raises:
        ValueError: the password looks like a hash and is none, or home or a rule's path is not
            absolute.
        ImportError: the password is a hash of Argon2, and argon2-cffi is not installed.
    """

    name: str | None = None
    password: str | None = field(default=None, repr=False)
    _: KW_ONLY
    file_system: FileSystem
    permissions: Permission | Rules | None = None
    home: str = "/"
    read_speed_limit: int | None = None
    write_speed_limit: int | None = None
    read_speed_limit_per_connection: int | None = None
    write_speed_limit_per_connection: int | None = None
    max_connections: int | None = None
    certificates: Collection[str] = ()
    _rules: LongestPath | LastPattern | None = field(
        init=False, repr=False, compare=False, default=None
    )

    def __post_init__(self) -> None:
        if self.password is not None and is_hash(self.password):
            parse_hash(self.password)
        if isinstance(self.certificates, str):
            raise ValueError(
                f"certificates must be a collection of names, not one string: {self.certificates!r}"
            )
        if not self.home.startswith("/"):
            raise ValueError(f"home must be an absolute path, not {self.home!r}")
        if self.permissions is not None and not isinstance(self.permissions, Permission):
            object.__setattr__(self, "_rules", rules_of(self.permissions))

    def allowed(self, path: PurePosixPath) -> Permission:
        """The rights at a path."""
        if self._rules is not None:
            return self._rules.allowed(path)
        if isinstance(self.permissions, Permission):
            return self.permissions
        return Permission.READ_ONLY if self.name is None else Permission.ALL

    def make_throttle(self) -> StreamThrottle:
        """Make what limits all sessions of this user together."""
        return StreamThrottle.from_limits(self.read_speed_limit, self.write_speed_limit)

    @property
    def limits_connections(self) -> bool:
        """Whether `make_throttle_per_connection` may give one that does anything."""
        has_own = type(self).make_throttle_per_connection is not User.make_throttle_per_connection
        limits = self.read_speed_limit_per_connection, self.write_speed_limit_per_connection
        return has_own or limits != (None, None)

    def make_throttle_per_connection(self) -> StreamThrottle:
        """Make what limits one session of this user."""
        return StreamThrottle.from_limits(
            self.read_speed_limit_per_connection, self.write_speed_limit_per_connection
        )

    def file_system_for(self, session: Session) -> FileSystem:
        """What one session of this user sees; asked before each operation on files.

        Here `file_system`; a subclass may give each session its own.
        """
        return self.file_system


def rights_vary(user: User) -> bool:
    """Whether a user may have other rights at one path than at another."""
    has_own = type(user).allowed is not User.allowed
    return has_own or not isinstance(user.permissions, Permission | None)


class UserManager(ABC):
    """Decides who may log in; to be implemented for users kept elsewhere."""

    @abstractmethod
    async def authenticate(self, name: str, password: str, host: str) -> User | None:
        """Check a login.

        Take the same time for names that exist and names that do not.

        Args:
            name: as given to USER.
            password: as given to PASS.
            host: the address that it comes from.

        Returns:
            The user, or None to refuse.

        Cancellation: must be safe.
        """

    async def authenticate_certificate(
        self, name: str, certificate: PeerCertificate, host: str
    ) -> User | None:
        """Check a login by certificate, when USER has come over TLS; by default nobody's.

        Args:
            name: as given to USER; the certificate need not be this user's.
            certificate: shown on the control connection, and signed by whom the server trusts.
            host: the address that it comes from.

        Returns:
            The user to let in at once (reply 232), or None to ask for the password.

        Cancellation: must be safe.
        """
        return None

    def file_systems(self) -> Collection[FileSystem]:
        """Those of users who are known beforehand; by default none.

        When a server begins, it has each of them swept (`FileSystem.sweep`).
        """
        return ()

    def logout(self, user: User) -> None:  # noqa: B027  # few need to know
        """Be told that a session of this user has ended, or logs in as somebody else."""


class UserTable(UserManager):
    """Users that are known from the start.

    Raises:
        ValueError: two users have the same name.
    """

    def __init__(self, users: Sequence[User]) -> None:
        self._users: dict[str | None, User] = {}
        for user in users:
            if user.name in self._users:
                raise ValueError(f"users must have different names: two are called {user.name!r}")
            self._users[user.name] = user
        self._hashes = {
            user.name: parse_hash(user.password)
            for user in users
            if user.password is not None and is_hash(user.password)
        }
        self._work = ConstantWork(self._hashes.values())
        self._limiter: anyio.CapacityLimiter | None = None

    async def authenticate(self, name: str, password: str, host: str) -> User | None:
        """See `UserManager.authenticate`. Cancellation: safe."""
        user = self._users.get(name)
        if user is None and name.lower() in ANONYMOUS:
            return self._users.get(None)
        hashed = self._hashes.get(name)
        # Every login pays for its hash, whether there is something to compare or not.
        has_hash_matched = self._work.is_needed and await self._check(hashed, password)
        if user is None or (user.password is None and user.certificates):
            return None
        if user.password is None or has_hash_matched:
            return user
        is_equal = hmac.compare_digest(_bytes(user.password), _bytes(password))
        return user if hashed is None and is_equal else None

    async def authenticate_certificate(
        self, name: str, certificate: PeerCertificate, host: str
    ) -> User | None:
        """See `UserManager.authenticate_certificate`. Cancellation: safe."""
        user = self._users.get(name)
        return user if user is not None and certificate.names & set(user.certificates) else None

    def file_systems(self) -> Collection[FileSystem]:
        """See `UserManager.file_systems`."""
        return {id(user.file_system): user.file_system for user in self._users.values()}.values()

    async def _check(self, hashed: PasswordHash | None, password: str) -> bool:
        if self._limiter is None:
            self._limiter = anyio.CapacityLimiter(_HASHES_AT_ONCE)
        return await to_thread.run_sync(self._work.matches, hashed, password, limiter=self._limiter)


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogateescape")
