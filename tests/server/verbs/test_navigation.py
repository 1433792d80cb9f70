"""CWD, CDUP, PWD; SECURITY rows F5 and P11."""

from __future__ import annotations

from pathlib import Path

import pytest

from anyftp._fs import LocalFileSystem, MemoryFileSystem
from server.probe import logged_in, server_of

pytestmark = pytest.mark.anyio


async def test_to_and_fro() -> None:
    tree = MemoryFileSystem()
    tree.put("/a/b/f", b"")
    async with logged_in(server_of(tree)) as probe:
        assert await probe.codes("CWD a", "CWD b", "CDUP", "XCWD b", "XCUP") == ["250"] * 5
        assert '257 "/a" ' in await probe.ask("XPWD")
        assert await probe.codes("CWD b/f", "CWD no", "CWD /a/b") == ["550", "550", "250"]
        assert '257 "/a/b" ' in await probe.ask("PWD")


async def test_quotes_are_doubled() -> None:
    tree = MemoryFileSystem()
    tree.put('/a"b/f', b"")
    async with logged_in(server_of(tree)) as probe:
        await probe.ask('CWD a"b')
        assert '257 "/a""b" ' in await probe.ask("PWD")


@pytest.mark.parametrize(
    "way",
    ["..", "../..", "../../etc", "/../etc", "a/../../..", "//etc", "..\\..", "%2e%2e", "~root"],
)
async def test_no_way_out(tmp_path: Path, way: str) -> None:
    (tmp_path / "root" / "a").mkdir(parents=True)
    (tmp_path / "etc").mkdir()
    async with logged_in(server_of(LocalFileSystem(tmp_path / "root"))) as probe:
        await probe.ask(f"CWD {way}")
        assert '257 "/" ' in await probe.ask("PWD")


async def test_links(tmp_path: Path) -> None:
    (tmp_path / "root" / "d").mkdir(parents=True)
    (tmp_path / "root" / "in").symlink_to("d")
    (tmp_path / "root" / "out").symlink_to("/etc")
    (tmp_path / "root" / "f").symlink_to("/etc/passwd")
    async with logged_in(server_of(LocalFileSystem(tmp_path / "root"))) as probe:
        assert await probe.codes("CWD in", "CWD /out", "SIZE /f", "MLST /f", "STAT /out") == [
            "250",
            *["550"] * 4,
        ]
        assert (await probe.download("RETR /f"))[1].startswith("550")
        assert (await probe.download("LIST /out"))[1].startswith("550")
