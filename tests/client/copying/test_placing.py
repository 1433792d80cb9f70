"""Small files of a tree go to their places together: none waits long, none is lost, each counts."""

from __future__ import annotations

from pathlib import Path, PurePosixPath
from typing import Any

import anyio
import pytest

from anyftp import FTPError
from anyftp._errors import FileSystemError
from client.peer import Peer
from client.serving import served
from client.tree import Tree, on_disk

pytestmark = pytest.mark.anyio

NAMES = [f"{number:02d}" for number in range(30)]
REMOTE = {"/t/": b"", **{f"/t/{name}": name.encode() * 100 for name in NAMES}}
LOCAL = {f"t/{name}": name.encode() * 100 for name in NAMES}


def stalling(tree: Tree, at: str) -> Peer:
    """A server that says nothing more once it is asked for one of the files."""

    async def stall(peer: Peer, argument: str) -> None:
        if argument.endswith(at):
            await anyio.sleep_forever()
        await tree.retr(peer, argument)

    return tree.peer(RETR=stall)


async def until(path: Path) -> None:
    with anyio.fail_after(10):
        while not path.exists():
            await anyio.sleep(0.005)


async def test_no_file_waits_for_a_server_that_stalls(tmp_path: Path) -> None:
    peer = stalling(Tree(dict(REMOTE)), "/20")
    async with peer.client() as client, anyio.create_task_group() as group:
        group.start_soon(client.download, "t", tmp_path)
        await until(tmp_path / "t" / "19")
        group.cancel_scope.cancel()
    assert on_disk(tmp_path) == {"t/": b"", **dict(list(LOCAL.items())[:20])}


@pytest.mark.parametrize("stop", NAMES[::7])
async def test_what_had_come_whole_stays_when_the_call_is_cancelled(
    stop: str, tmp_path: Path
) -> None:
    with anyio.CancelScope() as scope:

        def look(progress: Any) -> None:
            if progress.path.name == stop:
                scope.cancel()

        async with Tree(dict(REMOTE)).peer().client() as client:
            await client.download("t", tmp_path, progress=look)
    assert scope.cancelled_caught
    assert on_disk(tmp_path) == {"t/": b"", **{k: v for k, v in LOCAL.items() if k[2:] < stop}}


@pytest.mark.parametrize("jobs", [1, 3])
@pytest.mark.parametrize("blocked", [["00"], ["29"], ["11", "12", "20"]])
async def test_each_file_has_its_own_error(blocked: list[str], jobs: int, tmp_path: Path) -> None:
    for name in blocked:
        (tmp_path / "here" / "t" / name).mkdir(parents=True)
    told: list[tuple[PurePosixPath, FTPError]] = []

    def tell(path: PurePosixPath, error: FTPError) -> None:
        told.append((path, error))

    served_folder = tmp_path / "served"
    (served_folder / "t").mkdir(parents=True)
    for name in NAMES:
        (served_folder / "t" / name).write_bytes(REMOTE[f"/t/{name}"])
    async with served(served_folder) as client:
        report = await client.download("t", tmp_path / "here", on_error=tell, jobs=jobs)
    assert sorted(path.name for path, _ in told) == blocked
    assert all(isinstance(error, FileSystemError) for _, error in told)
    assert sorted(report.failed) == [f"t/{name}" for name in blocked]
    assert report.files == len(NAMES) - len(blocked)
    there = {"t/": b"", **LOCAL}
    for name in blocked:
        del there[f"t/{name}"]
        there[f"t/{name}/"] = b""
    assert on_disk(tmp_path / "here") == there


async def test_without_somebody_to_tell_the_first_error_ends_the_call(tmp_path: Path) -> None:
    (tmp_path / "t" / "03").mkdir(parents=True)
    async with Tree(dict(REMOTE)).peer().client() as client:
        with pytest.raises(FileSystemError, match="03"):
            await client.download("t", tmp_path)
        assert await client.get_current_directory()
    parts = [name for name in on_disk(tmp_path) if name.endswith(".part")]
    assert not parts


async def test_what_a_callback_raises_comes_as_it_is(tmp_path: Path) -> None:
    class Stop(BaseException):
        pass

    def look(progress: Any) -> None:
        if progress.path.name == "05":
            raise Stop

    async with Tree(dict(REMOTE)).peer().client() as client:
        with pytest.raises(Stop):
            await client.download("t", tmp_path, progress=look)
    assert len(on_disk(tmp_path)) == 6


async def test_large_files_among_small_ones(tmp_path: Path) -> None:
    content = {"/t/": b"", "/t/a": b"a" * 10, "/t/b": b"b" * 200_000, "/t/c": b"", "/t/d": b"d"}
    async with Tree(content).peer().client() as client:
        report = await client.download("t", tmp_path)
    assert report.files == 4
    assert on_disk(tmp_path) == {
        "t/": b"",
        **{f"t/{path[3:]}": data for path, data in content.items() if path != "/t/"},
    }
