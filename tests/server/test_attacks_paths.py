"""Attacks by paths (F5, F6): every verb that takes one, with every way out of the root."""

from __future__ import annotations

import os
import random
from pathlib import Path

import pytest

from anyftp._fs import LocalFileSystem
from anyftp._protocol import VERBS
from server.probe import Probe, logged_in, server_of

pytestmark = pytest.mark.anyio

SECRET = b"for nobody's eyes"
PARTS = [
    *(
        "..",
        ".",
        "",
        "d",
        "f",
        "out",
        "abs",
        "deep",
        "etc",
        "%2e%2e",
        "..\\..",
        "~",
        "C:",
        "secret",
    ),
    *("proc", "self", "root", "new", "root/../..", "out/secret", "deep/secret", "\udcff"),
]
PATH_VERBS = sorted(name for name, row in VERBS.items() if row.is_path)
#: Verbs whose path is not the whole argument.
WITH_MORE = ["MFMT 20200101000000 {}", "SITE CHMOD 777 {}", "SITE UTIME 20200101000000 {}"]
COMMANDS = [*(f"{verb} {{}}" for verb in PATH_VERBS), *WITH_MORE]


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A root with links out of it, relative, absolute and on the way, and a secret beside it."""
    root = tmp_path / "root"
    (root / "d").mkdir(parents=True)
    (root / "f").write_bytes(b"inside")
    (tmp_path / "secret").write_bytes(SECRET)
    (tmp_path / "folder").mkdir()
    (root / "out").symlink_to("..")
    (root / "abs").symlink_to(tmp_path / "secret")
    (root / "deep").symlink_to("d/../out")
    (root / "etc").symlink_to("/proc/self/root")
    return root


def outside(root: Path) -> list[tuple[str, int, int, bytes]]:
    """All that lies beside the root, with modes, times and content."""
    return [
        (entry.name, entry.stat().st_mode, entry.stat().st_mtime_ns, _content(entry))
        for entry in sorted(root.parent.iterdir())
        if entry != root
    ]


def _content(entry: Path) -> bytes:
    return entry.read_bytes() if entry.is_file() else repr(os.listdir(entry)).encode()


async def attempt(probe: Probe, command: str) -> bytes:
    """Run a command, with a data connection where it takes one; gives all that came back."""
    if not VERBS[command.partition(" ")[0]].data:
        return (await probe.ask(command.encode("utf-8", "surrogateescape"))).encode(
            "utf-8", "surrogateescape"
        )
    async with await probe.open_data() as data:
        reply = await probe.ask(command.encode("utf-8", "surrogateescape"))
        if not reply.startswith("150"):
            return reply.encode("utf-8", "surrogateescape")
        if command.startswith(("STO", "APPE")):
            await data.send_eof()
        content = await data.read()
    await probe.reply()
    return content


@pytest.mark.parametrize("seed", range(3))
async def test_f5_random_walks_never_leave_the_root(root: Path, seed: int) -> None:
    chance = random.Random(seed)
    before = outside(root)
    async with logged_in(server_of(LocalFileSystem(root))) as probe:
        for _ in range(150):
            parts = chance.choices(PARTS, k=chance.randint(1, 5))
            path = chance.choice(["", "/", "//", "../"]) + "/".join(parts)
            got = await attempt(probe, chance.choice(COMMANDS).format(path or "."))
            assert SECRET not in got
    assert outside(root) == before


@pytest.mark.parametrize("path", ["out/secret", "abs", "deep/secret", "etc/etc/hostname", "out"])
async def test_f6_links_that_lead_out_are_refused(root: Path, path: str) -> None:
    before = outside(root)
    async with logged_in(server_of(LocalFileSystem(root))) as probe:
        for verb in ("RETR", "STOR", "APPE", "SIZE", "MDTM", "CWD", "MLSD", "MLST"):
            async with await probe.open_data():
                assert (await probe.ask(f"{verb} {path}"))[:3] == "550", verb
        assert (await probe.ask(f"SITE CHMOD 777 {path}"))[:3] == "550"
    assert outside(root) == before


async def test_f5_nul_and_line_breaks_are_no_names(root: Path) -> None:
    async with logged_in(server_of(LocalFileSystem(root))) as probe:
        assert (await probe.ask(b"RETR f\0g"))[:1] == "5"
        assert (await probe.ask(b"MKD a\rb"))[:1] == "5"
    assert sorted(os.listdir(root)) == ["abs", "d", "deep", "etc", "f", "out"]
