"""All of the interface is forwarded: no method is forgotten, and no argument lost."""

from __future__ import annotations

import inspect
from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager
from pathlib import PurePosixPath
from typing import Any

import pytest

from anyftp import Ability, FileSystem, MemoryFileSystem
from anyftp._fs import ForwardingFileSystem

pytestmark = pytest.mark.anyio

METHODS = sorted(name for name in vars(FileSystem) if not name.startswith("_"))
#: Those that act at no path, or tell where one leads.
ANYWHERE = {"abilities", "real_path", "sweep"}


class Spy(FileSystem):
    """Notes what is called, with which arguments, and gives something of its own."""

    def __init__(self) -> None:
        self.called: list[tuple[str, tuple[Any, ...], dict[str, Any]]] = []

    def __getattribute__(self, name: str) -> Any:
        if name.startswith("_") or name == "called":
            return super().__getattribute__(name)
        if name == "abilities":
            return Ability.RENAME

        def note(*args: Any, **how: Any) -> Any:
            self.called.append((name, args, how))
            return batches() if name == "scan" else result()

        async def result() -> Any:
            return f"result of {name}"

        async def batches() -> AsyncIterator[Any]:
            yield f"result of {name}"

        return note

    stat = scan = open_read = open_write = None  # type: ignore[assignment]


class Elsewhere(ForwardingFileSystem):
    """All paths lie in a folder of the other one; notes what it is asked for."""

    def __init__(self, inner: FileSystem) -> None:
        super().__init__(inner)
        self.asked: list[str] = []

    @asynccontextmanager
    async def _at(self, path: PurePosixPath, method: str) -> AsyncIterator[PurePosixPath]:
        self.asked.append(f"{method} begins")
        try:
            yield PurePosixPath("/elsewhere") / path.relative_to("/")
        finally:
            self.asked.append(f"{method} ends")


def test_each_method_is_forwarded() -> None:
    forgotten = [name for name in METHODS if name not in vars(ForwardingFileSystem)]
    assert not forgotten


def arguments(name: str) -> dict[str, Any]:
    """One of its own for each parameter, so that none can be taken for another."""
    parameters = list(inspect.signature(getattr(FileSystem, name)).parameters.values())[1:]
    paths = {"path", "source", "destination"}
    return {
        each.name: PurePosixPath("/", each.name) if each.name in paths else f"the {each.name}"
        for each in parameters
    }


async def called(tree: FileSystem, name: str, given: dict[str, Any]) -> Any:
    method = getattr(tree, name)
    if name != "scan":
        return await method(**given)
    async with aclosing(method(**given)) as batches:
        return await anext(batches)


@pytest.mark.parametrize("name", [name for name in METHODS if name != "abilities"])
async def test_arguments_and_results_are_those_of_the_other_one(name: str) -> None:
    spy = Spy()
    given = arguments(name)
    signature = inspect.signature(getattr(FileSystem, name))
    result = None if signature.return_annotation == "None" else f"result of {name}"
    assert await called(ForwardingFileSystem(spy), name, given) == result
    ((method, args, how),) = spy.called
    assert method == name
    assert dict(signature.bind(spy, *args, **how).arguments) == {"self": spy, **given}


@pytest.mark.parametrize("name", [name for name in METHODS if name not in ANYWHERE])
async def test_each_acts_where_the_path_lies(name: str) -> None:
    spy = Spy()
    tree = Elsewhere(spy)
    given = arguments(name)
    await called(tree, name, given)
    ((_, args, how),) = spy.called
    paths = [each for each in (*args, *how.values()) if isinstance(each, PurePosixPath)]
    assert paths == [
        PurePosixPath("/elsewhere", each.name)
        for each in given.values()
        if isinstance(each, PurePosixPath)
    ]
    npaths = len(paths)
    assert npaths >= 1
    assert tree.asked == [f"{name} begins"] * npaths + [f"{name} ends"] * npaths


def test_abilities_are_those_of_the_other_one() -> None:
    assert ForwardingFileSystem(Spy()).abilities == Ability.RENAME
    assert ForwardingFileSystem(MemoryFileSystem()).abilities == MemoryFileSystem().abilities
