"""A ledger in a file, for the processes of one machine.

Every step is one transaction that locks the file from its beginning, run in a worker thread.
"""

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import AsyncIterator, Callable, Collection, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from typing import TypeVar

import anyio
from anyio import to_thread

from anyftp._counts import BANNED
from anyftp.shared._ledger import (
    FAILURE_SECONDS,
    FAILURES,
    LEASE_SECONDS,
    Change,
    Claim,
    Renewal,
)

_T = TypeVar("_T")

#: Seconds that a step waits for those of others.
_BUSY_SECONDS = 2.0
_LOCKED_SECONDS = 0.01
#: Seconds after which a member that has not been heard of is forgotten.
_FORGET_SECONDS = 3600.0

_TABLES = """
CREATE TABLE IF NOT EXISTS member (name TEXT PRIMARY KEY, ends REAL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS held (
    place TEXT, member TEXT, amount INTEGER, PRIMARY KEY (place, member)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS number (place TEXT PRIMARY KEY, amount INTEGER) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS failure (network TEXT, at REAL);
CREATE INDEX IF NOT EXISTS failure_of ON failure (network, at);
CREATE TABLE IF NOT EXISTS ban (network TEXT PRIMARY KEY, until REAL) WITHOUT ROWID;
"""
_HELD = """
SELECT COALESCE(SUM(amount), 0) FROM held JOIN member ON member.name = held.member
WHERE place = ? AND member.name != ? AND ends > ?
"""


class SQLiteLedger:
    """See `Ledger`."""

    def __init__(self, connection: sqlite3.Connection, path: str) -> None:
        self._connection = connection
        self._path = path
        self._file = _identity(path)
        self._one = anyio.CapacityLimiter(1)

    @classmethod
    @asynccontextmanager
    async def opened(cls, path: str) -> AsyncIterator[SQLiteLedger]:
        """Have the ledger in a file. Cancellation: safe."""
        ledger = await to_thread.run_sync(lambda: cls(connect(path), path))
        try:
            yield ledger
        finally:
            with anyio.CancelScope(shield=True):
                await to_thread.run_sync(ledger._connection.close)

    async def take(self, member: str, claims: Mapping[str, Claim], network: str) -> str | None:
        def step(cursor: sqlite3.Cursor, now: float) -> str | None:
            if network and _number(
                cursor, "SELECT COUNT(*) FROM ban WHERE network = ? AND until > ?", network, now
            ):
                return BANNED
            for group, claim in claims.items():
                if claim.limit is not None:
                    others = _number(cursor, _HELD, group, member, now)
                    standing = _number(cursor, "SELECT amount FROM number WHERE place = ?", group)
                    if standing + others + claim.amount > claim.limit:
                        return group
            _hold(cursor, member, {group: claim.amount for group, claim in claims.items()}, now)
            return None

        return await self._run(step)

    async def settle(self, member: str, changes: Mapping[str, Change]) -> None:
        def step(cursor: sqlite3.Cursor, now: float) -> None:
            _hold(cursor, member, {group: change.amount for group, change in changes.items()}, now)
            cursor.executemany(
                "UPDATE number SET amount = amount + ? WHERE place = ?",
                [(change.more, group) for group, change in changes.items() if change.more],
            )

        await self._run(step)

    async def renew(self, member: str, held: Mapping[str, int]) -> Renewal:
        def step(cursor: sqlite3.Cursor, now: float) -> Renewal:
            known = _number(cursor, "SELECT COUNT(*) FROM member WHERE name = ?", member)
            _hold(cursor, member, held, now)
            for (name,) in cursor.execute(
                "SELECT name FROM member WHERE ends < ?", (now - _FORGET_SECONDS,)
            ).fetchall():
                _forget(cursor, name)
            cursor.execute("DELETE FROM failure WHERE at < ?", (now - FAILURE_SECONDS,))
            cursor.execute("DELETE FROM ban WHERE until <= ?", (now,))
            bans = cursor.execute("SELECT network, until FROM ban")
            return Renewal(bool(known), {network: until - now for network, until in bans})

        return await self._run(step)

    async def leave(self, member: str, groups: Collection[str]) -> None:
        await self._run(lambda cursor, now: _forget(cursor, member))

    async def fail(self, network: str) -> Sequence[float]:
        def step(cursor: sqlite3.Cursor, now: float) -> list[float]:
            cursor.execute("INSERT INTO failure VALUES (?, ?)", (network, now))
            found = cursor.execute(
                "SELECT at FROM failure WHERE network = ? AND at >= ? ORDER BY at DESC LIMIT ?",
                (network, now - FAILURE_SECONDS, FAILURES),
            )
            return [now - at for (at,) in found][::-1]

        return await self._run(step)

    async def ban(self, network: str, seconds: float) -> None:
        await self._run(
            lambda cursor, now: cursor.execute(
                "INSERT OR REPLACE INTO ban VALUES (?, ?)", (network, now + seconds)
            )
        )

    async def lift(self, network: str) -> None:
        def step(cursor: sqlite3.Cursor, now: float) -> None:
            cursor.execute("DELETE FROM ban WHERE network = ?", (network,))
            cursor.execute("DELETE FROM failure WHERE network = ?", (network,))

        await self._run(step)

    async def numbers(self, groups: Collection[str]) -> Sequence[tuple[int | None, int]]:
        def step(cursor: sqlite3.Cursor, now: float) -> list[tuple[int | None, int]]:
            found = []
            for group in groups:
                row = cursor.execute(
                    "SELECT amount FROM number WHERE place = ?", (group,)
                ).fetchone()
                held = _number(cursor, _HELD, group, "", now)
                found.append((None if row is None else int(row[0]), held))
            return found

        return await self._run(step)

    async def begin(self, numbers: Mapping[str, int]) -> None:
        await self._run(
            lambda cursor, now: cursor.executemany(
                "INSERT OR IGNORE INTO number VALUES (?, ?)", list(numbers.items())
            )
        )

    async def _run(self, step: Callable[[sqlite3.Cursor, float], _T]) -> _T:
        return await to_thread.run_sync(self._step, step, limiter=self._one)

    def _step(self, step: Callable[[sqlite3.Cursor, float], _T]) -> _T:
        if _identity(self._path) != self._file:  # the others count in another one
            raise FileNotFoundError(f"{self._path} has been removed or replaced")
        with _transaction(self._connection) as cursor:
            return step(cursor, time.time())


def _identity(path: str) -> tuple[int, int]:
    found = os.stat(path)
    return found.st_dev, found.st_ino


def forget(path: str, member: str) -> None:
    """Have a member that is known to be dead hold nothing. Blocking.

    Raises:
        sqlite3.Error: it cannot be done.
    """
    connection = connect(path)
    try:
        with _transaction(connection) as cursor:
            _forget(cursor, member)
    finally:
        connection.close()


def connect(path: str) -> sqlite3.Connection:
    """Open a ledger's file, and make it if there is none. Blocking."""
    connection = sqlite3.connect(
        path, timeout=_BUSY_SECONDS, isolation_level=None, check_same_thread=False
    )
    try:
        _begin_wal(connection)
        # What counts is gone with the processes; only the machine's end could tear the file.
        connection.execute("PRAGMA synchronous = OFF")
        connection.executescript(_TABLES)
    except BaseException:
        connection.close()
        raise
    return connection


def _begin_wal(connection: sqlite3.Connection) -> None:
    """Have readers and writers not wait for each other.

    Where another process makes the file at the same moment SQLite says "locked" at once, and its
    own patience is not asked: so do workers that begin together.
    """
    end = time.monotonic() + _BUSY_SECONDS
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError:
            if time.monotonic() > end:
                raise
            time.sleep(_LOCKED_SECONDS)
        else:
            return


@contextmanager
def _transaction(connection: sqlite3.Connection) -> Iterator[sqlite3.Cursor]:
    cursor = connection.cursor()
    cursor.execute("BEGIN IMMEDIATE")
    try:
        yield cursor
    except BaseException:
        cursor.execute("ROLLBACK")
        raise
    cursor.execute("COMMIT")


def _hold(cursor: sqlite3.Cursor, member: str, held: Mapping[str, int], now: float) -> None:
    cursor.execute("INSERT OR REPLACE INTO member VALUES (?, ?)", (member, now + LEASE_SECONDS))
    cursor.executemany(
        "INSERT OR REPLACE INTO held VALUES (?, ?, ?)",
        [(group, member, amount) for group, amount in held.items() if amount],
    )
    cursor.executemany(
        "DELETE FROM held WHERE place = ? AND member = ?",
        [(group, member) for group, amount in held.items() if not amount],
    )


def _forget(cursor: sqlite3.Cursor, member: str) -> None:
    cursor.execute("DELETE FROM member WHERE name = ?", (member,))
    cursor.execute("DELETE FROM held WHERE member = ?", (member,))


def _number(cursor: sqlite3.Cursor, query: str, *arguments: str | float) -> int:
    row = cursor.execute(query, arguments).fetchone()
    return 0 if row is None else int(row[0])
