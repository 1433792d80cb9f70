"""What a mirror is to do, before anything is done."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from anyftp._errors import (
    LocalProtocolError,
)
from client.mirroring.mirrored import (
    LOCAL,
    SECONDS,
    TIME,
    fill,
    mirror,
    summary,
    tree,
)
from client.tree import Tree, on_disk

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize(
    ("content", "time", "expected"),
    [
        pytest.param(b"A", SECONDS, "unchanged", id="same"),
        pytest.param(b"A", SECONDS + 0.9, "unchanged", id="fraction"),
        pytest.param(b"A", SECONDS - 1, "unchanged", id="even-seconds-of-fat"),
        pytest.param(b"A", SECONDS + 3, "replace", id="newer"),
        pytest.param(b"A", SECONDS - 3, "replace", id="older"),
        pytest.param(b"AA", SECONDS, "replace", id="longer"),
        pytest.param(b"", SECONDS, "replace", id="shorter"),
    ],
)
@pytest.mark.parametrize("way", ["down", "up"])
async def test_what_counts_as_the_same(
    content: bytes, time: float, expected: str, way: str, tmp_path: Path
) -> None:
    local = fill(tmp_path / "mine", {"a": content})
    os.utime(local / "a", (time, time))
    remote = Tree({"/t/": b"", "/t/a": b"A"}, {"/t/a": TIME})
    features = "211-Features\r\n MLST type*;\r\n MFMT\r\n211 End"
    async with remote.peer(FEAT=features).client() as client:
        report = await mirror(client, way, local)
        assert summary(report.plan) == {expected: ["a"]}
        again = await mirror(client, way, local)
        assert summary(again.plan) == {"unchanged": ["a"]}
    assert remote.content["/t/a"] == (local / "a").read_bytes()


# Only a plan


@pytest.mark.parametrize("way", ["down", "up"])
async def test_a_dry_run_changes_nothing(way: str, tmp_path: Path) -> None:
    local = fill(tmp_path / "mine", {"a": b"old", "mine": b"M", "only/": b"", "only/x": b""})
    remote = tree({"/t/theirs": b"T"})
    before = dict(remote.content), on_disk(tmp_path)
    peer = remote.peer()
    async with peer.client() as client:
        report = await mirror(client, way, local, dry_run=True, delete=True)
    assert (remote.content, on_disk(tmp_path)) == before
    assert report.is_dry_run
    assert not [line for line in peer.commands if line.split()[0] in CHANGING]
    here = {"make": ["d", "e"], "transfer": ["d/b", "theirs"], "replace": ["a"]}
    down = here | {"delete": ["mine", "only", "only/x"]}
    up = {"make": ["only"], "transfer": ["mine", "only/x"], "replace": ["a"]}
    up |= {"delete": ["d", "d/b", "e", "theirs"]}
    assert summary(report.plan) == (down if way == "down" else up)


CHANGING = {"STOR", "APPE", "MKD", "RMD", "DELE", "MFMT", "RNFR", "RETR"}


async def test_a_dry_run_into_nothing(tmp_path: Path) -> None:
    async with tree().peer().client() as client:
        down = await client.mirror_download("t", tmp_path / "new", dry_run=True)
        local = fill(tmp_path / "mine", {"a": b"A"})
        up = await client.mirror_upload(local, "new", dry_run=True)
    assert not (tmp_path / "new").exists()
    assert summary(down.plan) == {"make": ["d", "e"], "transfer": ["a", "d/b"]}
    assert summary(up.plan) == {"transfer": ["a"]}


@pytest.mark.parametrize("way", ["down", "up"])
@pytest.mark.parametrize(
    ("max_delete", "is_allowed"),
    [(0, False), (1, False), (2, True), (0.0, False), (0.3, False), (0.4, True), (1.0, True)],
)
async def test_no_more_is_deleted_than_is_allowed(
    way: str, max_delete: float, is_allowed: bool, tmp_path: Path
) -> None:
    """Two things of six, a folder of them."""
    local, remote = fill(tmp_path / "mine", LOCAL), tree()
    if way == "down":
        fill(local, {"y/": b"", "y/w": b""})
    else:
        remote.content |= {"/t/y/": b"", "/t/y/w": b""}
    async with remote.peer().client() as client:
        if is_allowed:
            await mirror(client, way, local, delete=True, max_delete=max_delete)
        else:
            with pytest.raises(LocalProtocolError, match="2 of 6 would be deleted"):
                await mirror(client, way, local, delete=True, max_delete=max_delete)
    left = (local / "y").exists() if way == "down" else "/t/y/" in remote.content
    assert left != is_allowed


@pytest.mark.parametrize("max_delete", [-1, -0.1, 1.5, float("nan")])
async def test_an_allowance_that_makes_no_sense(max_delete: float, tmp_path: Path) -> None:
    async with tree().peer().client() as client:
        with pytest.raises(ValueError, match="max_delete must be a count, or a share"):
            await client.mirror_download("t", tmp_path / "t", max_delete=max_delete)


# Patterns


@pytest.mark.parametrize("way", ["down", "up"])
async def test_patterns(way: str, tmp_path: Path) -> None:
    there = {"a.txt": b"A", "a.tmp": b"T", "d/": b"", "d/b.txt": b"B", "d/b.bin": b"B"}
    there |= {"cache/": b"", "cache/c.txt": b"C", "empty/": b""}
    here = {"old.txt": b"O", "old.bin": b"O", "cache/": b"", "cache/mine.txt": b"M"}
    here |= {"only/": b"", "only/x.txt": b"", "only/x.bin": b"", "gone/": b"", "gone/y.txt": b""}
    mine, theirs = (here, there) if way == "down" else (there, here)
    local = fill(tmp_path / "mine", mine)
    remote = Tree({"/t/": b""} | {f"/t/{name}": data for name, data in theirs.items()})
    patterns = {"include": ["*.txt"], "exclude": ["cache/", "d/c*"]}
    async with remote.peer().client() as client:
        report = await mirror(client, way, local, delete=True, **patterns)
    assert summary(report.plan) == {
        "make": ["d"],
        "transfer": ["a.txt", "d/b.txt"],
        "delete": ["gone", "gone/y.txt", "old.txt", "only/x.txt"],
    }
    copy = on_disk(local) if way == "down" else {k[3:]: v for k, v in remote.content.items()}
    assert copy.keys() - {""} == {
        *["a.txt", "d/", "d/b.txt", "old.bin", "cache/", "cache/mine.txt", "only/", "only/x.bin"]
    }
