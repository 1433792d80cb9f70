"""HASH and the X family."""

from __future__ import annotations

import hashlib
import random
import zlib
from pathlib import Path, PurePosixPath

import anyio
import pytest

from anyftp._fs import LocalFileSystem, MemoryFileSystem, ReadFile
from server.probe import Probe, logged_in, server_of, serving

pytestmark = pytest.mark.anyio

CONTENT = random.Random(1321).randbytes(2_500_000)
SHA_256 = hashlib.sha256(CONTENT).hexdigest()
EXTENSIONS = ["HASH", "XCRC", "XMD5", "XSHA", "XSHA1", "XSHA256", "XSHA512", "RANG"]


def scene() -> MemoryFileSystem:
    tree = MemoryFileSystem()
    tree.put("/f", CONTENT)
    tree.put("/empty", b"")
    tree.put("/d/two words", b"0123456789")
    return tree


async def test_hash(tmp_path: Path) -> None:
    (tmp_path / "f").write_bytes(CONTENT)
    async with logged_in(server_of(LocalFileSystem(tmp_path), extensions=["HASH"])) as probe:
        assert await probe.ask("HASH f") == f"213 SHA-256 0-2499999 {SHA_256} f"
        await probe.codes("TYPE A", "OPTS HASH MD5")
        digest = hashlib.md5(CONTENT).hexdigest()
        assert await probe.ask("HASH /f") == f"213 MD5 0-2499999 {digest} /f"
        await probe.ask("OPTS HASH CRC32")
        assert await probe.ask("HASH f") == f"213 CRC32 0-2499999 {zlib.crc32(CONTENT):08x} f"


async def test_hash_of_nothing_and_of_what_there_is_not() -> None:
    async with logged_in(server_of(scene(), extensions=["HASH"])) as probe:
        assert f"0-0 {hashlib.sha256().hexdigest()} empty" in await probe.ask("HASH empty")
        assert await probe.codes("HASH d", "HASH no") == ["550", "550"]


async def test_hash_of_a_range() -> None:
    async with logged_in(server_of(scene(), extensions=EXTENSIONS)) as probe:
        assert await probe.codes("RANG 100 1200000") == ["350"]
        part = hashlib.sha256(CONTENT[100:1_200_001]).hexdigest()
        assert await probe.ask("HASH f") == f"213 SHA-256 100-1200000 {part} f"
        assert SHA_256 in await probe.ask("HASH f")
        await probe.ask("RANG 8 99")
        part = hashlib.sha256(b"89").hexdigest()
        assert await probe.ask("HASH d/two words") == f"213 SHA-256 8-9 {part} d/two words"
        assert await probe.codes("RANG 3000000 3000001", "HASH f") == ["350", "554"]


@pytest.mark.parametrize("verb", ["XMD5", "XSHA", "XSHA1", "XSHA256", "XSHA512"])
async def test_the_x_family(verb: str) -> None:
    name = {"XMD5": "md5", "XSHA256": "sha256", "XSHA512": "sha512"}.get(verb, "sha1")
    async with logged_in(server_of(scene(), extensions=EXTENSIONS)) as probe:
        expected = hashlib.new(name, CONTENT).hexdigest()
        assert await probe.ask(f"{verb} f") == f"250 {expected}"
        expected = hashlib.new(name, b"0123456789").hexdigest()
        assert await probe.ask(f"{verb} d/two words") == f"250 {expected}"


async def test_ranges_of_the_x_family() -> None:
    async with logged_in(server_of(scene(), extensions=EXTENSIONS)) as probe:
        assert await probe.ask("XCRC f") == f"250 {zlib.crc32(CONTENT):08X}"
        assert await probe.ask('XCRC "d/two words" 4') == f"250 {zlib.crc32(b'0123'):08X}"
        assert await probe.ask('XCRC "d/two words" 4 6') == f"250 {zlib.crc32(b'45'):08X}"
        assert await probe.ask('XCRC "d/two words" 4 4') == "250 00000000"
        assert await probe.codes('XCRC "d/two words" 6 4', 'XCRC "f" 9999999 9999999') == [
            "501",
            "554",
        ]
        assert await probe.codes('XCRC "no"', "XCRC d", "XCRC a\x00b") == ["550", "550", "501"]


class Endless(ReadFile):
    """A file that never ends; `blocks` counts what was read of it."""

    size, modified = 1 << 60, 0.0

    def __init__(self) -> None:
        self.blocks = 0
        self.is_open = True

    async def readinto(self, buffer: memoryview, /) -> int:
        await anyio.sleep(0)
        self.blocks += 1
        return len(buffer)

    async def aclose(self) -> None:
        self.is_open = False


class EndlessTree(MemoryFileSystem):
    def __init__(self) -> None:
        super().__init__()
        self.file = Endless()

    async def open_read(self, path: PurePosixPath, offset: int = 0) -> Endless:  # type: ignore[override]
        return self.file


async def test_abor_ends_it_and_others_are_answered_meanwhile() -> None:
    tree = EndlessTree()
    async with logged_in(server_of(tree, extensions=["HASH"])) as probe:
        await probe.send("HASH f")
        while tree.file.blocks < 2:
            assert (await probe.ask("NOOP"))[:3] == "200"
        assert "HASH f: " in await probe.ask("STAT")
        await probe.send("PWD", "ABOR")
        assert [(await probe.reply())[:3] for _ in range(3)] == ["426", "257", "226"]
        assert not tree.file.is_open


async def test_a_client_that_leaves_ends_it() -> None:
    tree = EndlessTree()
    async with serving(server_of(tree, extensions=["XCRC"])) as address:
        async with await Probe.connect(address) as probe:
            await probe.log_in()
            await probe.send("XCRC f")
            assert (await probe.ask("NOOP"))[:3] == "200"
        with anyio.fail_after(5):
            while tree.file.is_open:
                await anyio.sleep(0.01)


async def test_a_hash_between_epsv_and_retr_keeps_the_port() -> None:
    async with logged_in(server_of(scene(), extensions=["HASH"])) as probe:
        async with await probe.open_data() as data:
            assert await probe.codes("HASH f", "RETR f") == ["213", "150"]
            assert await data.read() == CONTENT
        assert (await probe.reply())[:3] == "226"
