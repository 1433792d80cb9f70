"""Each verb on a link, whatever it leads to: done or refused, and the tree after it, as there."""

# Classes of either package are Any here.
# mypy: allow-subclassing-any, disable-error-code="name-defined"

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import Any

import pytest

import anyftp_compat
from support.clocks import ASYNCIO, Backend

pytestmark = [
    pytest.mark.anyio,
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]

TARGETS = {"gone": "nothing", "loop": "link", "out": "../outside", "file": "file", "folder": "dir"}
LOOKS = ["MLST link", "SIZE link", "CWD link"]
CHANGES = ["DELE link", "RMD link", "MKD link", "RNFR link", "RNTO link"]
MOVES = ["RETR link", "MLSD link", "LIST link", "STOR link", "APPE link"]

#: Links that lead out are not followed by the jail of the disk.
JAILED = {"MLST link", "RNFR link", "RETR link", "MLSD link", "LIST link", "STOR link", "APPE link"}


@pytest.fixture
def anyio_backend() -> Backend:
    """Links know no event loop."""
    return ASYNCIO


@pytest.fixture
def oracle() -> Any:
    return pytest.importorskip("aioftp", reason="aioftp is not installed")


def lay_out(folder: Path, target: str) -> None:
    """A file, a folder and a link to be at, and a file outside."""
    shutil.rmtree(folder, ignore_errors=True)
    (folder / "base" / "dir").mkdir(parents=True)
    (folder / "base" / "file").write_bytes(b"content")
    (folder / "outside").write_bytes(b"of others")
    (folder / "base" / "link").symlink_to(target)


def state(folder: Path) -> dict[str, Any]:
    """What lies there."""
    return {
        path.relative_to(folder).as_posix(): os.readlink(path)
        if path.is_symlink()
        else path.is_dir() or path.read_bytes()
        for path in sorted(folder.rglob("*"))
    }


async def outcome(package: Any, client: Any, line: str) -> object:
    """Whether a command is refused, and what a transfer brought."""
    try:
        if line in MOVES:
            async with client.get_stream(line, "1xx") as stream:
                if line[:4] in ("STOR", "APPE"):
                    await stream.write(b" and more")
                    return "written"
                return len(await stream.read())
        if line.startswith("RNTO"):
            await client.command("RNFR file", "350")
        await client.command(line, ("2xx", "3xx"))
        if line.startswith("RNFR"):
            await client.command("RNTO other", "2xx")
    except package.StatusCodeError:
        return "refused"
    return "done"


async def outcomes(package: Any, folder: Path, target: str, factory: Any) -> dict[str, Any]:
    """What becomes of each command, each on a fresh tree."""
    found = {}
    server = package.Server(
        [package.User(base_path=folder / "base")], path_io_factory=factory(package)
    )
    await server.start("127.0.0.1", 0)
    for line in (*LOOKS, *CHANGES, *MOVES):
        lay_out(folder, target)
        async with package.Client.context(*server.address, socket_timeout=5) as client:
            found[line] = await outcome(package, client, line)
        found[line] = found[line], state(folder)
    await server.close()
    return found


@pytest.mark.parametrize("leads_to", TARGETS)
@pytest.mark.parametrize("kind", ["disk", "own"])
async def test_verbs_on_links(kind: str, leads_to: str, oracle: Any, tmp_path: Path) -> None:
    def factory(package: Any) -> Any:
        class Own(package.PathIO):
            """The disk as a file system of a program's own."""

        return package.PathIO if kind == "disk" else Own

    target = TARGETS[leads_to]
    there = await outcomes(oracle, tmp_path / "tree", target, factory)
    here = await outcomes(anyftp_compat, tmp_path / "tree", target, factory)
    expected = JAILED if (kind, leads_to) == ("disk", "out") else set()
    assert {line for line in there if here[line] != there[line]} == expected
    for line in expected:
        assert here[line][0] == "refused"
        assert here[line][1]["outside"] == b"of others"
