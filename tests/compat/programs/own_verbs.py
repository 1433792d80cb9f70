"""A server with verbs, a greeting and words of its own, all on the class."""

# mypy: ignore-errors

from __future__ import annotations

import asyncio
import hashlib
import pathlib
from typing import Any

import aioftp


class Chatty(aioftp.Server):
    """Greets in two lines, knows SITE, NOOP and HASH, counts what it is asked."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.asked: list[str] = []
        self.commands_mapping.update(
            site=self.site, noop=self.noop, hash=self.hash, later=self.later
        )

    async def greeting(self, connection: aioftp.Connection, rest: Any) -> bool:
        """Two lines."""
        if self.available_connections.locked():
            connection.response("421", "busy")
            return False
        connection.acquired = True
        self.available_connections.acquire()
        connection.response("220", ["a server of one's own", "and what it says"])
        return True

    async def noop(self, connection: aioftp.Connection, rest: str) -> bool:
        """NOOP, before any login."""
        self.asked.append(f"noop {rest}")
        connection.response("200", "still here")
        return True

    @aioftp.ConnectionConditions(aioftp.ConnectionConditions.login_required)
    async def site(self, connection: aioftp.Connection, rest: str) -> bool:
        """SITE with words of its own."""
        verb, _, argument = rest.partition(" ")
        if verb.lower() == "whoami":
            connection.response("200", [f"login {connection.user.login}", "done"], True)
        elif verb.lower() == "quit":
            connection.response("221", argument or "bye")
            return False
        else:
            connection.response("504", f"no such thing as {verb}")
        return True

    @aioftp.ConnectionConditions(aioftp.ConnectionConditions.login_required)
    @aioftp.PathConditions(
        aioftp.PathConditions.path_must_exists, aioftp.PathConditions.path_must_be_file
    )
    @aioftp.PathPermissions(aioftp.PathPermissions.readable)
    async def hash(self, connection: aioftp.Connection, rest: str) -> bool:
        """The digest of a file, read block by block."""
        real, virtual = self.get_paths(connection, rest)
        digest = hashlib.sha256()
        async with connection.path_io.open(real, mode="rb") as file:
            async for block in file.iter_by_block(connection.block_size):
                digest.update(block)
        connection.response("213", f"{virtual} {digest.hexdigest()[:16]}")
        return True

    @aioftp.ConnectionConditions(
        aioftp.ConnectionConditions.login_required,
        aioftp.ConnectionConditions.passive_server_started,
    )
    async def later(self, connection: aioftp.Connection, rest: str) -> bool:
        """Text over a data connection, by a worker."""

        @aioftp.ConnectionConditions(
            aioftp.ConnectionConditions.data_connection_made, wait=True, fail_code="425"
        )
        @aioftp.worker
        async def send(self: Any, connection: aioftp.Connection, rest: str) -> bool:
            stream = connection.data_connection
            del connection.data_connection
            async with stream:
                for word in rest.split():
                    await stream.write(word.encode() + b"\n")
            connection.response("226", "said")
            return True

        worker = asyncio.create_task(send(self, connection, rest))
        connection.extra_workers.add(worker)
        connection.response("150", "coming")
        return True

    async def dele(self, connection: aioftp.Connection, rest: Any) -> bool:
        """Nothing is ever deleted."""
        self.asked.append(f"dele {rest}")
        connection.response("550", "nothing is deleted here")
        return True


async def answer(client: aioftp.Client, line: str) -> object:
    """What a line is answered with."""
    try:
        code, lines = await client.command(line, "2xx") or ("", [])
    except aioftp.StatusCodeError as error:
        return line, [str(code) for code in error.received_codes], error.info
    return line, str(code), lines


async def main(root: pathlib.Path) -> list[object]:
    """A conversation with such a server."""
    (root / "file").write_bytes(b"0123456789" * 5000)
    (root / "folder").mkdir()
    server = Chatty([aioftp.User("ann", "x", base_path=root)], maximum_connections=1)
    await server.start("127.0.0.1", 0)
    told: list[object] = []
    client = aioftp.Client()
    told.append(await client.connect(server.server_host, server.server_port))
    told.append(await answer(client, "NOOP early"))
    second = aioftp.Client()
    try:
        told.append(await second.connect(server.server_host, server.server_port))
    except aioftp.StatusCodeError as error:
        told.append([str(code) for code in error.received_codes])
    second.close()
    await client.login("ann", "x")
    lines = ("SITE whoami", "SITE chmod 1", "HASH file", "HASH folder", "HASH no", "noop")
    told += [await answer(client, line) for line in lines]
    async with client.get_stream("LATER one two three", "1xx") as stream:
        told.append(await stream.read())
    try:
        await client.remove_file("file")
    except aioftp.StatusCodeError as error:
        told.append((str(error.received_codes[-1]), error.info))
    told.append((root / "file").exists())
    told.append(await answer(client, "SITE quit later"))
    await asyncio.sleep(0.2)
    told.append(server.available_connections.value)
    client.close()
    await server.close()
    return [*told, server.asked]
