"""What servers keep under another name than was asked for is not taken for what nobody wants."""

from __future__ import annotations

from pathlib import Path, PurePosixPath

import pytest

from anyftp import ListingError, LocalProtocolError
from client.mirroring.mirrored import fill
from client.tree import ManglingTree, RenamingTree

pytestmark = pytest.mark.anyio

MANGLED = [("trail ", "trail_"), ("d /", "d_/"), ("d/trail ", "d/trail_")]


@pytest.mark.parametrize(("name", "kept_as"), MANGLED)
async def test_a_mirror_does_not_delete_what_it_has_sent(
    name: str, kept_as: str, tmp_path: Path
) -> None:
    tree = ManglingTree({"/t/": b""})
    local = fill(tmp_path / "local", {name: b"" if name.endswith("/") else b"1"})
    async with tree.peer().client() as client:
        await client.mirror_upload(local, "t", delete=True)
        assert f"/t/{kept_as}" in tree.content
        fill(local, {"other": b"O"})
        tree.content["/t/gone"] = tree.content["/t/d/gone"] = b"G"
        with pytest.raises(ListingError, match="nothing is deleted"):
            await client.mirror_upload(local, "t", delete=True)
        told: list[object] = []
        report = await client.mirror_upload(
            local, "t", delete=True, on_error=lambda path, error: told.append(path)
        )
    lost = PurePosixPath("t") / name
    assert told == [lost]
    assert report.transfer.failed == (str(lost),)
    assert {f"/t/{kept_as}", "/t/gone", "/t/other"} <= {*tree.content}


async def test_names_with_a_dot_that_a_server_hides(tmp_path: Path) -> None:
    class Hiding(RenamingTree):
        def _line(self, path: str) -> str:
            return super()._line(path) if "/." not in path else "type=cdir; ."

    tree = Hiding({"/t/": b"", "/t/gone": b"G"})
    local = fill(tmp_path / "local", {".hidden": b"H", "shown": b"S"})
    async with tree.peer().client() as client:
        await client.mirror_upload(local, "t", delete=True)
    assert {*tree.content} == {"/t/", "/t/.hidden", "/t/shown"}


@pytest.mark.parametrize(("name", "kept_as"), MANGLED)
@pytest.mark.parametrize("goes_on", [True, False], ids=["on_error", "raises"])
async def test_a_sync_does_not_delete_what_the_server_has_never_shown(
    name: str, kept_as: str, goes_on: bool, tmp_path: Path
) -> None:
    tree = ManglingTree({"/t/": b""})
    local = fill(tmp_path / "local", {name: b"" if name.endswith("/") else b"1", "plain": b"P"})
    on_error = (lambda path, error: None) if goes_on else None
    async with tree.peer().client() as client:
        for _ in range(3):
            if goes_on:
                report = await client.sync(local, "t", state=tmp_path / "s", on_error=on_error)
                assert str(PurePosixPath("t") / name) in report.transfer.failed
            else:
                with pytest.raises((ListingError, LocalProtocolError), match="under another name"):
                    await client.sync(local, "t", state=tmp_path / "s")
            assert (local / name).exists()
    assert f"/t/{kept_as}" in tree.content
    assert tree.content["/t/plain"] == b"P"


async def test_a_folder_that_could_not_be_made_is_not_remembered(tmp_path: Path) -> None:
    tree = RenamingTree({"/t/": b""})
    local = fill(tmp_path / "local", {"d/": b"", "a": b"A"})
    async with tree.peer(MKD="550 no").client() as client:
        for _ in range(2):
            await client.sync(local, "t", state=tmp_path / "s", on_error=lambda path, error: None)
            assert (local / "d").is_dir()
