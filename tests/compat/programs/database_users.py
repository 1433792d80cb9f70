"""Users in a database, with salted passwords, rights by folder, and a table of who is there."""

# mypy: ignore-errors

from __future__ import annotations

import asyncio
import hashlib
import pathlib
import sqlite3
from typing import Any

import aioftp

SCHEMA = """
create table users (login text primary key, salt text, digest text, quota integer, folder text);
create table rights (login text, path text, readable integer, writable integer);
create table present (login text);
create table attempts (login text, result text);
"""


def digest(salt: str, password: str) -> str:
    """As it lies in the table."""
    return hashlib.sha256((salt + password).encode()).hexdigest()


class DatabaseUsers(aioftp.AbstractUserManager):
    """Looks users up at each login."""

    def __init__(self, database: sqlite3.Connection, root: pathlib.Path, **options: Any) -> None:
        super().__init__(**options)
        self.database = database
        self.root = root

    async def get_user(
        self, login: str
    ) -> tuple[aioftp.AbstractUserManager.GetUserResponse, aioftp.User | None, str]:
        await asyncio.sleep(0)
        row = self.database.execute(
            "select quota, folder from users where login = ?", (login,)
        ).fetchone()
        answers = aioftp.AbstractUserManager.GetUserResponse
        if row is None:
            return answers.ERROR, None, "who is that?"
        quota, folder = row
        (here,) = self.database.execute(
            "select count(*) from present where login = ?", (login,)
        ).fetchone()
        if here >= quota:
            return answers.ERROR, None, "too many of you"
        rights = self.database.execute(
            "select path, readable, writable from rights where login = ?", (login,)
        )
        user = aioftp.User(
            login,
            base_path=self.root / folder,
            permissions=[
                aioftp.Permission(path, readable=bool(readable), writable=bool(writable))
                for path, readable, writable in rights
            ],
        )
        self.database.execute("insert into present values (?)", (login,))
        return answers.PASSWORD_REQUIRED, user, "and the password?"

    async def authenticate(self, user: aioftp.User, password: str) -> bool:
        salt, wanted = self.database.execute(
            "select salt, digest from users where login = ?", (user.login,)
        ).fetchone()
        is_right = digest(salt, password) == wanted
        self.database.execute("insert into attempts values (?, ?)", (user.login, str(is_right)))
        return is_right

    async def notify_logout(self, user: aioftp.User) -> None:
        self.database.execute(
            "delete from present where rowid in "
            "(select rowid from present where login = ? limit 1)",
            (user.login,),
        )


async def attempt(port: int, login: str, password: str) -> object:
    """What a client may do."""
    client = aioftp.Client()
    await client.connect("127.0.0.1", port)
    told: list[object] = []
    try:
        await client.login(login, password)
        told.append(str(await client.get_current_directory()))
        for path in ("public", "secret", "public/inbox"):
            for call in (client.list(path), client.make_directory(f"{path}/new-{login}")):
                try:
                    await call
                    told.append("yes")
                except aioftp.StatusCodeError as error:
                    told.append(str(error.received_codes[-1]))
        await client.quit()
    except aioftp.StatusCodeError as error:
        told.append(str(error.received_codes[-1]))
    finally:
        client.close()
    return told


async def main(root: pathlib.Path) -> list[object]:
    """Logins, good and bad, one after the other and at once."""
    for folder in ("home/public/inbox", "home/secret", "other/public/inbox", "other/secret"):
        (root / folder).mkdir(parents=True)
    database = sqlite3.connect(":memory:")
    database.executescript(SCHEMA)
    for login, folder, quota in (("ann", "home", 2), ("bob", "other", 1)):
        row = (login, login, digest(login, f"{login}'s"), quota, folder)
        database.execute("insert into users values (?, ?, ?, ?, ?)", row)
    rights = [
        ("ann", "/", 1, 0),
        ("ann", "/public", 1, 0),
        ("ann", "/public/inbox", 0, 1),
        ("ann", "/secret", 0, 0),
    ]
    database.executemany("insert into rights values (?, ?, ?, ?)", rights)
    manager = DatabaseUsers(database, root, timeout=3)
    server = aioftp.Server(manager)
    await server.start("127.0.0.1", 0)
    port = server.server_port
    told = [
        await attempt(port, "ann", "ann's"),
        await attempt(port, "bob", "bob's"),
        await attempt(port, "bob", "wrong"),
        await attempt(port, "eve", "x"),
    ]
    await asyncio.sleep(0.1)
    told.append(database.execute("select * from present").fetchall())
    told += await asyncio.gather(*(attempt(port, "ann", "ann's") for _ in range(2)))
    await asyncio.sleep(0.1)
    told.append(database.execute("select * from present").fetchall())
    await server.close()
    told.append(database.execute("select * from attempts").fetchall())
    database.close()
    return told
