"""Files of a tree that are read before their turn: each is sent once, whole, and never old."""

from __future__ import annotations

from pathlib import Path, PurePosixPath
from typing import Any

import anyio
import pytest

from anyftp import LocalFileSystem
from anyftp._client._copying._reading_ahead import ReadingAhead
from anyftp._errors import FileSystemError, FTPError
from client.peer import Peer
from client.serving import served
from client.tree import Tree

pytestmark = pytest.mark.anyio

NAMES = [f"{number:02d}" for number in range(40)]


def paths(folder: Path) -> list[PurePosixPath]:
    for name in NAMES:
        (folder / name).write_bytes(name.encode())
    return [PurePosixPath("/", name) for name in NAMES]


class Hops(LocalFileSystem):
    """Tells how many files each hop was asked for."""

    def __init__(self, root: Path) -> None:
        super().__init__(root)
        self.sizes: list[int] = []

    async def open_read(self, path: PurePosixPath, offset: int = 0) -> Any:
        self.sizes.append(1)
        return await super().open_read(path, offset)

    async def open_read_several(self, paths: Any) -> Any:
        self.sizes.append(len(paths))
        return await super().open_read_several(paths)


async def take(ahead: ReadingAhead, path: PurePosixPath) -> bytes:
    async with await ahead.open_read(path) as file:
        rest = file.take_rest()
        assert rest is not None
        return bytes(rest)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    now = [100.0]
    monkeypatch.setattr("anyftp._client._copying._reading_ahead.anyio.current_time", lambda: now[0])
    return now


@pytest.mark.parametrize(
    ("seconds", "hops"),
    [
        pytest.param(0.0001, [1, 2, 4, 8, 16, 9], id="fast"),
        pytest.param(0.006, [1, 2, *[3] * 12, 1], id="four-in-the-time"),
        pytest.param(0.06, [1] * 40, id="slow"),
    ],
)
async def test_so_many_as_go_out_in_a_moment(
    seconds: float, hops: list[int], clock: list[float], tmp_path: Path
) -> None:
    files = Hops(tmp_path)
    ahead, all_paths = ReadingAhead(files), paths(tmp_path)
    for path in all_paths:
        ahead.expect(path)
    for path in all_paths:
        assert await take(ahead, path) == path.name.encode()
        clock[0] += seconds
    assert files.sizes == hops


async def test_what_had_to_wait_is_read_again(clock: list[float], tmp_path: Path) -> None:
    files = Hops(tmp_path)
    ahead, all_paths = ReadingAhead(files), paths(tmp_path)
    for path in all_paths:
        ahead.expect(path)
    for path in all_paths[:4]:  # the last of these hops has read four
        await take(ahead, path)
    (tmp_path / "04").write_bytes(b"changed")
    clock[0] += 1
    assert await take(ahead, all_paths[4]) == b"changed"


async def test_in_any_order_and_again(tmp_path: Path) -> None:
    ahead, all_paths = ReadingAhead(LocalFileSystem(tmp_path)), paths(tmp_path)
    for path in all_paths:
        ahead.expect(path)
    for path in [*reversed(all_paths), *all_paths]:
        assert await take(ahead, path) == path.name.encode()


async def test_several_take_at_once(tmp_path: Path) -> None:
    ahead, all_paths = ReadingAhead(LocalFileSystem(tmp_path)), paths(tmp_path)
    taken: dict[str, bytes] = {}

    async def work(queue: list[PurePosixPath]) -> None:
        while queue:
            path = queue.pop(0)
            taken[path.name] = await take(ahead, path)

    for path in all_paths:
        ahead.expect(path)
    async with anyio.create_task_group() as group:
        for _ in range(4):
            group.start_soon(work, all_paths)
    assert taken == {name: name.encode() for name in NAMES}


async def test_who_fails_is_only_the_one_that_cannot_be_read(tmp_path: Path) -> None:
    ahead, all_paths = ReadingAhead(LocalFileSystem(tmp_path)), paths(tmp_path)
    for path in all_paths:
        ahead.expect(path)
    (tmp_path / "07").unlink()
    (tmp_path / "09").unlink()
    (tmp_path / "09").mkdir()
    (tmp_path / "11").write_bytes(b"x" * 200_000)
    for path in all_paths:
        if path.name in ("07", "09"):
            with pytest.raises(FileSystemError, match=path.name):
                await ahead.open_read(path)
        elif path.name != "11":
            assert await take(ahead, path) == path.name.encode()


async def test_a_hop_that_is_cancelled_takes_no_file_along(tmp_path: Path) -> None:
    class Stuck(Hops):
        is_stuck = True

        async def open_read_several(self, paths: Any) -> Any:
            if self.is_stuck:
                await anyio.sleep_forever()
            return await super().open_read_several(paths)

    files = Stuck(tmp_path)
    ahead, all_paths = ReadingAhead(files), paths(tmp_path)
    for path in all_paths:
        ahead.expect(path)
    await take(ahead, all_paths[0])
    with anyio.CancelScope() as scope:
        async with anyio.create_task_group() as group:
            group.start_soon(ahead.open_read, all_paths[1])
            await anyio.wait_all_tasks_blocked()
            group.start_soon(ahead.open_read, all_paths[2])
            await anyio.wait_all_tasks_blocked()
            scope.cancel()
    files.is_stuck = False
    for path in all_paths[1:]:
        assert await take(ahead, path) == path.name.encode()


@pytest.mark.parametrize("jobs", [1, 3])
@pytest.mark.parametrize("atomic", [False, True, "if-possible"])
async def test_a_tree(jobs: int, atomic: Any, tmp_path: Path) -> None:
    source = tmp_path / "source"
    for folder in ("a", "b"):
        (source / folder).mkdir(parents=True)
        paths(source / folder)
    (source / "a" / "large").write_bytes(b"x" * 200_000)
    async with served(tmp_path / "served") as client:
        report = await client.upload(source, "copy", jobs=jobs, atomic=atomic)
    assert report.files == 81
    for path in source.rglob("*"):
        if path.is_file():
            copy = tmp_path / "served" / "copy" / path.relative_to(source)
            assert copy.read_bytes() == path.read_bytes()


async def test_a_file_that_the_server_refuses_is_the_only_one(tmp_path: Path) -> None:
    tree = Tree({})
    told: list[str] = []

    async def stor(peer: Peer, argument: str) -> None:
        if argument.endswith("/05"):
            return await peer.say("553 not this one")
        return await tree.stor(peer, argument)

    def tell(path: PurePosixPath, error: FTPError) -> None:
        told.append(path.name)

    (tmp_path / "t").mkdir()
    paths(tmp_path / "t")
    async with tree.peer(STOR=stor).client() as client:
        await client.upload(tmp_path / "t", "/t", on_error=tell)
    assert told == ["05"]
    sent = {path: data for path, data in tree.content.items() if not path.endswith("/")}
    assert sent == {f"/t/{name}": name.encode() for name in NAMES if name != "05"}
