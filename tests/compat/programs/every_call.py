"""A user's program typed against aioftp 0.28.3: what mypy --strict accepts there it accepts here.

The session `types` of noxfile.py checks these programs against aioftp, and against its stand-in.
"""

from __future__ import annotations

import asyncio
import io
import pathlib
import ssl
from collections.abc import AsyncIterable
from typing import Any, assert_type

import aioftp


class CountingThrottle(aioftp.Throttle):
    """Counts what passes."""

    def __init__(self, limit: int | None = None) -> None:
        super().__init__(limit=limit)
        self.total = 0

    def append(self, data: bytes, start: float) -> None:
        super().append(data, start)
        self.total += len(data)

    async def wait(self) -> None:
        await super().wait()


class UpperPathIO(aioftp.PathIO):
    """Writes in capitals."""

    @aioftp.with_timeout
    async def exists(self, path: pathlib.Path) -> bool:
        return await super().exists(path)

    def list(self, path: pathlib.Path) -> AsyncIterable[pathlib.Path]:
        return super().list(path)


class HiddenPathIO(aioftp.AbstractPathIO[pathlib.PurePosixPath]):
    """Part of a file system."""

    @aioftp.pathio.universal_exception
    async def is_dir(self, path: pathlib.PurePosixPath) -> bool:
        return path.name == ""

    async def mkdir(
        self, path: pathlib.PurePosixPath, *, parents: bool = False, exist_ok: bool = False
    ) -> None:
        raise NotImplementedError

    async def _open(self, path: pathlib.PurePosixPath, mode: str = "rb") -> io.BytesIO:
        return io.BytesIO(mode.encode())

    async def read(self, file: io.BytesIO, block_size: int = -1) -> bytes:
        return file.read(block_size)

    async def seek(self, file: io.BytesIO, offset: int, whence: int = io.SEEK_SET) -> int:
        return file.seek(offset, whence)


class MyStream(aioftp.ThrottleStreamIO):
    """Sees what goes out."""

    async def write(self, data: bytes) -> None:
        print(len(data))
        await super().write(data)

    def append(self, name: str, data: bytes, start: float) -> None:
        super().append(name, data, start)


class Lister(aioftp.AbstractAsyncLister[int]):
    """Gives numbers."""

    def __init__(self) -> None:
        super().__init__(timeout=1)
        self.numbers = iter(range(3))

    @aioftp.with_timeout
    async def __anext__(self) -> int:
        for number in self.numbers:
            return number
        raise StopAsyncIteration


class MyClient(aioftp.Client):
    """Sends one more command, and parses listings of its own."""

    async def noop(self) -> str:
        answer = await self.command("NOOP", ("200", "2xx"), censor_after=None)
        assert answer is not None
        code, info = answer
        assert_type(code, aioftp.Code)
        return info[-1] if code.matches("2xx") else ""

    def parse_list_line(self, b: bytes) -> tuple[pathlib.PurePosixPath, aioftp.ListInfo]:
        return super().parse_list_line(b)


@aioftp.ConnectionConditions(aioftp.ConnectionConditions.login_required)
@aioftp.PathConditions(aioftp.PathConditions.path_must_exists)
@aioftp.PathPermissions(aioftp.PathPermissions.readable)
async def hello(
    server: aioftp.Server, connection: aioftp.Connection, rest: str | pathlib.PurePosixPath, /
) -> bool:
    """A command as a function."""
    connection.response("200", f"hello from {server.system_type}")
    return True


@aioftp.worker
async def send(server: aioftp.Server, connection: aioftp.Connection, rest: Any, /) -> bool:
    """A transfer."""
    async with connection.data_connection as stream:
        await stream.write(bytes(server.block_size))
    return True


class MyServer(aioftp.Server):
    """Knows one more command."""

    def __init__(self, users: list[aioftp.User]) -> None:
        super().__init__(users, path_io_factory=UpperPathIO, block_size=65536)
        self.commands_mapping["noop"] = self.noop

    async def noop(self, connection: aioftp.Connection, rest: str | pathlib.PurePosixPath) -> bool:
        await hello(self, connection, rest)
        real_path, virtual_path = self.get_paths(connection, rest)
        assert_type(virtual_path, pathlib.PurePosixPath)
        return await connection.path_io.exists(real_path) or True

    async def pwd(self, connection: aioftp.Connection, rest: str | pathlib.PurePosixPath) -> bool:
        return await super().pwd(connection, rest)


class Users(aioftp.AbstractUserManager):
    """Lets everybody in."""

    async def get_user(
        self, login: str
    ) -> tuple[aioftp.AbstractUserManager.GetUserResponse, aioftp.User | None, str]:
        return self.GetUserResponse.OK, aioftp.User(login), "welcome"

    async def authenticate(self, user: aioftp.User, password: str) -> bool:
        return True


async def use_client(host: str, port: int) -> None:
    """The common calls."""
    context = ssl.create_default_context()
    async with aioftp.Client.context(
        host, port, "user", "secret", socket_timeout=10, ssl=context, read_speed_limit=1 << 20
    ) as client:
        assert_type(client, aioftp.Client)
        assert_type(await client.get_current_directory(), pathlib.PurePosixPath)
        for path, info in await client.list("/", recursive=True):
            assert_type(path, pathlib.PurePosixPath)
            if info["type"] == "file" and int(info["size"]) > 10:
                await client.download(path, "here", write_into=True, block_size=1 << 16)
        async for path, info in client.list(pathlib.PurePosixPath("/"), raw_command="MLSD"):
            print(path.name, info.get("modify"))
        assert_type(await client.stat("/x"), aioftp.BasicListInfo | aioftp.UnixListInfo)
        assert_type(await client.exists("/x"), bool)
        await client.upload(pathlib.Path("here"), "/there")
        async with client.download_stream("/x", offset=5) as stream:
            assert_type(stream, aioftp.DataConnectionThrottleStreamIO)
            stream.throttles["mine"] = aioftp.StreamThrottle(
                CountingThrottle(1000), aioftp.Throttle()
            )
            assert_type(await stream.read(100), bytes)
            async for block in stream.iter_by_block(1024):
                assert_type(block, bytes)
        upload = await client.upload_stream("/y")
        await upload.write(b"data")
        await upload.finish()
        await client.abort(wait=False)


async def use_streams(host: str) -> bytes:
    """The streams alone."""
    reader, writer = await asyncio.open_connection(host, 21)
    stream = aioftp.StreamIO(reader, writer, timeout=5, read_timeout=1.5)
    throttled = aioftp.ThrottleStreamIO(
        reader, writer, throttles={"all": aioftp.StreamThrottle.from_limits(1000, None)}, timeout=3
    )
    async with throttled as entered:
        assert_type(entered, aioftp.ThrottleStreamIO)
        await entered.write(await stream.readline())
    throttle = aioftp.Throttle(limit=5, reset_rate=1.5)
    throttle.limit = None
    assert_type(throttle.clone(), aioftp.Throttle)
    return await stream.readexactly(3)


async def serve() -> None:
    """A server with users of all kinds."""
    permission = aioftp.Permission("/private", writable=False)
    user = aioftp.User("user", "secret", base_path="/srv", permissions=[permission])
    server = MyServer([user])
    await server.start("127.0.0.1", 2121)
    host, port = server.address
    print(host, port)
    await server.serve_forever()
    await server.close()
    await aioftp.Server(Users(timeout=1), maximum_connections=5).run()


async def use_memory() -> list[int]:
    """File systems, and errors."""
    memory = aioftp.MemoryPathIO(timeout=1)
    nursery = aioftp.PathIONursery(aioftp.MemoryPathIO)
    assert_type(nursery(), aioftp.MemoryPathIO)
    async with memory.open(pathlib.PurePosixPath("/x"), mode="wb") as file:
        await file.write(b"x")
    try:
        await memory.unlink(pathlib.PurePosixPath("/x"))
    except aioftp.PathIOError as error:
        print(error.reason)
    except aioftp.StatusCodeError as error:
        assert_type(error.received_codes, tuple[aioftp.Code, ...])
    return await Lister()


def anything(connection: aioftp.Connection) -> Any:
    """Values of a connection are of any type."""
    return connection.user
