"""A server whose users are in SQLite: each in a folder of their own, with a limit of their own."""

import sqlite3
import tempfile
from pathlib import Path

import anyio
from anyio import to_thread

from anyftp import (
    Client,
    LocalFileSystem,
    PermanentReplyError,
    Server,
    User,
    UserManager,
    UserTable,
    hash_password,
)

SCHEMA = "CREATE TABLE users (name TEXT PRIMARY KEY, password TEXT, bytes_per_second INTEGER)"


class Accounts(UserManager):
    """Is asked at each login; SQLite may take its time, in a thread."""

    def __init__(self, database: Path, homes: Path) -> None:
        self._database, self._homes = database, homes

    async def authenticate(self, name: str, password: str, host: str) -> User | None:
        user = await to_thread.run_sync(self._find, name)
        known = UserTable([] if user is None else [user])  # compares hashes, and takes as long
        return await known.authenticate(name, password, host)  # for a name that nobody has

    def _find(self, name: str) -> User | None:
        connection = sqlite3.connect(self._database)
        try:
            query = "SELECT password, bytes_per_second FROM users WHERE name = ?"
            row = connection.execute(query, (name,)).fetchone()
        finally:
            connection.close()
        if row is None:
            return None
        home = self._homes / name  # the names are those of the database
        home.mkdir(parents=True, exist_ok=True)
        return User(name, row[0], file_system=LocalFileSystem(home), write_speed_limit=row[1])


def make_database(path: Path) -> None:
    connection = sqlite3.connect(path)
    connection.execute(SCHEMA)
    row = ("alice", hash_password("wonder"), 1_000_000)
    connection.execute("INSERT INTO users VALUES (?, ?, ?)", row)
    connection.commit()
    connection.close()


async def try_it(host: str, port: int) -> None:
    async with Client.context(host, port, "alice", "wonder") as client:
        await client.make_directory("in")
        async with client.upload_stream("in/hello") as stream:
            await stream.write(b"hello")
    try:
        async with Client.context(host, port, "mallory", "wonder"):
            raise AssertionError("nobody of that name is in the database")
    except PermanentReplyError as refusal:
        print(refusal)


async def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        make_database(Path(folder, "users.sqlite"))
        server = Server(Accounts(Path(folder, "users.sqlite"), Path(folder, "homes")))
        async with anyio.create_task_group() as tasks:
            # In earnest: "0.0.0.0", 21, and ssl_context=server_context(...) for the server.
            [(host, port), *_] = await tasks.start(server.serve, "127.0.0.1", 0)
            await try_it(host, port)
            tasks.cancel_scope.cancel()
        assert Path(folder, "homes", "alice", "in", "hello").read_bytes() == b"hello"


if __name__ == "__main__":
    anyio.run(main)
