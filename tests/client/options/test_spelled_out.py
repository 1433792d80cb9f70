"""Options stand in signatures and on pages, each of them declared once."""

from __future__ import annotations

import ast
import inspect
import runpy
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import anyftp
from anyftp import (
    Client,
    ClientOptions,
    DownloadOptions,
    MirrorDownloadOptions,
    MirrorUploadOptions,
    SyncOptions,
    UploadOptions,
)
from client.serving import served

DOCS = Path(__file__).parents[3] / "docs"

CLIENT = Path(str(anyftp.__file__)).parent / "_client"

METHODS: dict[Callable[..., Any], type] = {
    Client.__init__: ClientOptions,
    Client.context: ClientOptions,
    Client.upload: UploadOptions,
    Client.download: DownloadOptions,
    Client.mirror_download: MirrorDownloadOptions,
    Client.mirror_upload: MirrorUploadOptions,
    Client.sync: SyncOptions,
}


def _name(value: Any) -> str:
    return str(getattr(value, "__qualname__", value))


@pytest.mark.parametrize(("method", "options"), METHODS.items(), ids=_name)
def test_signatures_have_every_option_with_its_default(
    method: Callable[..., Any], options: type
) -> None:
    parameters = inspect.signature(method).parameters
    assert options.__annotations__.keys() < parameters.keys()
    for name in options.__annotations__:
        assert parameters[name].kind == inspect.Parameter.KEYWORD_ONLY
        assert parameters[name].default is not inspect.Parameter.empty
    assert not any(each.kind == inspect.Parameter.VAR_KEYWORD for each in parameters.values())


@pytest.mark.parametrize(("method", "options"), METHODS.items(), ids=_name)
def test_pages_tell_what_every_option_is_for(method: Callable[..., Any], options: type) -> None:
    page = runpy.run_path(str(DOCS / "options.py"))
    meanings = page["meanings"](options)
    assert meanings.keys() == options.__annotations__.keys()
    lines = str((Client if method is Client.__init__ else method).__doc__).splitlines()
    what = "class" if method is Client.__init__ else "method"
    page["spell_out"](None, what, "", Client if what == "class" else method, None, lines)
    for name, text in meanings.items():
        assert any(line.strip() == f"{name}: {text}" for line in lines)
        assert text.endswith(".")


@pytest.mark.parametrize(
    ("method", "wrong"),
    [
        ("upload", "segments"),
        ("upload", "session"),
        ("download", "atomic"),
        ("download", "stored"),
        ("mirror_download", "atomic"),
        ("mirror_download", "keep_times"),
        ("mirror_upload", "resume"),
        ("sync", "include"),
        ("sync", "delete"),
    ],
)
@pytest.mark.anyio
async def test_what_is_no_option_is_refused_before_anything_is_done(
    method: str, wrong: str, tmp_path: Path
) -> None:
    async with served(tmp_path / "there") as client:
        more: dict[str, Any] = {wrong: None} | (
            {"state": tmp_path / "state"} if method == "sync" else {}
        )
        with pytest.raises(TypeError, match=rf"{method}\(\) got .* '{wrong}'"):
            await getattr(client, method)(str(tmp_path / "here"), "/there", **more)
        assert await client.list("/") == []
        assert not (tmp_path / "here").exists()
    with pytest.raises(TypeError, match="'tiemout'"):
        Client(tiemout=5)  # type: ignore[call-arg]  # that is the point


def _declarations(tree: ast.AST) -> list[str]:
    """Where names are given a type: parameters, and keys or fields of classes."""
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            found += [each.arg for each in (*node.args.args, *node.args.kwonlyargs)]
        elif isinstance(node, ast.ClassDef):
            found += [
                ast.unparse(each.target) for each in node.body if isinstance(each, ast.AnnAssign)
            ]
    return found


def test_no_option_of_a_call_is_declared_more_than_twice() -> None:
    """Once by what it means, and once by its default; and no method has it as a parameter."""
    files = [*CLIENT.glob("_*/_options.py"), *CLIENT.glob("_*/_job.py")]
    assert len(files) == 5
    declared = [name for file in files for name in _declarations(ast.parse(file.read_text()))]
    # What differs by the direction, or by what it is of, is told of each.
    told_apart = {"resume", "keep_times", "kind", "verify_size", "atomic", "on_plan"}
    calls = {name for options in METHODS.values() for name in options.__annotations__}
    calls -= ClientOptions.__annotations__.keys() - {"throttle"}
    assert {name for name in calls if declared.count(name) != 2} == told_apart
    face = [ast.parse((CLIENT / "_face" / f"{name}.py").read_text()) for name in _FACES]
    moving = {"upload", "download", "mirror_download", "mirror_upload", "sync"}
    for node in (node for tree in face for node in ast.walk(tree)):
        if isinstance(node, ast.AsyncFunctionDef) and node.name in moving:
            assert not {each.arg for each in node.args.kwonlyargs} - {"state"}


_FACES = ("_transfers", "_mirrors")
