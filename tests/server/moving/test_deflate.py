"""MODE Z: compressed both ways, in constant memory, and nothing broken passes for whole."""

from __future__ import annotations

import random
import ssl
import tracemalloc
import zlib
from pathlib import Path, PurePosixPath

import anyio
import pytest

from anyftp._fs import FileSystem, LocalFileSystem, MemoryFileSystem, WriteFile
from anyftp._server import Server, User
from server.probe import Probe, logged_in, server_of, serving
from support.patient_clocks import patient

pytestmark = pytest.mark.anyio

NOISE = random.Random(1951).randbytes(700_001)
ZEROS = bytes(3_000_000)


@pytest.fixture(params=["local", "memory"])
def tree(request: pytest.FixtureRequest, tmp_path: Path) -> FileSystem:
    return LocalFileSystem(tmp_path) if request.param == "local" else MemoryFileSystem()


def with_mode_z(tree: FileSystem | None = None, **options: object) -> Server:
    return server_of(tree, extensions=["MODE Z", "RANG"], **options)


async def test_it_is_off_by_default() -> None:
    async with logged_in() as probe:
        assert await probe.codes("MODE Z", "MODE S") == ["504", "200"]


@pytest.mark.parametrize("content", [b"", b"x", NOISE, ZEROS, NOISE + ZEROS])
async def test_there_and_back(tree: FileSystem, content: bytes) -> None:
    async with logged_in(with_mode_z(tree)) as probe:
        assert await probe.codes("MODE Z") == ["200"]
        reply = await probe.upload("STOR f", zlib.compress(content))
        assert reply == f"226 {len(content)} bytes received."
        wire, reply = await probe.download("RETR f")
        assert zlib.decompress(wire) == content
        assert reply == f"226 {len(content)} bytes sent."
        assert await probe.codes("MODE S") == ["200"]
        assert (await probe.download("RETR f"))[0] == content


async def test_nothing_at_all_is_an_empty_file() -> None:
    tree = MemoryFileSystem()
    async with logged_in(with_mode_z(tree)) as probe:
        await probe.ask("MODE Z")
        assert (await probe.upload("STOR f", b""))[:3] == "226"
        assert tree.get("f") == b""


async def test_resumed_and_in_parts() -> None:
    tree = MemoryFileSystem()
    tree.put("/f", NOISE)
    async with logged_in(with_mode_z(tree)) as probe:
        await probe.codes("MODE Z", "REST 600000")
        assert zlib.decompress((await probe.download("RETR f"))[0]) == NOISE[600_000:]
        await probe.ask("RANG 10 19")
        assert zlib.decompress((await probe.download("RETR f"))[0]) == NOISE[10:20]
        await probe.ask("REST 700000")
        assert (await probe.upload("STOR f", zlib.compress(b"end")))[:3] == "226"
        assert tree.get("f") == NOISE[:700_000] + b"end"


async def test_text() -> None:
    tree = MemoryFileSystem()
    tree.put("/f", b"a\nb\n")
    async with logged_in(with_mode_z(tree)) as probe:
        await probe.codes("MODE Z", "TYPE A")
        assert zlib.decompress((await probe.download("RETR f"))[0]) == b"a\r\nb\r\n"
        assert (await probe.upload("STOR g", zlib.compress(b"c\r\n")))[:3] == "226"
        assert tree.get("g") == b"c\n"


@pytest.mark.parametrize("line", ["LIST", "NLST", "MLSD"])
async def test_listings(line: str) -> None:
    tree = MemoryFileSystem()
    async with logged_in(with_mode_z(tree)) as probe:
        await probe.ask("MODE Z")
        assert zlib.decompress((await probe.download(line))[0]) == b""
        for number in range(3000):
            tree.put(f"/{number}", b"")
        text = zlib.decompress((await probe.download(line))[0])
        assert {name.split()[-1] for name in text.splitlines()} == {
            str(number).encode() for number in range(3000)
        }


async def test_over_tls(server_tls: ssl.SSLContext, client_tls: ssl.SSLContext) -> None:
    async with (
        serving(with_mode_z(ssl_context=server_tls)) as address,
        await Probe.connect(address) as probe,
    ):
        await probe.reply()
        await probe.start_tls(client_tls)
        await probe.log_in_again()
        await probe.ask("MODE Z")
        async with await probe.open_data() as data:
            assert (await probe.ask("STOR f"))[:3] == "150"
            await data.start_tls(client_tls, "127.0.0.1")
            await data.write(zlib.compress(NOISE))
            await data.aclose()
        assert (await probe.reply())[:3] == "226"
        async with await probe.open_data() as data:
            await probe.ask("RETR f")
            await data.start_tls(client_tls, "127.0.0.1")
            assert zlib.decompress(await data.read()) == NOISE
            await data.aclose()
        assert (await probe.reply())[:3] == "226"


@pytest.mark.parametrize(
    "wire",
    [
        zlib.compress(NOISE)[:-1],
        zlib.compress(NOISE)[:300_000],
        zlib.compress(b"x") + b"y",
        zlib.compress(b"x") + zlib.compress(b"y"),
        b"no zlib at all",
        NOISE,
        zlib.compress(b"x")[:1],
        zlib.compress(b"x")[:-4] + b"1234",
    ],
    ids=["short", "half", "more", "two", "text", "noise", "one byte", "checksum"],
)
async def test_what_is_broken_is_no_file(tree: FileSystem, wire: bytes) -> None:
    async with logged_in(with_mode_z(tree)) as probe:
        await probe.upload("STOR f", b"old")
        await probe.ask("MODE Z")
        reply = await probe.upload("STOR f", wire)
        assert reply.startswith("426 MODE Z: ")
        await probe.ask("MODE S")
        assert (await probe.download("RETR f"))[0] == b"old"


async def test_a_listing_is_small_and_a_level_of_0_is_none() -> None:
    tree = MemoryFileSystem()
    tree.put("/f", ZEROS)
    async with logged_in(with_mode_z(tree)) as probe:
        await probe.codes("MODE Z", "OPTS MODE Z LEVEL 0")
        assert len((await probe.download("RETR f"))[0]) > len(ZEROS)
        await probe.ask("OPTS MODE Z LEVEL 9")
        assert len((await probe.download("RETR f"))[0]) < 20_000


class Sink(WriteFile):
    """Counts what it is given, and fails beyond a quota."""

    def __init__(self) -> None:
        self.nbytes = self.largest = 0

    async def write(self, data: memoryview, /) -> None:
        await anyio.sleep(0)
        self.nbytes += data.nbytes
        self.largest = max(self.largest, data.nbytes)

    async def commit(self) -> None:
        pass

    async def aclose(self) -> None:
        pass


class Sinks(MemoryFileSystem):
    def __init__(self) -> None:
        super().__init__()
        self.sink = Sink()

    async def open_write(self, path: PurePosixPath, **how: object) -> Sink:  # type: ignore[override]
        return self.sink


async def test_a_bomb_takes_no_memory() -> None:
    """60 KB on the wire are 60 MB in the file."""
    compressor = zlib.compressobj(9)
    piece = bytes(10_000_000)
    bomb = b"".join(compressor.compress(piece) for _ in range(6)) + compressor.flush()
    tree = Sinks()
    async with logged_in(with_mode_z(tree)) as probe:
        await probe.ask("MODE Z")
        tracemalloc.start()
        try:
            assert (await probe.upload("STOR f", bomb))[:3] == "226"
            _, peak = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
    assert tree.sink.nbytes == 60_000_000
    assert peak < 12_000_000


async def test_throttles_count_what_is_on_the_wire() -> None:
    """At 100 kB/s the 3 MB of zeros would take 30 s; compressed they are 3 kB."""
    tree = MemoryFileSystem()
    tree.put("/f", ZEROS)
    user = User("bob", "secret", file_system=tree, write_speed_limit=100_000)
    async with logged_in(Server([user], extensions=["MODE Z"])) as probe:
        await probe.ask("MODE Z")
        with anyio.fail_after(10):
            assert zlib.decompress((await probe.download("RETR f"))[0]) == ZEROS


@patient
async def test_abor_and_a_standstill() -> None:
    tree = MemoryFileSystem()
    async with logged_in(with_mode_z(tree, stall_timeout=0.2)) as probe:
        await probe.ask("MODE Z")
        async with await probe.open_data() as data:
            await probe.ask("STOR f")
            await data.write(zlib.compress(NOISE)[:1000])
            await probe.send("ABOR")
            assert [(await probe.reply())[:3] for _ in range(2)] == ["426", "226"]
        async with await probe.open_data() as data:
            await probe.ask("STOR f")
            await data.write(zlib.compress(NOISE)[:1000])
            assert (await probe.reply())[:3] == "426"
    assert tree.names() == []
