"""The users of `anyftp serve --users FILE`, which are looked up anew when the file has changed.

Every login reads the file (a small one, in a worker thread) and compares it with what was read
before: no clock of a file system is too coarse for that, and an editor that writes in place is seen
to be done. A version that is bad is told once in the log, and the last good one stays in force.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Collection, Sequence
from pathlib import Path

import anyio
from anyio import to_thread

import anyftp.shared
from anyftp import (
    FileSystem,
    LocalFileSystem,
    PeerCertificate,
    QuotaFileSystem,
    QuotaStore,
    User,
    UserManager,
    UserTable,
)
from anyftp._cli._ending._failure import Failure, describe
from anyftp._cli._serving._accounts import Account, parse_accounts
from anyftp._fs._quota_store import CountedUsage

logger = logging.getLogger("anyftp.server")


class Homes:
    """The file systems of accounts; who has the same home has the same one, also after a change.

    Args:
        folder: what is served, an existing folder.
        read_only: let nobody change anything.
        counts: where quotas are counted together with other servers.
    """

    def __init__(
        self,
        folder: Path,
        *,
        read_only: bool = False,
        counts: anyftp.shared.SharedCounts | None = None,
    ) -> None:
        self._folder = folder.resolve()
        self._read_only = read_only
        self._counts = counts
        self._used: dict[str, QuotaStore] = {}
        self._file_systems: dict[tuple[str, int | None, int | None], FileSystem] = {}

    def of(self, account: Account) -> FileSystem:
        """The home of an account. Blocking.

        Raises:
            ValueError: there is no such folder in the one that is served, or in the account's own.
        """
        folder = self._folder if account.folder is None else Path(account.folder).resolve()
        home = Path(os.path.realpath(folder / account.home.lstrip("/")))
        if not home.is_relative_to(folder) or not home.is_dir():
            raise ValueError(
                f"user {account.name!r}: home: {account.home} must be a folder in {folder}"
            )
        key = (str(home), account.quota, account.quota_files)
        if key not in self._file_systems:
            self._file_systems[key] = self._make(home, account)
        return self._file_systems[key]

    def _make(self, home: Path, account: Account) -> FileSystem:
        files = LocalFileSystem(home, read_only=self._read_only)
        if account.quota is None and account.quota_files is None:
            return files
        # What is used is kept by folder, so that a quota that changes goes on counting.
        used = self._used.get(str(home))
        if used is None:
            counts = self._counts
            used = CountedUsage(files) if counts is None else counts.quota(str(home), files)
            self._used[str(home)] = used
        return QuotaFileSystem(
            files, max_bytes=account.quota, max_files=account.quota_files, store=used
        )


class UsersFile(UserManager):
    """The users that a file tells, and others beside them.

    Args:
        path: of the file. It is read at once, blocking.
        homes: where the users are at home.
        others: users who are not in the file.

    Raises:
        Failure: the file cannot be read, or something in it is wrong.
    """

    def __init__(self, path: Path, homes: Homes, others: Sequence[User] = ()) -> None:
        self._path = path
        self._homes = homes
        self._others = tuple(others)
        self._reading = anyio.Lock()
        self._seen: bytes | None = self._read()
        self._table = self._users(self._seen)

    async def authenticate(self, name: str, password: str, host: str) -> User | None:
        """See `UserManager.authenticate`. Cancellation: safe."""
        await self._look_again()
        return await self._table.authenticate(name, password, host)

    async def authenticate_certificate(
        self, name: str, certificate: PeerCertificate, host: str
    ) -> User | None:
        """See `UserManager.authenticate_certificate`. Cancellation: safe."""
        await self._look_again()
        return await self._table.authenticate_certificate(name, certificate, host)

    def file_systems(self) -> Collection[FileSystem]:
        """See `UserManager.file_systems`; those of the users there are now."""
        return self._table.file_systems()

    async def _look_again(self) -> None:
        async with self._reading:
            # Not one of anyio's default threads, which anything may hold: see `_fs/_worker.py`.
            await to_thread.run_sync(self._refresh, limiter=anyio.CapacityLimiter(1))

    def _refresh(self) -> None:
        """Take up a new version if there is one; leave everything as it is if that is bad."""
        try:
            content = self._read()
        except Failure as error:
            if self._seen is not None:
                self._complain(error)
            self._seen = None
            return
        if content == self._seen:
            return
        self._seen = content
        try:
            self._table = self._users(content)
        except Failure as error:
            self._complain(error)
        else:
            logger.info("%s: read again", self._path)

    def _complain(self, error: Failure) -> None:
        logger.error("%s; the users stay as they were", error.message)

    def _read(self) -> bytes:
        try:
            return self._path.read_bytes()
        except OSError as error:
            raise Failure(describe(error)) from error

    def _users(self, content: bytes) -> UserTable:
        try:
            accounts = parse_accounts(content.decode("utf-8"))
            users = [account.user(self._homes.of(account)) for account in accounts]
            return UserTable([*users, *self._others])
        except (OSError, ValueError) as error:
            raise Failure(f"{self._path}: {describe(error)}") from error
