"""Programs of some length, written for aioftp: they do the same with one line changed.

The session `types` of noxfile.py checks the types of those that have them, against aioftp and
against its stand-in.
"""

from __future__ import annotations

import asyncio
import sys
import traceback
import types
from functools import partial
from pathlib import Path
from typing import Any

import pytest

import anyftp_compat

pytestmark = [
    pytest.mark.anyio,
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]

PROGRAMS = Path(__file__).with_name("programs")

#: What takes its limits' time, by the clock on the wall; and what cannot be run by itself.
TIMED, LOADED = {"live_limits"}, {"every_call"}

RUN = [
    pytest.param(name, marks=pytest.mark.wallclock if name in TIMED else ())
    for name in sorted(path.stem for path in PROGRAMS.glob("*.py"))
    if name not in LOADED
]


def loaded(name: str, package: str, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """A program, with another import."""
    source = (PROGRAMS / f"{name}.py").read_text("utf-8")
    assert source.count("import aioftp\n") == 1
    module = types.ModuleType(f"{package}_{name}")
    monkeypatch.setitem(sys.modules, module.__name__, module)  # dataclasses look there
    space = vars(module)
    source = source.replace("import aioftp\n", f"import {package} as aioftp\n")
    exec(compile(source, f"{name}, {package}", "exec", dont_inherit=True), space)
    return space


def pass_over_aioftps(
    usual: Any, package: Path, loop: asyncio.AbstractEventLoop, context: dict[str, Any]
) -> None:
    """Handle what nobody awaits, but for what has failed in aioftp: its server's clients may go."""
    error = context.get("exception")
    frames = traceback.extract_tb(error.__traceback__) if error is not None else []
    if not (frames and Path(frames[-1].filename).is_relative_to(package)):
        usual(loop, context)


def test_every_call_can_be_loaded(monkeypatch: pytest.MonkeyPatch) -> None:
    assert loaded("every_call", "anyftp_compat", monkeypatch)["MyServer"]


@pytest.mark.parametrize("name", RUN)
async def test_the_same_with_one_line_changed(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    aioftp = pytest.importorskip("aioftp", reason="aioftp is not installed")
    loop = asyncio.get_running_loop()
    handler = loop.get_exception_handler()
    if not isinstance(handler, partial):  # of the test before
        ours = partial(pass_over_aioftps, handler, Path(aioftp.__file__).parent)
        loop.set_exception_handler(ours)
    told = []
    for package in ("aioftp", "anyftp_compat"):
        root = tmp_path / package
        root.mkdir()
        told.append(await loaded(name, package, monkeypatch)["main"](root))
    assert told[1] == told[0]


async def test_lines_of_the_control_connection_are_not_throttled_here(tmp_path: Path) -> None:
    """aioftp takes them from the client's limit too."""
    counted = []
    for package in (pytest.importorskip("aioftp"), anyftp_compat):
        server = package.Server([package.User("user", "secret", base_path=tmp_path)])
        await server.start("127.0.0.1", 0)
        client = package.Client()
        told: list[int] = []
        client.throttle.write.append = lambda data, start, told=told: told.append(len(data))
        await client.connect(*server.address)
        await client.login("user", "secret")
        await client.quit()
        await server.close()
        counted.append(sum(told))
    assert counted[0] > 0
    assert counted[1] == 0
