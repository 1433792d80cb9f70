"""Random sequences of a client's calls, on both packages: the same outcomes, the same files."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

import anyftp_compat
from support.depth import deep

pytestmark = [
    pytest.mark.anyio,
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]

NAMES = ["a", "b", "d", "d/x", "d/e", "d/e/y", "nope", "d/nope", "."]

#: Rows of docs/design/compat.md: refusals that are told from one another here.
CODES = {"451": "550", "452": "550", "501": "550", "553": "550"}

Outcome = Any


class Sequence:
    """One sequence on one package, decided by a seed.

    Args:
        package: aioftp, or what stands in for it.
        seed: decides everything.
        root: an empty folder.
    """

    def __init__(self, package: Any, seed: int, root: Path) -> None:
        self.package = package
        self.random = random.Random(seed)
        self.served, self.local = root / "served", root / "local"
        self.served.mkdir(parents=True)
        self.local.mkdir()
        (self.local / "file").write_bytes(b"local file" * 30)
        self.calls: list[Callable[[Any], Awaitable[object]]] = [
            *(self.get, self.put, self.append, self.move, self.upload, self.download),
            *(self.look, self.another, self.tell),
            lambda client: client.list(self.name()),
            lambda client: client.list(self.name(), recursive=True),
            lambda client: client.list(self.name(), raw_command="LIST"),
            lambda client: client.stat(self.name()),
            lambda client: client.make_directory(self.name()),
            lambda client: client.make_directory(self.name(), parents=False),
            lambda client: client.remove_directory(self.name()),
            lambda client: client.remove_file(self.name()),
            lambda client: client.remove(self.random.choice(NAMES[:-1])),
            lambda client: client.change_directory(self.random.choice([*NAMES, "..", "/"])),
            lambda client: client.get_current_directory(),
            lambda client: client.abort(),
        ]

    def name(self) -> str:
        return self.random.choice(NAMES)

    async def put(self, client: Any) -> None:
        body = bytes(range(97, 107)) * self.random.choice([0, 1, 300])
        offset = self.random.choice([0, 0, 3, 20])
        async with client.upload_stream(self.name(), offset=offset) as stream:
            for start in range(0, len(body), 997):
                await stream.write(body[start : start + 997])

    async def append(self, client: Any) -> None:
        offset = self.random.choice([0, 0, 3, 20])
        async with client.append_stream(self.name(), offset=offset) as stream:
            await stream.write(b"APP")

    async def get(self, client: Any) -> bytes:
        async with client.download_stream(
            self.name(), offset=self.random.choice([0, 0, 3, 20])
        ) as stream:
            way = self.random.randrange(3)
            if way == 0:
                return bytes(await stream.read())
            blocks = stream.iter_by_block(100) if way == 1 else stream.iter_by_line()
            return b"".join([block async for block in blocks])

    async def move(self, client: Any) -> None:
        await client.rename(self.name(), self.name())

    async def upload(self, client: Any) -> None:
        source = self.local / self.random.choice(["file", "none"])
        await client.upload(source, self.name(), write_into=True)

    async def download(self, client: Any) -> object:
        await client.download(self.random.choice(NAMES[:3]), self.local / "got", write_into=True)
        return contents(self.local)

    async def look(self, client: Any) -> object:
        name = self.name()
        return [
            await self.outcome(ask(name)) for ask in (client.exists, client.is_dir, client.is_file)
        ]

    async def another(self, client: Any) -> object:
        other = self.package.Client(socket_timeout=5)
        password = self.random.choice(["p", "wrong"])
        told = [
            await self.outcome(other.connect("127.0.0.1", client.server_port)),
            await self.outcome(other.login("u", password)),
        ]
        other.close()
        await asyncio.sleep(0.05)
        return told

    async def tell(self, client: Any) -> object:
        line = self.random.choice(["SYST", "PBSZ 0", "PROT P", "CDUP", "NONE such", "MKD"])
        code, _ = await client.command(line, ("2xx",))
        return str(code)

    async def outcome(self, call: Awaitable[object]) -> Outcome:
        """What a call gives, or how it fails."""
        try:
            return shown(await asyncio.wait_for(call, 20))
        except self.package.StatusCodeError as error:
            return [CODES.get(str(code), str(code)) for code in error.received_codes]
        except self.package.PathIOError as error:
            return error.reason[0].__name__
        except Exception as error:
            return type(error).__name__

    async def run(self) -> list[Outcome]:
        """All of it."""
        choose = self.random.choice
        package = self.package
        rights = [package.Permission("/")]
        if self.random.random() < 0.4:
            readable, writable = choose([True, True, False]), choose([True, False])
            rights.append(package.Permission("/d", readable=readable, writable=writable))
        is_memory = choose([False, False, True])
        user = package.User(
            *("u", "p"),
            base_path="/" if is_memory else self.served,
            permissions=rights,
            maximum_connections=choose([None, 2]),
        )
        disk = choose(["PathIO", "AsyncPathIO"])
        factory = getattr(package, "MemoryPathIO" if is_memory else disk)
        server = package.Server([user], path_io_factory=factory)
        if not is_memory:
            (self.served / "d" / "e").mkdir(parents=True)
            (self.served / "a").write_bytes(b"hello\nworld\n")
            (self.served / "d" / "e" / "y").write_bytes(b"1\n2\n3" * 50)
        await server.start("127.0.0.1", 0)
        client = package.Client(socket_timeout=5, path_io_factory=getattr(package, disk))
        await client.connect("127.0.0.1", server.server_port)
        await client.login("u", "p")
        count = self.random.randint(5, 15)
        told = [await self.outcome(choose(self.calls)(client)) for _ in range(count)]
        told.append(await self.outcome(client.quit()))
        client.close()
        await server.close()
        return [*told, contents(self.served)]


def contents(folder: Path) -> list[tuple[str, bytes | None]]:
    """What lies in a folder."""
    return sorted(
        (path.relative_to(folder).as_posix(), path.read_bytes() if path.is_file() else None)
        for path in folder.rglob("*")
    )


def shown(value: Any) -> Outcome:
    """What has to be the same of a result: no times, and no sizes of folders."""
    match value:
        case [(_, {"type": _}), *_]:
            return sorted((str(path), shown(info)) for path, info in value)
        case {"type": "file", "size": size}:
            return ("file", size)
        case {"type": kind}:
            return kind
    return value


@pytest.mark.parametrize("seed", range(deep(12, 200)))
async def test_the_same_outcomes(seed: int, tmp_path: Path) -> None:
    packages = pytest.importorskip("aioftp"), anyftp_compat
    told = [await Sequence(each, seed, tmp_path / each.__name__).run() for each in packages]
    for number, (theirs, ours) in enumerate(zip(*told, strict=True)):
        assert ours == theirs, f"outcome {number}"
