"""Names that are imported late: the interpreter's table and the type checkers' imports agree."""

from __future__ import annotations

import ast
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest

from anyftp._lazy import lazily

PACKAGES = ("anyftp", "anyftp._protocol", "anyftp._fs", "anyftp._net", "anyftp._client")


def seen_by_type_checkers(package: str) -> dict[str, set[str]]:
    """The names that a package gives out, by the module that they are from."""
    file = import_module(package).__file__
    assert file is not None
    found: dict[str, set[str]] = {}
    for node in ast.parse(Path(file).read_text("utf-8")).body:
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
            for statement in node.body:
                assert isinstance(statement, ast.ImportFrom)
                names = {alias.asname or alias.name for alias in statement.names}
                found.setdefault(str(statement.module), set()).update(names)
    return found


@pytest.mark.parametrize("package", PACKAGES)
def test_both_know_the_same_names(package: str) -> None:
    module = import_module(package)
    homes = {home: set(names) for home, names in module._HOMES.items()}
    assert homes == seen_by_type_checkers(package)
    names = {name for names in homes.values() for name in names}
    assert names | {"__version__"} >= set(module.__all__) >= names
    assert set(dir(module)) >= names


@pytest.mark.parametrize("package", PACKAGES)
def test_each_name_is_that_of_its_home(package: str) -> None:
    module = import_module(package)
    for home, names in module._HOMES.items():
        for name in names:
            assert getattr(module, name) is getattr(import_module(home), name)


def test_a_name_that_is_not_there() -> None:
    with pytest.raises(AttributeError, match="module 'anyftp' has no attribute 'Cleint'"):
        getattr(import_module("anyftp"), "Cleint")  # noqa: B009  # a name for no type checker
    with pytest.raises(ImportError, match="Cleint"):
        exec("from anyftp import Cleint")
    get, listed = lazily("anyftp", {"pathlib": ("Path",)})
    assert get("Path") is Path
    assert "Path" in listed()
    del import_module("anyftp").Path


@pytest.mark.parametrize(
    ("program", "spared"),
    [
        pytest.param("import anyftp", ["anyftp._client", "anyftp._server", "anyio"], id="face"),
        pytest.param("from anyftp import Client", ["anyftp._server", "anyftp._fs._quota"], id="c"),
        pytest.param(
            "from anyftp import Client", ["anyftp._protocol._listing_vms", "fsspec"], id="dialects"
        ),
        pytest.param("from anyftp import Server", ["anyftp._client"], id="server"),
        pytest.param(
            "from anyftp import Throttle", ["anyftp._streams", "anyftp._protocol"], id="throttle"
        ),
    ],
)
def test_what_nobody_asks_for_is_not_imported(program: str, spared: list[str]) -> None:
    check = f"import sys; {program}; print(*set({spared!r}) & set(sys.modules))"
    told = subprocess.run([sys.executable, "-c", check], capture_output=True, text=True, check=True)
    assert told.stdout.split() == []
