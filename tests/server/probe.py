"""A client of raw sockets that says exactly what it is told, and a server to say it to."""

from __future__ import annotations

import os
import re
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import anyio

from anyftp._fs import FileSystem, MemoryFileSystem
from anyftp._net import connect_tcp
from anyftp._server import Permission, Server, User
from anyftp._server._users._limits import ConnectionCount
from anyftp._streams import StreamIO
from anyftp.testing import memory_stream_pair

Address = tuple[str, int]


def server_of(tree: FileSystem | None = None, **options: Any) -> Server:
    """A server with the users bob (everything), eve (nothing) and anonymous (reading)."""
    tree = tree or MemoryFileSystem()
    users = [
        User("bob", "secret", file_system=tree),
        User("eve", "secret", file_system=tree, permissions=Permission(0)),
        User(file_system=tree),
    ]
    options.setdefault("login_delay", 0.0)
    return Server(users, **options)


@asynccontextmanager
async def serving(server: Server, host: str = "127.0.0.1") -> AsyncIterator[Address]:
    """Run a server; gives its address."""
    async with anyio.create_task_group() as tasks:
        addresses = await tasks.start(partial(server.serve, host, 0))
        yield addresses[0]
        tasks.cancel_scope.cancel()


async def until_tidy(folder: Path) -> list[str]:
    """Wait until no upload is under way in a folder, give what is there."""
    with anyio.fail_after(5):
        while any(name.startswith(".") for name in os.listdir(folder)):
            await anyio.sleep(0.01)
    return os.listdir(folder)


class Probe:
    """One control connection; each wait is bounded."""

    PATIENCE = 15.0

    def __init__(self, address: Address, stream: StreamIO) -> None:
        self.address = address
        self.stream = stream

    @classmethod
    async def connect(cls, address: Address, *, local_host: str | None = None) -> Self:
        """Connect without reading the greeting."""
        local = None if local_host is None else (local_host, 0)
        stream = StreamIO(await connect_tcp(*address, local_address=local), timeout=cls.PATIENCE)
        return cls(address, stream)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None,
        exc_val: BaseException | None,
        exc_tb: TracebackType | None,
    ) -> None:
        self.stream.close()

    async def send(self, *lines: str | bytes) -> None:
        """Send lines in one segment."""
        data = [line.encode() if isinstance(line, str) else line for line in lines]
        await self.stream.write(b"".join(line + b"\r\n" for line in data))

    async def reply(self) -> str:
        """Read one reply, lines joined by a newline, without the line endings."""
        lines = [await self._line()]
        code = lines[0][:3]
        while lines[0][3:4] == "-" and not (len(lines) > 1 and lines[-1].startswith(f"{code} ")):
            lines.append(await self._line())
        return "\n".join(lines)

    async def _line(self) -> str:
        line = await self.stream.readline()
        if not line.endswith(b"\r\n"):
            raise EOFError(f"the server closed after {line!r}")
        return line[:-2].decode("utf-8", "surrogateescape")

    async def ask(self, line: str | bytes) -> str:
        """Send one command, read one reply."""
        await self.send(line)
        return await self.reply()

    async def codes(self, *lines: str | bytes) -> list[str]:
        """Send commands one by one, give the codes of their replies."""
        return [(await self.ask(line))[:3] for line in lines]

    async def log_in(self, name: str = "bob", password: str = "secret") -> Self:
        """Read the greeting, log in, TYPE I."""
        assert (await self.reply())[:3] == "220"
        return await self.log_in_again(name, password)

    async def log_in_again(self, name: str = "bob", password: str = "secret") -> Self:
        assert await self.codes(f"USER {name}", f"PASS {password}", "TYPE I") == [
            "331",
            "230",
            "200",
        ]
        return self

    async def is_closed(self) -> bool:
        """Whether the server has closed, or closes soon; replies still coming are skipped."""
        try:
            while await self.stream.read(65536):
                pass
        except anyio.BrokenResourceError:
            pass
        except TimeoutError:
            return False
        return True

    async def rest(self) -> bytes:
        """All that comes until the server closes."""
        received = b""
        with suppress(anyio.BrokenResourceError):
            while data := await self.stream.read(65536):
                received += data
        return received

    async def data_address(self) -> Address:
        """EPSV."""
        text = await self.ask("EPSV")
        match = re.fullmatch(r"229 .*\(\|\|\|(\d+)\|\).*", text)
        assert match, text
        return self.address[0], int(match[1])

    async def open_data(self, *, local_host: str | None = None) -> StreamIO:
        """EPSV and connect."""
        local = None if local_host is None else (local_host, 0)
        address = await self.data_address()
        stream = await connect_tcp(*address, local_address=local)
        return StreamIO(stream, timeout=self.PATIENCE)

    async def download(self, command: str) -> tuple[bytes, str]:
        """Run a command that sends; gives the data and the last reply."""
        async with await self.open_data() as data:
            first = await self.ask(command)
            if first[:3] != "150":
                return b"", first
            content = await data.read()
        return content, await self.reply()

    async def upload(self, command: str, content: bytes) -> str:
        """Run a command that receives; gives the last reply."""
        async with await self.open_data() as data:
            first = await self.ask(command)
            if first[:3] != "150":
                return first
            with suppress(anyio.BrokenResourceError):  # the reply tells why
                await data.write(content)
        return await self.reply()

    async def start_tls(self, context: ssl.SSLContext) -> Self:
        """AUTH TLS, PBSZ, PROT P."""
        assert (await self.ask("AUTH TLS"))[:3] == "234"
        await self.stream.start_tls(context, "127.0.0.1")
        assert await self.codes("PBSZ 0", "PROT P") == ["200", "200"]
        return self


@asynccontextmanager
async def logged_in(
    server: Server | None = None, *, name: str = "bob", host: str = "127.0.0.1"
) -> AsyncIterator[Probe]:
    """A server and a probe that has logged in."""
    async with (
        serving(server or server_of(), host) as address,
        await Probe.connect(address) as probe,
    ):
        yield await probe.log_in(name)


@asynccontextmanager
async def conversing(server: Server, host: str = "192.0.2.7") -> AsyncIterator[Probe]:
    """A session over a stream in memory, with no socket: for tests on virtual clocks."""
    here, there = memory_stream_pair()
    place = ConnectionCount().enter(host)
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(server._reception.converse, there, place, "192.0.2.1")
        async with Probe((host, 0), StreamIO(here, timeout=100_000)) as probe:
            yield probe
        tasks.cancel_scope.cancel()
