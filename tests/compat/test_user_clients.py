"""Clients as users of aioftp write them: they see the same by aioftp and by ours.

Each program is given the package, a server and a local folder. What differs on purpose is not among
them: rows of docs/design/compat.md have tests of their own.
"""

# Classes of either package are Any here.
# mypy: allow-subclassing-any

from __future__ import annotations

import asyncio
import functools
import gc
import io
import os
import shutil
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path, PurePosixPath
from socket import gaierror
from typing import Any

import pytest

import anyftp_compat
from compat.peer import Peer
from support.clocks import ASYNCIO, Backend

pytestmark = [
    pytest.mark.anyio,
    pytest.mark.interop,
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]

Program = Callable[[Any, Peer, Path], Awaitable[Any]]
PROGRAMS: dict[str, Program] = {}

#: Those that are run on other servers too, because the servers' manners matter to them. Of vsftpd
#: aioftp hears nothing while a stream is open, and waits for ever.
ELSEWHERE = {
    "aioftp": {"aborted_in_the_middle", "asked_while_a_stream_is_open"},
    "vsftpd": {"names_of_all_kinds", "logged_in_twice", "commands_of_ones_own"},
}
for _names in ELSEWHERE.values():
    _names |= {"all_of_a_kind", "resumed", "trees_to_and_fro", "moved_and_removed"}

LINES = b"".join(b"line %d\n" % number for number in range(2000))


@pytest.fixture
def anyio_backend() -> Backend:
    """What is compared does not depend on the event loop."""
    return ASYNCIO


def program(function: Program) -> Program:
    PROGRAMS[function.__name__] = function
    return function


def logged_in(package: Any, peer: Peer, **options: Any) -> Any:
    return package.Client.context("127.0.0.1", peer.port, "user", "secret", **options)


def plant(root: Path) -> None:
    (root / "music" / "deep").mkdir(parents=True)
    (root / "music" / "a.mp3").write_bytes(b"a" * 1000)
    (root / "music" / "deep" / "b.mp3").write_bytes(b"b" * 70_000)
    (root / "music" / "c.txt").write_bytes(b"c")
    (root / "big").write_bytes(bytes(range(256)) * 16_384)
    (root / "lines").write_bytes(LINES)
    (root / "huge").touch()
    os.truncate(root / "huge", 1 << 25)  # more than fits between server and client


def tree(root: Path) -> list[str]:
    return sorted(str(path.relative_to(root)) for path in root.rglob("*"))


@program
async def all_of_a_kind(package: Any, peer: Peer, local: Path) -> Any:
    """As in aioftp's README."""
    async with logged_in(package, peer) as client:
        for path, info in await client.list(recursive=True):
            if info["type"] == "file" and path.suffix == ".mp3":
                await client.download(path, local)
    return tree(local)


@program
async def asked_while_a_stream_is_open(package: Any, peer: Peer, local: Path) -> Any:
    """A download that shows how far it has come asks for the size when it has begun."""
    async with logged_in(package, peer) as client:
        async with client.download_stream("huge") as stream:
            size = int((await client.stat("huge"))["size"])
            told = [await client.exists("lines"), await client.is_dir("music")]
            nbytes = 0
            async for block in stream.iter_by_block(65536):
                nbytes += len(block)
        return told, nbytes == size, await client.get_current_directory()


@program
async def read_by_the_reader(package: Any, peer: Peer, local: Path) -> Any:
    """Calls on `stream.reader` do and refuse what asyncio's readers do and refuse."""

    async def told(reading: Awaitable[bytes]) -> object:
        try:
            return await reading
        except (asyncio.IncompleteReadError, asyncio.LimitOverrunError, ValueError) as error:
            return type(error), getattr(error, "partial", None)

    told_of: list[object] = []
    (peer.root / "long").write_bytes(bytes(1 << 18) + b"\nend")
    async with logged_in(package, peer) as client:
        async with client.download_stream("lines") as stream:
            reader = stream.reader
            for _ in range(3):
                told_of += [await stream.read(10), await told(reader.readline())]
                told_of += [await reader.read(7), await told(stream.readexactly(5))]
            told_of += [await told(reader.readuntil(b"2\nline")), await told(stream.readline())]
            told_of += [await told(reader.readexactly(3)), await told(reader.readuntil(b""))]
            told_of += [await told(reader.readexactly(-1)), await told(stream.readexactly(1 << 20))]
            told_of += [await told(reader.read()), await told(reader.readline()), reader.at_eof()]
        async with client.download_stream("long") as stream:
            told_of += [
                await told(stream.reader.readuntil(b"\n")),
                await told(stream.reader.read(5)),
            ]
            told_of.append(len(await stream.read()))
    return told_of


@program
async def aborted_in_the_middle(package: Any, peer: Peer, local: Path) -> Any:
    async with logged_in(package, peer) as client:
        stream = await client.download_stream("huge")
        async for _ in stream.iter_by_block():
            break
        await client.abort()
        stream.close()
        await client.change_directory("music")
        return await client.get_current_directory()


@program
async def resumed(package: Any, peer: Peer, local: Path) -> Any:
    target = local / "part"
    target.write_bytes(LINES[:777])
    async with logged_in(package, peer) as client:
        with target.open("ab") as file:
            async with client.download_stream("lines", offset=777) as stream:
                async for block in stream.iter_by_block():
                    file.write(block)
        async with client.upload_stream("up") as stream:
            await stream.write(b"0123456789")
        async with client.upload_stream("up", offset=5) as stream:
            await stream.write(b"abc")
        async with client.append_stream("up") as stream:
            await stream.write(b"END")
    return target.read_bytes() == LINES, (peer.root / "up").read_bytes()


@program
async def names_of_all_kinds(package: Any, peer: Peer, local: Path) -> Any:
    async with logged_in(package, peer) as client:
        await client.make_directory("with blank/ünter")
        async with client.upload_stream("with blank/ünter/文 件") as stream:
            await stream.write(b"x")
        names = [str(path) async for path, _ in client.list("with blank", recursive=True)]
        await client.download("with blank", local)
        return names, await client.exists("with blank/ünter/文 件"), tree(local)


@program
async def one_connection_for_each(package: Any, peer: Peer, local: Path) -> Any:
    turns = asyncio.Semaphore(3)

    async def fetch(name: str) -> int:
        async with turns, logged_in(package, peer) as client:
            data = io.BytesIO()
            async with client.download_stream(name) as stream:
                async for block in stream.iter_by_block():
                    data.write(block)
        return len(data.getvalue())

    return await asyncio.gather(*map(fetch, ["big", "lines", "music/a.mp3"] * 2))


@program
async def trees_to_and_fro(package: Any, peer: Peer, local: Path) -> Any:
    source = local / "source"
    (source / "x" / "y").mkdir(parents=True)
    (source / "x" / "y" / "f").write_bytes(b"1")
    (source / "top").write_bytes(b"2")
    (source / "empty").mkdir()
    async with logged_in(package, peer) as client:
        await client.upload(source, "target", write_into=True)
        await client.upload(source / "top")
        await client.upload(source / "top", "d1/d2")
        await client.download("target", local / "back")
        await client.download("target", local / "other", write_into=True)
    return tree(peer.root), tree(local)


@program
async def moved_and_removed(package: Any, peer: Peer, local: Path) -> Any:
    async with logged_in(package, peer) as client:
        await client.rename("lines", "music/moved")
        await client.remove("music/deep")
        await client.remove_file("big")
        await client.make_directory("a/b/c")
        await client.remove_directory("a/b/c")
        told = [await client.exists(name) for name in ("lines", "music/moved", "a/b", "a/b/c")]
        return told, tree(peer.root)


@program
async def pieces_of_all_sizes(package: Any, peer: Peer, local: Path) -> Any:
    """Lines, exact counts, blocks and the reader itself, in turn."""
    async with logged_in(package, peer) as client:
        async with client.download_stream("lines") as stream:
            parts = [await stream.readline(), await stream.readexactly(10), await stream.read(3)]
            parts += [await stream.reader.readline(), await stream.read()]
        assert b"".join(parts) == LINES
        async with client.download_stream("lines") as stream:
            with pytest.raises(asyncio.IncompleteReadError) as caught:
                await stream.readexactly(10**6)
        return parts[:4], len(caught.value.partial), caught.value.expected


@program
async def a_file_where_a_folder_is_expected(package: Any, peer: Peer, local: Path) -> Any:
    async with logged_in(package, peer) as client:
        try:
            found = [str(path) for path, _ in await client.list("lines")]
        except package.errors.StatusCodeError as error:
            return [str(code) for code in error.received_codes]
        return found


@program
async def arguments_as_they_come_from_settings(package: Any, peer: Peer, local: Path) -> Any:
    """Ports are text in the environment and in URLs; names and passwords may be missing."""
    told: list[Any] = []
    place: Any
    for place in (("127.0.0.1", str(peer.port)), (None, peer.port), (None, str(peer.port))):
        async with package.Client.context(*place, "user", "secret") as client:
            told.append(str(await client.get_current_directory()))
    for port, error in (("no such service", gaierror), (None, ConnectionRefusedError)):
        with pytest.raises(error):
            await package.Client().connect("127.0.0.1", port)
    client = package.Client()
    await client.connect("127.0.0.1", peer.port)
    wrong: Any
    for wrong in ((None, "secret"), ("user", None), ("user", b"secret")):
        with pytest.raises(TypeError):
            await client.login(*wrong)
    client.close()
    return told


@program
async def a_restart_by_hand(package: Any, peer: Peer, local: Path) -> Any:
    """REST as a command: how much the download brings is then for the server to say."""
    told = []
    async with logged_in(package, peer) as client:
        for where in (100, len(LINES)):
            await client.command("TYPE I", "200")
            await client.command(f"REST {where}", "350")
            async with client.get_stream("RETR lines", "1xx") as stream:
                told.append(await stream.read() == LINES[where:])
        async with client.download_stream("lines") as stream:
            told.append(await stream.read() == LINES)
    return told


@program
async def logged_in_twice(package: Any, peer: Peer, local: Path) -> Any:
    async with logged_in(package, peer) as client:
        await client.login("user", "secret")
        return (await client.stat("big"))["size"]


@program
async def logged_in_at_the_second_try(package: Any, peer: Peer, local: Path) -> Any:
    client = package.Client()
    await client.connect("127.0.0.1", peer.port)
    with pytest.raises(package.StatusCodeError) as caught:
        await client.login("user", "wrong")
    await client.login("user", "secret")
    here = await client.get_current_directory()
    await client.quit()
    return caught.value.received_codes, caught.value.expected_codes, here


@program
async def a_parser_of_ones_own(package: Any, peer: Peer, local: Path) -> Any:
    def parse(line: bytes) -> Any:
        words = line.decode().split(None, 8)
        if len(words) < 9:
            raise ValueError("too short")
        kind = "dir" if words[0].startswith("d") else "file"
        return PurePosixPath(words[8].rstrip()), {"type": kind, "size": words[4], "mine": "yes"}

    def fail(line: bytes) -> Any:
        raise ValueError(line)

    told: list[Any] = []
    options: Any
    for options in ({}, {"parse_list_line_custom_first": False}):
        async with logged_in(package, peer, parse_list_line_custom=parse, **options) as client:
            for raw in ("LIST", None):
                found = await client.list("music", raw_command=raw)
                told += [sorted((str(path), str(info.get("mine"))) for path, info in found)]
            told += [(await client.stat("music/a.mp3"))["size"]]
    async with logged_in(package, peer, parse_list_line_custom=fail) as client:
        told += [sorted(str(path) for path, _ in await client.list("music", raw_command="LIST"))]
    return told


@program
async def commands_of_ones_own(package: Any, peer: Peer, local: Path) -> Any:
    class Client(package.Client):
        async def size(self, path: str) -> int:
            _, info = await self.command(f"SIZE {path}", "213")
            return int(info[0])

        async def names(self, path: str) -> list[bytes]:
            async with self.get_stream(f"NLST {path}", "1xx") as stream:
                return sorted([line async for line in stream.iter_by_line()])

    async with Client.context("127.0.0.1", peer.port, "user", "secret") as client:
        await client.command("TYPE I", "200")
        told: list[Any] = [await client.size("lines"), await client.names("music")]
        for line in ("NOOP", "SYST", "MDTM nothing", "XYZZY", "TYPE I", "PWD"):
            try:
                code, _ = await client.command(line, "2xx")
                told.append(str(code))
            except package.StatusCodeError as error:
                told.append((str(error.received_codes[-1]), error.expected_codes))
        return told


@program
async def a_listing_as_it_comes(package: Any, peer: Peer, local: Path) -> Any:
    async with logged_in(package, peer) as client:
        stream = await client.get_stream("LIST music", ("150", "125"), conn_type="A")
        data = await stream.read()
        await stream.finish()
        return sorted(line.split()[-1] for line in data.splitlines())


@program
async def connections_by_hand(package: Any, peer: Peer, local: Path) -> Any:
    async with logged_in(package, peer) as client:
        reader, writer = await client.get_passive_connection("I")
        await client.command("RETR lines", "1xx")
        data = b""
        while block := await reader.read(1000):
            data += block
        writer.close()
        code, _ = await client.command(None, "2xx", "1xx")
        reader, writer = await client.get_passive_connection("I", commands=["pasv"])
        await client.command("STOR put", "1xx")
        writer.write(b"hello")
        await writer.drain()
        writer.close()
        await writer.wait_closed()
        await client.command(None, "2xx", "1xx")
    return data == LINES, code, (peer.root / "put").read_bytes()


@program
async def watched_by_a_throttle(package: Any, peer: Peer, local: Path) -> Any:
    told: list[object] = []

    class Watching(package.Throttle):
        async def wait(self) -> None:
            told.append("wait")
            await super().wait()

        def append(self, data: Any, start: float) -> None:
            told.append(len(data))
            super().append(data, start)

    async with logged_in(package, peer) as client, client.upload_stream("up") as stream:
        throttles = (Watching(limit=10**9), Watching(limit=10**9))
        stream.throttles["mine"] = package.StreamThrottle(*throttles)
        await stream.write(b"a" * 100)
        await stream.write(b"b" * 20_000)
    return told


@program
async def sleeps_that_take_no_time(package: Any, peer: Peer, local: Path) -> Any:
    genuine, recorded = asyncio.sleep, []

    async def record(delay: float, result: Any = None) -> Any:
        recorded.append(delay)
        return await genuine(0, result)

    asyncio.sleep = record
    try:
        async with (
            logged_in(package, peer, read_speed_limit=1000) as client,
            client.download_stream("lines") as stream,
        ):
            data = b"".join([block async for block in stream.iter_by_block(1000)])
    finally:
        asyncio.sleep = genuine
    return data == LINES, sum(recorded) > 10


@program
async def a_limit_for_several_clients(package: Any, peer: Peer, local: Path) -> Any:
    limit = package.StreamThrottle.from_limits(write_speed_limit=200_000)

    async def send(name: str) -> None:
        async with logged_in(package, peer) as client:
            client.throttle = limit
            async with client.upload_stream(name) as stream:
                for _ in range(8):
                    await stream.write(b"x" * 5000)

    begin = time.monotonic()
    await asyncio.gather(send("one"), send("two"))
    return time.monotonic() - begin > 0.2


@program
async def files_by_an_executor(package: Any, peer: Peer, local: Path) -> Any:
    with ThreadPoolExecutor(2, "mine") as executor:
        factory = functools.partial(package.AsyncPathIO, executor=executor)
        async with logged_in(package, peer, path_io_factory=factory, path_timeout=5) as client:
            await client.download("music", local)
            await client.upload(local / "music", "copy", write_into=True)
    return tree(peer.root)


class SlowFile(io.FileIO):
    """A file on a disk that has all but died."""

    def read(self, count: int | None = -1, /) -> bytes:
        time.sleep(0.5)
        return super().read(count) or b""

    def readinto(self, buffer: Any, /) -> int:
        time.sleep(0.5)
        return super().readinto(buffer) or 0

    def write(self, data: Any, /) -> int:
        time.sleep(0.5)
        return super().write(data) or 0


class SlowPath(type(Path())):  # type: ignore[misc]  # Path has no other way before 3.12
    def open(self, mode: str = "r", *args: Any, **options: Any) -> Any:
        return SlowFile(str(self), mode.replace("b", ""))


@program
async def files_that_take_too_long(package: Any, peer: Peer, local: Path) -> Any:
    """`path_timeout` bounds each operation, whole files or not."""

    class Slow(package.AsyncPathIO):
        """Not the package's own, so that the bytes go by its methods."""

    told = []
    (local / "file").write_bytes(b"x" * 100)
    for factory in (package.AsyncPathIO, Slow):
        for call in ("upload", "download"):
            client = package.Client(path_io_factory=factory, path_timeout=0.1)
            await client.connect("127.0.0.1", peer.port)
            await client.login("user", "secret")
            client.path_io.open = functools.partial(open_slowly, client.path_io)
            names = (local / "file", "up") if call == "upload" else ("lines", local / "down")
            with pytest.raises(package.PathIOError) as caught:
                await getattr(client, call)(*names, write_into=True)
            client.close()
            told.append(caught.value.reason[0].__name__)
    return told


def open_slowly(path_io: Any, path: Path, *args: Any, **options: Any) -> Any:
    return type(path_io).open(path_io, SlowPath(path), *args, **options)


@program
async def what_goes_wrong(package: Any, peer: Peer, local: Path) -> Any:
    told: list[object] = []
    async with logged_in(package, peer) as client:
        calls: list[Callable[[], Awaitable[Any]]] = [
            lambda: client.stat("nothing"),
            lambda: client.download("nothing", local),
            lambda: client.remove_file("nothing"),
            lambda: client.rename("nothing", "x"),
            lambda: client.change_directory("nothing"),
            lambda: client.make_directory("music", parents=False),
            lambda: client.make_directory("lines"),
            lambda: client.make_directory("nothing/x", parents=False),
            lambda: client.remove_directory("music"),
            lambda: client.upload(local / "nothing"),
            lambda: client.remove("nothing"),
            lambda: client.is_file("nothing"),
            lambda: client.exists("nothing"),
            lambda: client.download_stream("music"),
        ]
        for call in calls:
            try:
                told.append(await call())
            except package.StatusCodeError as error:
                told.append((error.expected_codes, [code[0] for code in error.received_codes]))
        gc.collect()  # aioftp leaves a socket open
        await asyncio.sleep(0.01)
    return told


@program
async def a_block_that_raises(package: Any, peer: Peer, local: Path) -> Any:
    async def fail() -> None:
        async with logged_in(package, peer) as client, client.upload_stream("half") as stream:
            await stream.write(b"half")
            raise KeyError

    with pytest.raises(KeyError):
        await fail()


@program
async def buffers_of_all_kinds(package: Any, peer: Peer, local: Path) -> Any:
    async def blocks() -> AsyncIterator[bytes]:
        for number in range(50):
            yield bytes([number]) * 3000

    async with (
        logged_in(package, peer) as client,
        client.upload_stream(PurePosixPath("/up")) as stream,
    ):
        async for block in blocks():
            await stream.write(memoryview(block))
        await stream.write(bytearray(b"tail"))
        await stream.write(b"")
    return (peer.root / "up").stat().st_size


@program
async def from_one_client_to_the_other(package: Any, peer: Peer, local: Path) -> Any:
    async with (
        logged_in(package, peer) as one,
        logged_in(package, peer) as other,
        one.download_stream("big") as source,
        other.upload_stream("copy") as target,
    ):
        async for block in source.iter_by_block():
            await target.write(block)
    return (peer.root / "copy").read_bytes() == (peer.root / "big").read_bytes()


@program
async def files_in_memory(package: Any, peer: Peer, local: Path) -> Any:
    async with logged_in(package, peer, path_io_factory=package.MemoryPathIO) as client:
        await client.download("music", "/")
        names = [str(path) for path in await client.path_io.list(PurePosixPath("/music"))]
        await client.upload("/music", "copy", write_into=True)
    return sorted(names), tree(peer.root)


@program
async def a_folder_of_many(package: Any, peer: Peer, local: Path) -> Any:
    async with logged_in(package, peer) as client:
        await client.make_directory("many")
        for number in range(300):
            (peer.root / "many" / f"f{number}").write_bytes(b"x" * number)
        found = await client.list("many")
        await client.remove("many")
    return len(found), sum(int(info["size"]) for _, info in found), tree(peer.root)


@program
async def before_and_after(package: Any, peer: Peer, local: Path) -> Any:
    """What there is to see of a client that is not connected yet, or not any more."""
    client = package.Client()
    for use in (client.quit, client.get_current_directory):
        with pytest.raises(ConnectionError):
            await use()
    await client.connect("127.0.0.1", peer.port)
    await client.login("user", "secret")
    client.close()
    await asyncio.sleep(0.02)
    with pytest.raises(ConnectionError):
        await client.get_current_directory()
    return client.server_host


@program
async def two_tasks_at_once(package: Any, peer: Peer, local: Path) -> Any:
    """They must not; the second is told so."""
    async with logged_in(package, peer) as client:
        first = asyncio.ensure_future(client.parse_response())
        await asyncio.sleep(0.02)
        with pytest.raises(RuntimeError):
            await client.parse_response()
        first.cancel()
        await asyncio.wait([first])


def places() -> list[Any]:
    found = [(name, "pyftpdlib") for name in PROGRAMS]
    return found + [(name, place) for place in ELSEWHERE for name in sorted(ELSEWHERE[place])]


@pytest.mark.parametrize(
    ("name", "shared_peer"), places(), indirect=["shared_peer"], scope="module"
)
async def test_the_same_is_seen(name: str, shared_peer: Peer, tmp_path: Path) -> None:
    oracle = pytest.importorskip("aioftp", reason="aioftp is not installed")
    peer = shared_peer
    told = []
    for package in (oracle, anyftp_compat):
        for path in peer.root.iterdir():
            shutil.rmtree(path) if path.is_dir() else path.unlink()
        plant(peer.root)
        owner = peer.root.stat()
        if owner.st_uid != os.geteuid():  # a daemon works as another account
            for path in peer.root.rglob("*"):
                os.chown(path, owner.st_uid, owner.st_gid)
        local = tmp_path / package.__name__
        local.mkdir()
        told.append(await PROGRAMS[name](package, peer, local))
        gc.collect()
        await asyncio.sleep(0.01)
    assert told[0] == told[1]
