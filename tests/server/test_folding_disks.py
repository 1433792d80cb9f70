"""Rules hold on disks that have one file under many names, whatever name is said."""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from anyftp._fs import FileSystem, LocalFileSystem, QuotaFileSystem, folds_names
from anyftp._protocol import OPTIONAL_VERBS, Permission
from anyftp._server import Server, User
from server.probe import Probe, logged_in
from support.folding import FoldingFileSystem, as_apfs, as_fat

pytestmark = pytest.mark.anyio

#: Each names something below a folder that nobody may touch, as some disk understands it.
ALIASES = {
    as_apfs: ["/SECRET/x", "/été/x", "/e\u0301te\u0301/x", "/E\u0301TÉ/x", "/pub/../Secret/X"],
    as_fat: ["/SECRET/x", "/secret./x", "/Secret /X.", "/secret/x . .", "/ÉTÉ/x"],
}
CASES = [
    (key, numbers, path) for key in ALIASES for numbers in (True, False) for path in ALIASES[key]
]

#: Every verb that takes a path, as it would do something with one.
LINES = [
    "RETR {}",
    "STOR {}",
    "APPE {}",
    "STOU {}",
    "LIST {}",
    "NLST {}",
    "MLSD {}",
    "STAT {}",
    "MLST {}",
    "SIZE {}",
    "MDTM {}",
    "MDTM 20200102030405 {}",
    "DELE {}",
    "RMD {}",
    "MKD {}new",
    "RNFR {}\r\nRNTO /pub/taken",
    "RNFR /pub/f\r\nRNTO {}",
    "MFMT 20200102030405 {}",
    "SITE CHMOD 777 {}",
    "SITE UTIME 20200102030405 {}",
    "HASH {}",
    "XCRC {}",
    'COMB /pub/new "{}"',
    'COMB "{}" /pub/f',
]
RULES = {"/": Permission.ALL, "/secret": Permission(0), "/été": Permission(0)}


def serving_of(files: FileSystem) -> Server:
    user = User("bob", "secret", file_system=files, permissions=RULES)
    return Server([user], extensions=OPTIONAL_VERBS)


@pytest.mark.parametrize(("key", "numbers", "path"), CASES)
async def test_no_spelling_leads_to_what_is_forbidden(
    key: object, numbers: bool, path: str
) -> None:
    files = FoldingFileSystem(key, numbers=numbers)  # type: ignore[arg-type]
    for each in ("/secret/x", "/été/x", "/pub/f"):
        files.tree.put(each, b"content")
    async with logged_in(serving_of(files)) as probe:
        for line in LINES:
            async with await probe.open_data():
                reply = (await probe.codes(*line.format(path).split("\r\n")))[-1]
            assert reply in ("550", "553", "503"), line
    assert files.tree.names() == ["pub", "secret", "été"]
    assert files.tree.names("/secret") == files.tree.names("/été") == ["x"]
    assert files.tree.names("/pub") == ["f"]


@pytest.mark.parametrize("numbers", [True, False])
async def test_a_file_is_not_combined_with_itself(numbers: bool) -> None:
    files = FoldingFileSystem(as_apfs, numbers=numbers)
    files.tree.put("/é", b"content")
    async with logged_in(serving_of(files)) as probe:
        assert await probe.codes("COMB /é /E\u0301", "COMB /new /é /É") == ["501", "501"]
    assert files.tree.get("/é") == b"content"


@pytest.mark.parametrize("numbers", [True, False])
async def test_a_quota_counts_a_file_once(numbers: bool) -> None:
    files = FoldingFileSystem(as_apfs, numbers=numbers)
    quota = QuotaFileSystem(files, max_bytes=1000)
    async with logged_in(serving_of(quota)) as probe:
        for path, verb in (("/é", "STOR"), ("/É", "STOR"), ("/e\u0301", "APPE"), ("/é", "STOR")):
            await _upload(probe, f"{verb} {path}", b"x" * 300)
        for lines in ("RNFR /é\r\nRNTO /E\u0301", "RNFR /É\r\nRNTO /f", "RNFR /F\r\nRNTO /e"):
            assert (await probe.codes(*lines.split("\r\n")))[-1] == "250"
        assert tuple(await quota.usage()) == (300, 1)
        assert await probe.codes("DELE /E") == ["250"]
    assert tuple(await quota.usage()) == (0, 0)


async def _upload(probe: Probe, line: str, content: bytes) -> None:
    async with await probe.open_data() as data:
        assert (await probe.ask(line))[:3] == "150"
        await data.write(content)
    assert (await probe.reply())[:3] == "226"


@contextmanager
def fat_disk(folder: Path) -> Iterator[Path]:
    """A real FAT file system, where one can be had."""
    needed = ("fusefat", "mkfs.vfat", "fusermount")
    if absent := [name for name in needed if shutil.which(name) is None]:
        pytest.skip(f"a FAT disk needs {', '.join(absent)}")
    if not os.access("/dev/fuse", os.W_OK):
        pytest.skip("a FAT disk needs /dev/fuse")
    image, disk = folder / "image", folder / "disk"
    disk.mkdir()
    with image.open("wb") as file:
        file.truncate(16 << 20)
    subprocess.run(["mkfs.vfat", image], check=True, capture_output=True)
    subprocess.run(["fusefat", "-o", "rw+", image, disk], check=True, capture_output=True)
    try:
        for _ in range(100):
            if os.path.ismount(disk):
                break
            time.sleep(0.02)
        yield disk
    finally:
        subprocess.run(["fusermount", "-u", disk], check=True)


async def test_on_a_real_disk_that_folds(tmp_path: Path) -> None:
    with fat_disk(tmp_path) as disk:
        (disk / "secret").mkdir()
        (disk / "secret" / "x").write_bytes(b"content")
        (disk / "pub").mkdir()
        assert folds_names(str(disk))
        files = LocalFileSystem(disk)
        async with logged_in(serving_of(files)) as probe:
            for path in ("/SECRET/x", "/Secret/X", "/secret./x", "/SECRET~1/X"):
                for line in ("SIZE {}", "MLST {}", "DELE {}", "RNFR {}"):
                    assert await probe.codes(line.format(path)) == ["550"], (line, path)
            assert await probe.codes("MKD /.ANYFTP-1.PART", "MKD /.anyftp-1.part.") == ["550"] * 2
            assert await probe.codes("SIZE /secret/x", "MKD /pub/new") == ["550", "257"]
        assert (disk / "secret" / "x").read_bytes() == b"content"
