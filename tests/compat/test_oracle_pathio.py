"""The same calls on aioftp's file systems and on ours: same values, same errors, same reasons."""

from __future__ import annotations

import functools
import inspect
import re
from collections.abc import Awaitable, Callable
from pathlib import Path, PurePosixPath
from typing import Any

import pytest

import anyftp_compat

pytestmark = pytest.mark.anyio

KINDS = ["PathIO", "AsyncPathIO", "MemoryPathIO"]


@pytest.fixture
def oracle() -> Any:
    return pytest.importorskip("aioftp", reason="aioftp is not installed")


async def written(io: Any, path: Any, mode: str, data: bytes, offset: int = 0) -> Any:
    async with io.open(path, mode=mode) as file:
        if offset:
            await file.seek(offset)
        return await file.write(data)


async def pieces(io: Any, path: Any) -> Any:
    async with io.open(path, mode="rb") as file:
        parts = [await file.read(2), await file.seek(1), await file.read(2), await file.read()]
        await file.seek(0)
        return parts, [block async for block in file.iter_by_block(4)], await file.read(1)


async def listed(io: Any, path: Any) -> Any:
    return sorted(str(found) for found in await io.list(path)), [
        type(found).__name__ async for found in io.list(path)
    ]


async def facts(io: Any, path: Any) -> Any:
    found = await io.stat(path)
    return oct(found.st_mode)[:4], found.st_size if path.name == "file" else None


Step = Callable[[Any, Any], Awaitable[Any]]

STEPS: list[Step] = [
    lambda io, base: io.exists(base / "file"),
    lambda io, base: written(io, base / "file", "wb", b"hello world"),
    lambda io, base: written(io, base / "file", "ab", b"!"),
    lambda io, base: written(io, base / "file", "r+b", b"ZZ", 2),
    lambda io, base: pieces(io, base / "file"),
    lambda io, base: written(io, base / "no" / "file", "wb", b""),
    lambda io, base: written(io, base / "file", "bad", b""),
    lambda io, base: pieces(io, base / "nothing"),
    lambda io, base: pieces(io, base),
    lambda io, base: io.mkdir(base / "dir"),
    lambda io, base: io.mkdir(base / "dir"),
    lambda io, base: io.mkdir(base / "dir", exist_ok=True),
    lambda io, base: io.mkdir(base / "file", exist_ok=True),
    lambda io, base: io.mkdir(base / "a" / "b"),
    lambda io, base: io.mkdir(base / "a" / "b", parents=True),
    lambda io, base: io.is_dir(base / "dir"),
    lambda io, base: io.is_file(base / "dir"),
    lambda io, base: io.is_file(base / "file"),
    lambda io, base: io.is_dir(base / "nothing"),
    lambda io, base: listed(io, base),
    lambda io, base: listed(io, base / "nothing"),
    lambda io, base: listed(io, base / "file"),
    lambda io, base: facts(io, base / "file"),
    lambda io, base: facts(io, base / "dir"),
    lambda io, base: io.stat(base / "nothing"),
    lambda io, base: io.rename(base / "file", base / "dir" / "moved"),
    lambda io, base: io.rename(base / "file", base / "x"),
    lambda io, base: io.rename(base / "dir" / "moved", base / "no" / "where"),
    lambda io, base: io.unlink(base / "nothing"),
    lambda io, base: io.unlink(base / "dir" / "moved"),
    lambda io, base: io.rmdir(base / "nothing"),
    lambda io, base: io.rmdir(base / "dir"),
    lambda io, base: listed(io, base),
]


async def outcomes(package: Any, kind: str, base: Any) -> list[Any]:
    io = getattr(package, kind)(timeout=5)
    found: list[Any] = []
    for step in STEPS:
        try:
            found.append(await step(io, base))
        except package.PathIOError as error:
            reason = error.reason[1]
            found.append((type(reason).__name__, re.sub(r"'.*", "", str(reason))))
    return found


@pytest.mark.parametrize("kind", KINDS)
async def test_same_outcomes(kind: str, oracle: Any, tmp_path: Path) -> None:
    results = []
    for name, package in (("theirs", oracle), ("ours", anyftp_compat)):
        base: Any = PurePosixPath("/base") if kind == "MemoryPathIO" else tmp_path / name
        if kind == "MemoryPathIO":
            results.append(await outcomes(package, kind, PurePosixPath("/")))
        else:
            base.mkdir()
            results.append(await outcomes(package, kind, base))
    theirs, ours = ([str(each).replace("/theirs", "/ours") for each in r] for r in results)
    for step, expected, found in zip(STEPS, theirs, ours, strict=True):
        assert found == expected, inspect.getsource(step)


class Broken:
    def __init__(self, package: Any) -> None:
        async def fail(error: BaseException) -> None:
            raise error

        self.fail = package.pathio.universal_exception(fail)


@pytest.mark.parametrize(
    "error",
    [KeyError("x"), OSError(2, "no"), NotImplementedError(), StopAsyncIteration(), TimeoutError()],
    ids=lambda error: type(error).__name__,
)
async def test_universal_exception(error: Exception, oracle: Any) -> None:
    caught = []
    for package in (oracle, anyftp_compat):
        try:
            await Broken(package).fail(error)
        except Exception as raised:
            caught.append((type(raised).__name__, getattr(raised, "reason", (None,))[0]))
    assert caught[0] == caught[1]


async def closed(package: Any, io: Any, path: Any) -> Any:
    """What a file says once it is closed, and before it is open."""
    file = await io.open(path, mode="wb")
    await file.write(b"x")
    await file.close()
    found: list[Any] = []
    pending = io.open(path, mode="rb")
    found.append(pending.close)
    by_hand = await io._open(path, "rb")
    found += [await io.read(by_hand, 5), await io.close(by_hand)]

    async def told(*arguments: Any) -> int:
        return len(arguments)

    defended = package.pathio.defend_file_methods(told)
    async with io.open(path) as file:
        calls = [
            (io.read, 5),
            (io.write, b"x"),
            (io.seek, 0),
            (io.close,),
            (functools.partial(defended, io), 1),
        ]
        for method, *arguments in calls:
            try:
                found.append(await method(file, *arguments))
            except (package.PathIOError, ValueError) as error:
                reason = getattr(error, "reason", (None, None))[1]
                found.append((type(error).__name__, str(error), repr(reason)))
        found.append(await defended(io, file.file, 1))
    return found, defended.__name__


@pytest.mark.parametrize("kind", KINDS)
async def test_closed_files(kind: str, oracle: Any, tmp_path: Path) -> None:
    found = []
    for package in (oracle, anyftp_compat):
        path = PurePosixPath("/file") if kind == "MemoryPathIO" else tmp_path / "file"
        found.append(await closed(package, getattr(package, kind)(), path))
    assert found[0] == found[1]


async def test_nursery_shares_one_state(oracle: Any) -> None:
    for package in (oracle, anyftp_compat):
        make = package.PathIONursery(package.MemoryPathIO)
        first, second = make(), make(timeout=1)
        await first.mkdir(PurePosixPath("/shared"))
        assert await second.exists(PurePosixPath("/shared"))
        assert repr(first) == repr(second)


async def test_memory_paths_are_relative_to_cwd(oracle: Any) -> None:
    for package in (oracle, anyftp_compat):
        io = package.MemoryPathIO(cwd="/home")
        await io.mkdir(PurePosixPath("x"), parents=True)
        assert io.get_node(PurePosixPath("/home/x")).type == "dir"
        assert io.get_node(PurePosixPath("/x")) is None
