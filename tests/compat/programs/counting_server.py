"""A server with commands, users and files of its own; a client that uses them."""

from __future__ import annotations

import asyncio
import functools
import hashlib
import pathlib
from collections.abc import AsyncIterable
from typing import Any, ClassVar

import aioftp


class JournalPathIO(aioftp.PathIO):
    """Notes which files are opened, and hides those whose names begin with a dot."""

    opened: ClassVar[list[str]] = []

    async def _open(self, path: pathlib.Path, *args: Any, **kwargs: Any) -> Any:
        self.opened.append(path.name)
        return await super()._open(path, *args, **kwargs)

    def list(self, path: pathlib.Path) -> AsyncIterable[pathlib.Path]:
        return self._visible(path)

    async def _visible(self, path: pathlib.Path) -> AsyncIterable[pathlib.Path]:
        async for found in super().list(path):
            if not found.name.startswith("."):
                yield found


class Registry(aioftp.AbstractUserManager):
    """Users by name with hashed passwords, and how many are there."""

    def __init__(self, root: pathlib.Path, *, timeout: float | None = None) -> None:
        super().__init__(timeout=timeout)
        self.present = 0
        self.hashes = {"ann": hashlib.sha256(b"secret").hexdigest()}
        self.known = {
            name: aioftp.User(
                name,
                base_path=root,
                permissions=[
                    aioftp.Permission("/"),
                    aioftp.Permission("/readonly", writable=False),
                ],
            )
            for name in self.hashes
        }

    async def get_user(
        self, login: str
    ) -> tuple[aioftp.AbstractUserManager.GetUserResponse, aioftp.User | None, str]:
        user = self.known.get(login)
        if user is None:
            return self.GetUserResponse.ERROR, None, "never heard of you"
        self.present += 1
        return self.GetUserResponse.PASSWORD_REQUIRED, user, "password, please"

    async def authenticate(self, user: aioftp.User, password: str) -> bool:
        digest = hashlib.sha256(password.encode()).hexdigest()
        return self.hashes[user.login or ""] == digest

    async def notify_logout(self, user: aioftp.User) -> None:
        self.present -= 1


@aioftp.ConnectionConditions(aioftp.ConnectionConditions.login_required)
@aioftp.PathConditions(
    aioftp.PathConditions.path_must_exists, aioftp.PathConditions.path_must_be_file
)
@aioftp.PathPermissions(aioftp.PathPermissions.readable)
async def sum_(
    server: aioftp.Server, connection: aioftp.Connection, rest: str | pathlib.PurePosixPath, /
) -> bool:
    real_path, virtual_path = server.get_paths(connection, rest)
    digest = hashlib.sha256()
    async with connection.path_io.open(real_path, mode="rb") as file:
        async for block in file.iter_by_block(1000):
            digest.update(block)
    connection.response("213", f"{digest.hexdigest()} {virtual_path}")
    return True


@aioftp.ConnectionConditions(
    aioftp.ConnectionConditions.login_required,
    aioftp.ConnectionConditions.passive_server_started,
)
async def twice(
    server: aioftp.Server, connection: aioftp.Connection, rest: str | pathlib.PurePosixPath, /
) -> bool:
    real_path, _ = server.get_paths(connection, rest)

    @aioftp.ConnectionConditions(
        aioftp.ConnectionConditions.data_connection_made, wait=True, fail_code="425"
    )
    @aioftp.worker
    async def send(server: aioftp.Server, connection: aioftp.Connection, rest: Any, /) -> bool:
        stream: aioftp.ThrottleStreamIO = connection.data_connection
        del connection.data_connection
        async with stream:
            for _ in range(2):
                async with connection.path_io.open(real_path, mode="rb") as file:
                    async for block in file.iter_by_block(server.block_size):
                        await stream.write(block)
        connection.response("226", "twice it was")
        return True

    connection.extra_workers.add(asyncio.ensure_future(send(server, connection, rest)))
    connection.response("150", "twice it will be")
    return True


class CountingServer(aioftp.Server):
    """Knows SUM, which tells a checksum, ECHO, and TWICE, which sends a file two times."""

    def __init__(self, manager: aioftp.AbstractUserManager) -> None:
        super().__init__(manager, path_io_factory=JournalPathIO, wait_future_timeout=5)
        self.commands_mapping["sum"] = functools.partial(sum_, self)
        self.commands_mapping["echo"] = self.echo
        self.commands_mapping["twice"] = functools.partial(twice, self)
        self.uploads = 0

    async def echo(self, connection: aioftp.Connection, rest: str | pathlib.PurePosixPath) -> bool:
        connection.response("211", [f"you said {rest}", "that is all"], True)
        return True

    async def stor(
        self, connection: aioftp.Connection, rest: str | pathlib.PurePosixPath, mode: str = "wb"
    ) -> bool:
        self.uploads += 1
        return await super().stor(connection, rest, mode)


async def answer(client: aioftp.Client, line: str) -> str:
    """Code and text of the answer to a line."""
    told = await client.command(line, "xxx")
    assert told is not None
    code, info = told
    return f"{code}{'|'.join(info)}"


async def main(root: pathlib.Path) -> list[object]:
    """What a client sees of such a server."""
    (root / "readonly").mkdir()
    (root / "file").write_bytes(b"0123456789" * 500)
    (root / ".hidden").write_bytes(b"not for you")
    JournalPathIO.opened.clear()
    manager = Registry(root, timeout=5)
    server = CountingServer(manager)
    await server.start("127.0.0.1", 0)
    told: list[object] = []
    host, port = server.address
    assert host is not None
    try:
        async with aioftp.Client.context(host, port, "ann", "secret") as client:
            told.append(manager.present)
            lines = ("ECHO hello", "SUM file", "SUM nothing", "SUM readonly")
            told += [await answer(client, line) for line in lines]
            async with client.get_stream("TWICE file", "1xx") as stream:
                told.append(len(await stream.read()))
            async with client.upload_stream("new") as upload:
                await upload.write(b"new")
            told.append((root / "new").read_bytes())
            told.append(sorted(str(path) for path, _ in await client.list()))
            try:
                await client.make_directory("readonly/no")
            except aioftp.StatusCodeError as error:
                told.append([str(code) for code in error.received_codes])
        await asyncio.sleep(0.1)
        told.append(manager.present)
        try:
            async with aioftp.Client.context(host, port, "eve", "secret"):
                told.append("let in")
        except aioftp.StatusCodeError as error:
            told.append([str(code) for code in error.received_codes])
    finally:
        await server.close()
    return [*told, server.uploads, sorted(set(JournalPathIO.opened))]
