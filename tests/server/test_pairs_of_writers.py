"""Two that write one file at the same time: what was confirmed is kept, or was replaced after it.

Each pair of ways to write, begun in either order, ended in either order or broken off: the file is
what it would be had the confirmed ones come one after the other.
"""

from __future__ import annotations

import errno
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import combinations, permutations, product
from pathlib import Path, PurePosixPath

import anyio
import pytest

from anyftp._errors import FileSystemError
from anyftp._fs import FileSystem, LocalFileSystem, MemoryFileSystem, QuotaFileSystem
from anyftp._protocol import OPTIONAL_VERBS
from anyftp._server import Server, User
from anyftp._streams import StreamIO
from server.probe import Probe, serving

pytestmark = pytest.mark.anyio

OLD = b"old-content"
WAYS = ["STOR", "APPE", "REST", "RANG", "STOU", "COMB", "RNTO", "DELE"]
IN_STEPS = {"STOR", "APPE", "REST", "RANG", "STOU"}
#: In which order two uploads are ended: the first, the second; a minus breaks it off.
ENDS = [(1, 2), (2, 1), (-1, 2), (1, -2), (2, -1), (-2, 1)]


def outcome(way: str, before: bytes | None, mark: bytes) -> bytes | None:
    """What a way makes of a file; None for no file."""
    old = before or b""
    if way in ("STOR", "RNTO"):
        return mark
    if way in ("APPE", "COMB"):
        return old + mark
    if way == "REST":
        return old[:3] + mark + old[3 + len(mark) :]
    if way == "RANG":
        return old[:1] + mark + old[1 + len(mark) :]
    return None if way == "DELE" else before


class Writer:
    """One session that writes in one way."""

    def __init__(self, probe: Probe, way: str, number: int) -> None:
        self.probe, self.way = probe, way
        self.mark = f"<{number}{number}{number}>".encode()
        self.data: StreamIO | None = None
        self.is_confirmed = False

    async def begin(self) -> None:
        """As far as it goes in one step."""
        probe, way = self.probe, self.way
        if way in IN_STEPS:
            self.data = await probe.open_data()
            end = len(self.mark)
            before = {"REST": ["REST 3"], "RANG": [f"RANG 1 {end}"]}.get(way, [])
            await probe.codes(*before)
            verb = "STOR" if way in ("REST", "RANG") else way
            if (await probe.ask(f"{verb} f"))[:3] == "150":
                await self.data.write(self.mark)
            else:
                await self.data.aclose()
                self.data = None
            return
        part = f"part{self.mark[1:2].decode()}"
        lines = {
            "COMB": [f"COMB f {part}"],
            "RNTO": [f"RNFR {part}", "RNTO f"],
            "DELE": ["DELE f"],
        }[way]
        self.is_confirmed = (await probe.codes(*lines))[-1] == "250"

    async def end(self, *, is_good: bool) -> None:
        """Let the data end, or break them off."""
        if self.data is None:
            return
        if is_good:
            await self.data.aclose()
            self.is_confirmed = (await self.probe.reply())[:3] == "226"
        else:
            await self.probe.send("ABOR")
            replies = [await self.probe.reply(), await self.probe.reply()]
            assert [reply[:3] for reply in replies] == ["426", "226"]
            await self.data.aclose()
        self.data = None


@asynccontextmanager
async def two(files: FileSystem) -> AsyncIterator[list[Probe]]:
    user = User("bob", "secret", file_system=files)
    server = Server([user], extensions=OPTIONAL_VERBS, login_delay=0.0)
    async with (
        serving(server) as address,
        await Probe.connect(address) as one,
        await Probe.connect(address) as other,
    ):
        for probe in (one, other):
            await probe.reply()
            assert (await probe.codes("USER bob", "PASS secret", "TYPE I"))[1] == "230"
        yield [one, other]


async def put(files: FileSystem, name: str, content: bytes) -> None:
    async with await files.open_write(PurePosixPath(name)) as file:
        await file.write(memoryview(content))
        await file.commit()


async def content(files: FileSystem, name: str) -> bytes | None:
    block = memoryview(bytearray(1000))
    try:
        async with await files.open_read(PurePosixPath(name)) as file:
            return bytes(block[: await file.readinto(block)])
    except FileSystemError as error:
        if error.errno != errno.ENOENT:
            raise
        return None


#: Which pairs and ends are tried: all on a disk; on the others those that they do otherwise.
CASES = [
    *[("disk", pair, True, ENDS) for pair in product(WAYS, WAYS)],
    *[("disk", pair, False, ENDS[:2]) for pair in product(WAYS, WAYS)],
    *[
        (kind, pair, True, ENDS[:2])
        for kind in ("memory", "quota")
        for pair in combinations(WAYS, 2)
    ],
]


def made(kind: str, folder: Path) -> FileSystem:
    if kind == "disk":
        return LocalFileSystem(folder)
    inner = MemoryFileSystem()
    return inner if kind == "memory" else QuotaFileSystem(inner, max_bytes=10_000)


@pytest.mark.parametrize("first", WAYS)
async def test_no_confirmed_byte_is_lost(first: str, tmp_path: Path) -> None:
    for number, (kind, pair, is_there, all_ends) in enumerate(CASES):
        if pair[0] != first:
            continue
        folder = tmp_path / str(number)
        folder.mkdir()
        files = made(kind, folder)
        async with two(files) as probes:
            for ends in all_ends:
                await _try(files, probes, pair, is_there, ends)


async def _try(
    files: FileSystem,
    probes: list[Probe],
    pair: tuple[str, str],
    is_there: bool,
    ends: tuple[int, int],
) -> None:
    if await content(files, "/f") is not None:
        await files.remove_file(PurePosixPath("/f"))
    if is_there:
        await put(files, "/f", OLD)
    for number in (1, 2):
        await put(files, f"/part{number}", f"<{number}{number}{number}>".encode())
    writers = [Writer(probes[n], pair[n], n + 1) for n in (0, 1)]
    with anyio.fail_after(20):
        for writer in writers:
            await writer.begin()
        for end in ends:
            await writers[abs(end) - 1].end(is_good=end > 0)
    confirmed = [writer for writer in writers if writer.is_confirmed]
    possible = set()
    for order in permutations(confirmed):
        found = OLD if is_there else None
        for writer in order:
            found = outcome(writer.way, found, writer.mark)
        possible.add(found)
    assert await content(files, "/f") in possible, (pair, is_there, ends, confirmed)
