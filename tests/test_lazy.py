"""Names that are imported late: the interpreter's table and the type checkers' imports agree."""

from __future__ import annotations

import ast
from importlib import import_module
from pathlib import Path

import pytest

from anyftp._lazy import lazily
from support.imports import Noting

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


#: What takes long, and an event loop or a person alone will need.
_OF_OTHERS = "trio uvloop click rich fsspec python_socks cryptography unittest argparse"
_RARE = "email http xml sqlite3 multiprocessing importlib.metadata zoneinfo"
_RARE_HERE = "anyftp._pool anyftp._client._syncing._sync anyftp._client._mirroring._carry_out"
_MOVING = "anyftp._client._copying._receive anyftp._client._copying._upload"
_DIALECTS = "anyftp._protocol._listing_unix anyftp._protocol._listing_vms"


@pytest.mark.parametrize(
    ("program", "spared", "nmodules", "ndataclasses"),
    [
        pytest.param(
            "import anyftp", "anyio dataclasses ssl inspect anyftp._client", 3, 0, id="face"
        ),
        pytest.param(
            "from anyftp import Client",
            f"anyftp._server anyftp._fs._quota {_RARE_HERE} {_DIALECTS} hashlib {_MOVING}",
            142,
            23,
            id="client",
        ),
        pytest.param(
            "from anyftp import Server", "anyftp._client anyftp._pool", 135, 43, id="server"
        ),
        pytest.param(
            "from anyftp import Throttle",
            "anyftp._streams anyftp._protocol anyftp._client",
            11,
            1,
            id="throttle",
        ),
        pytest.param(
            "from anyftp import FTPError", "anyio dataclasses ssl inspect", 4, 0, id="errors"
        ),
        pytest.param("import anyftp_compat", "anyio dataclasses ssl inspect", 4, 0, id="compat"),
        pytest.param(
            "import anyftp_compat; anyftp_compat.Client",
            f"anyftp._server {_RARE_HERE} {_DIALECTS} {_MOVING}",
            184,
            23,
            id="compat-client",
        ),
    ],
)
def test_what_is_imported(
    program: str, spared: str, nmodules: int, ndataclasses: int, tmp_path: Path
) -> None:
    """Modules take long, and dataclasses, whose methods are compiled anew at each start."""
    imported = Noting(program, tmp_path).run()
    of_loops = "" if "compat" in program else "asyncio subprocess"
    assert imported.among(f"{_OF_OTHERS} {_RARE} {of_loops} {spared}") == set()
    assert len(imported.own) <= nmodules, sorted(imported.own)
    assert len(imported.dataclasses) <= ndataclasses, sorted(imported.dataclasses)


def test_what_is_counted(tmp_path: Path) -> None:
    program = "import sys, anyio\nfrom anyftp import RetryPolicy"
    imported = Noting(program, tmp_path).run()
    assert imported.among("anyio anyftp._client._options") >= {
        "anyio",
        "anyftp._client._options._retry_policy",
    }
    assert "anyftp._client._options._retry_policy.RetryPolicy" in imported.dataclasses
