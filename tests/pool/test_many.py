"""Many files over a pool: no two of them become one."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from anyftp import ClientPool, LocalFileSystem, LocalProtocolError
from client.serving import addressed

pytestmark = pytest.mark.anyio

SOURCES = {"a/x": b"the one", "b/x": b"the other", "a/y": b"a third", "b/t/z": b"", "a/t/z": b"1"}

#: Destinations of two sources that would be one file, or one folder.
COLLISIONS = [
    ("a/x", "new", "b/x", "new"),
    ("a/x", "new", "a/y", "new"),
    ("a/x", "into", "b/x", "into"),
    ("a/x", "into/", "b/x", "into/"),
    ("a/x", "into", "b/x", "into/"),
    ("a/x", "into", "a/y", "into/x"),
    ("a/x", "into/x", "b/x", "into"),
    ("a/t", "new", "b/t", "new"),
    ("a/t", "into", "b/t", "into/"),
    ("a/x", "new", "b/x", "into/../new"),
    ("a/x", "into//../new", "b/x", "./new"),
    ("a/t", "new", "b/t", "into/../new"),
]
#: Destinations that look alike, and are not.
PAIRS_APART = [
    ("a/x", "into", "a/y", "into"),
    ("a/x", "into/", "a/y", "into/"),
    ("a/x", "into", "a/y", "into/z"),
    ("a/x", "new", "b/x", "newer"),
    ("a/x", "new", "a/x", "new"),
    ("a/t", "into", "b/x", "into"),
]


def lay_out(folder: Path) -> None:
    for name, content in SOURCES.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
    (folder / "into").mkdir()


def contents(folder: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


@pytest.fixture(params=["download", "upload", "atomic-upload", "resumed-download"])
def way(request: pytest.FixtureRequest) -> str:
    return str(request.param)


async def move_two(
    way: str, tmp_path: Path, both: tuple[str, ...], size: int, on_error: Any
) -> tuple[Any, dict[str, bytes]]:
    """Gives the report, and what is at the destinations."""
    here, there = tmp_path / "here", tmp_path / "there"
    for folder in (here, there):
        lay_out(folder)
    source, destination, other, its_destination = both
    pairs: Any = [(source, destination), (other, its_destination)]
    async with (
        addressed(LocalFileSystem(there)) as (host, port),
        ClientPool.context(host, port, "alice", "x", size=size) as pool,
    ):
        if "download" in way:
            options: Any = {"resume": True} if way.startswith("resumed") else {}
            report = await pool.download_many(
                [(name, f"{here}/{place}") for name, place in pairs], on_error=on_error, **options
            )
            return report, contents(here)
        options = {"atomic": True} if way.startswith("atomic") else {}
        report = await pool.upload_many(
            [(here / name, place) for name, place in pairs], on_error=on_error, **options
        )
        return report, contents(there)


@pytest.mark.parametrize("size", [1, 2])
@pytest.mark.parametrize("both", COLLISIONS, ids=" ".join)
async def test_two_sources_never_become_one_file(
    way: str, both: tuple[str, ...], size: int, tmp_path: Path
) -> None:
    report, found = await move_two(way, tmp_path, both, size, "gather")
    [(source, _)], [(_, error)] = report.done, report.failed
    assert isinstance(error, LocalProtocolError)
    for each in (both[0], both[2]):
        assert each in str(error)
    first = next(each for each in (both[0], both[2]) if source.endswith(each))
    kept = SOURCES.get(first, SOURCES.get(f"{first}/z"))
    assert {name: found[name] for name in found.keys() - SOURCES.keys()}.popitem()[1] == kept
    assert len(found) == len(SOURCES) + 1


@pytest.mark.parametrize("both", PAIRS_APART, ids=" ".join)
async def test_destinations_that_only_look_alike(
    way: str, both: tuple[str, ...], tmp_path: Path
) -> None:
    report, found = await move_two(way, tmp_path, both, 2, "raise")
    assert report.failed == []
    moved = [found[name] for name in found.keys() - SOURCES.keys()]
    wanted = {SOURCES.get(each, SOURCES.get(f"{each}/z")) for each in (both[0], both[2])}
    assert set(moved) == wanted


async def test_the_first_collision_is_raised(tmp_path: Path) -> None:
    with pytest.raises(LocalProtocolError, match=r"a/x and .*a/y would both become .*new"):
        await move_two("upload", tmp_path, ("a/x", "new", "a/y", "new"), 1, "raise")


@pytest.mark.parametrize("other", ["/new", "//new", "/into/../new", "/./new"])
@pytest.mark.parametrize("source", ["x", "t"])
async def test_whether_a_remote_name_is_whole_makes_no_difference(
    tmp_path: Path, other: str, source: str
) -> None:
    both = (f"a/{source}", "new", f"b/{source}", other)
    report, found = await move_two("upload", tmp_path, both, 2, "gather")
    assert (len(report.done), len(report.failed)) == (1, 1)
    assert len(found) == len(SOURCES) + 1


@pytest.mark.skipif(os.name == "nt", reason="links are not for everybody on Windows")
@pytest.mark.parametrize("source", ["x", "t"])
async def test_a_link_makes_no_second_name(tmp_path: Path, source: str) -> None:
    link = tmp_path / "here" / "link"
    link.parent.mkdir()
    link.symlink_to("into")
    both = (f"a/{source}", "into/new", f"b/{source}", "link/new")
    report, found = await move_two("download", tmp_path, both, 2, "gather")
    assert (len(report.done), len(report.failed)) == (1, 1)
    assert len(found) == len(SOURCES) + 1
