"""The walls of the house, read off the source with ast: who may import whom, how long things are.

Nothing is imported here, so a wall that is broken is reported even when the package cannot load.
"""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
SRC = ROOT / "src" / "anyftp"
COMPAT = ROOT / "compat" / "anyftp_compat"

#: What a layer may import besides the standard library and itself. The first name of a module
#: inside `anyftp` is its layer; "anyftp" is the face of the package, `__init__.py`.
_BOTTOM = {"_counts", "_extras", "_lazy", "anyio", "_throttle", "_streams", "_errors"}
_HALVES = _BOTTOM | {"_protocol", "_net", "_fs"}
_WHOLE = _HALVES | {"_client", "_server"}
LAYERS: dict[str, set[str]] = {
    "_version": set(),
    "_counts": set(),
    "_errors": set(),
    "_extras": set(),
    "_lazy": set(),
    "_throttle": {"anyio"},
    "_protocol": {"_errors", "_lazy"},
    "_streams": {
        "_extras",
        "anyio",
        "_throttle",
        "trio",
    },  # trio: loaded when its streams come in or go out
    "_net": {"_lazy", "anyio", "_streams", "_errors", "python_socks"},
    "_fs": {"_extras", "_lazy", "anyio", "_streams", "_errors", "fsspec"},  # fsspec: an extra
    "_client": _HALVES,
    "_server": _HALVES | {"argon2"},
    "events": {"_server"},
    "prometheus": {"_extras", "_server", "prometheus_client"},
    "status": {"_extras", "anyio", "_protocol", "_server", "_throttle", "hypercorn", "starlette"},
    "_pool": {"_counts", "anyio", "_client", "_errors", "_net", "_protocol", "_throttle"},
    "distributed": {"_extras", "anyio", "anyftp", "distributed", "fsspec", "shared"},
    "fsspec": {"_extras", "anyio", "anyftp", "fsspec", "sniffio"},
    "shared": {"_counts", "_extras", "_fs", "_lazy", "anyio", "anyftp", "coredis"},
    "testing": _WHOLE | {"anyftp", "trustme", "trio"},  # trio: its clock
    "__init__": _WHOLE | {"_pool", "_version"},
    "_cli": _WHOLE
    | {"anyftp", "shared", "testing", "prometheus", "prometheus_client", "status", "_version"}
    | {
        "click",
        "rich",
        "cryptography",
        "tomlkit",
        "platformdirs",
        "prompt_toolkit",
        "watchfiles",
        "uvloop",
        "trio",
    },
    "__main__": {"anyftp_command"},
}

#: The rooms of the larger packages, floor by floor from the bottom: a room imports from the floors
#: below its own. A package's `__init__` is its face, above all of them.
ROOMS: dict[str, tuple[set[str], ...]] = {
    "anyftp_compat": (
        {"_ground"},
        {"_streams"},
        {"_pathio"},
        {"_client", "_server"},
        {"_annotations", "_install", "common"},
        {"errors", "pathio"},
        {"client", "server"},
        {"__main__"},
    ),
    "anyftp._client": (
        {"_options"},
        {"_control"},
        {"_session"},
        {"_lending"},
        {"_data"},
        {"_listing"},
        {"_remote"},
        {"_copying"},
        {"_mirroring"},
        {"_syncing"},
        {"_face"},
    ),
    "anyftp._server": (
        {"_refusals"},
        {"_users", "_events"},
        {"_ports"},
        {"_session"},
        {"_moving"},
        {"_verbs"},
        {"_reception"},
        {"_server"},
    ),
    "anyftp._cli": (
        {"_ending"},
        {"_given"},
        {"_reaching", "_display"},
        {"_commands", "_demo", "_doctor", "_serving"},
        {"_shell"},
        {"_main"},
    ),
}

#: Modules that compute and nothing else: no waiting, no clock, no socket.
PURE = re.compile(r"^(_errors|_protocol(\..+)?|_throttle\._meter)$")
IMPURE_STDLIB = {"time", "socket", "ssl", "select", "selectors", "threading", "subprocess", "anyio"}
CLOCK_CALLS = {"now", "utcnow", "today", "monotonic", "perf_counter"}

MODULE_LINES = 400
FUNCTION_LINES = 60
VAGUE_NAMES = re.compile(r"^_?(utils?|helpers?|managers?|bases?|commons?|misc)$")

SOURCES = sorted(SRC.rglob("*.py"))
COMPAT_SOURCES = sorted(COMPAT.rglob("*.py"))


def module_name(path: Path) -> str:
    """Dotted name below `anyftp`: "_protocol._reply"; a package is called after its folder."""
    parts = list(path.relative_to(SRC).with_suffix("").parts)
    if parts[-1] == "__init__" and len(parts) > 1:
        parts.pop()
    return ".".join(parts)


def imports(tree: ast.AST, package: list[str]) -> Iterator[tuple[int, str]]:
    """Line and absolute dotted name of everything imported, relative imports resolved.

    For `from a import b` that is "a.b": b may be a module, and then a.b is what is imported.
    """
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield node.lineno, alias.name
        elif isinstance(node, ast.ImportFrom):
            above = package[: len(package) - node.level + 1] if node.level else []
            prefix = ".".join([*above, *([node.module] if node.module else [])])
            for alias in node.names:
                yield node.lineno, f"{prefix}.{alias.name}"


def package_of(module: str, *, is_package: bool = False) -> list[str]:
    parts = ["anyftp", *module.split(".")]
    return parts if is_package else parts[:-1]


def layer_breaches(
    module: str, source: str, *, is_package: bool = False, layers: dict[str, set[str]] = LAYERS
) -> list[str]:
    """Every import of this module that its layer does not allow."""
    layer = module.split(".")[0]
    if layer not in layers:
        return [f"{module}: no layer is called {layer!r}; give it a row in LAYERS"]
    allowed = layers[layer] | {layer}
    found = []
    for line, name in imports(ast.parse(source), package_of(module, is_package=is_package)):
        top, *rest = name.split(".")
        if top == "anyftp":
            target = rest[0] if rest and rest[0] in layers else "anyftp"
        elif top in sys.stdlib_module_names and top != "asyncio":
            continue
        else:
            target = top
        if target not in allowed:
            found.append(f"{module}:{line}: {layer} must not import {name}")
    return found


def room_breaches(module: str, names: Iterable[tuple[int, str]]) -> list[str]:
    """Every import, given as line and dotted name, that leads to the same floor or upwards."""
    found = []
    for package, floors in ROOMS.items():
        height = {room: floor for floor, rooms in enumerate(floors) for room in rooms}
        room = _room(module, package)
        if not room:
            continue
        if room not in height:
            found.append(f"{module}: {package} has no room called {room!r}; give it a floor")
            continue
        for line, name in names:
            target = _room(name, package)
            if target and target != room and height.get(target, -1) >= height[room]:
                found.append(f"{module}:{line}: {room} must not import {name}")
    return found


def _room(dotted: str, package: str) -> str:
    """The room of a package that a dotted name is in; "" where it is elsewhere."""
    inside = dotted.removeprefix(f"{package}.")
    return inside.split(".")[0] if inside != dotted else ""


def purity_breaches(module: str, source: str) -> list[str]:
    """Clocks, sockets and waiting in a module that only computes."""
    if not PURE.match(module):
        return []
    tree = ast.parse(source)
    found = [
        f"{module}:{line}: imports {name}"
        for line, name in imports(tree, package_of(module))
        if name.split(".")[0] in IMPURE_STDLIB
    ]
    for node in ast.walk(tree):
        if isinstance(node, ast.AsyncFunctionDef | ast.Await):
            found.append(f"{module}:{node.lineno}: waits")
        if isinstance(node, ast.Call) and _called(node) in CLOCK_CALLS:
            found.append(f"{module}:{node.lineno}: asks a clock; take `now` as a parameter")
    return found


def _called(call: ast.Call) -> str:
    return call.func.attr if isinstance(call.func, ast.Attribute) else ""


#: A dialler gives the core an `anyio.abc.ByteStream`; this module makes one of asyncio's streams.
MAKES_BYTE_STREAMS = "_asyncio_as_core"


def compat_breaches(name: str, source: str) -> list[str]:
    """What the drop-in layer uses of anyftp beyond its public names."""
    tree = ast.parse(source)
    package = ["anyftp_compat", *name.split(".")][:-1]
    found = []
    for line, target in imports(tree, package):
        top, *rest = target.split(".")
        if top == "anyftp" and any(part.startswith("_") for part in rest):
            found.append(f"{name}:{line}: private {target}")
        elif top == "anyio" and name.endswith(MAKES_BYTE_STREAMS):
            continue
        elif top not in {"anyftp", "anyftp_compat"} and top not in sys.stdlib_module_names:
            found.append(f"{name}:{line}: {target} is neither ours nor the standard library's")
    dotted = [node for node in ast.walk(tree) if isinstance(node, ast.Attribute)]
    private = [node for node in dotted if ast.unparse(node).startswith("anyftp._")]
    found += [f"{name}:{node.lineno}: private {ast.unparse(node)}" for node in private]
    return found


def long_functions(source: str) -> list[str]:
    """Functions whose body, the docstring left out, is longer than FUNCTION_LINES."""
    found = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            body = node.body
            if ast.get_docstring(node) is not None and len(body) > 1:
                body = body[1:]
            length = (node.end_lineno or 0) - body[0].lineno + 1
            if length > FUNCTION_LINES:
                found.append(f"{node.name}, line {node.lineno}: {length} lines")
    return found


def import_graph(root: Path) -> dict[str, set[str]]:
    """Which module of a package imports which: when it is loaded, later, or for type checkers."""
    names: dict[str, Path] = {}
    for path in root.rglob("*.py"):
        parts = [root.name, *path.relative_to(root).with_suffix("").parts]
        names[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    graph: dict[str, set[str]] = {}
    for module, path in names.items():
        package = module.split(".")[: None if path.name == "__init__.py" else -1]
        graph[module] = set()
        for _, imported in imports(ast.parse(path.read_text("utf-8")), package):
            target = imported if imported in names else imported.rpartition(".")[0]
            if target in names and target != module:
                graph[module].add(target)
    return graph


def find_cycle(graph: dict[str, set[str]]) -> list[str]:
    """One circle of imports, or nothing."""
    finished: set[str] = set()

    def visit(module: str, path: list[str]) -> list[str]:
        if module in path:
            return [*path[path.index(module) :], module]
        if module in finished:
            return []
        for target in sorted(graph.get(module, ())):
            if circle := visit(target, [*path, module]):
                return circle
        finished.add(module)
        return []

    for module in sorted(graph):
        if circle := visit(module, []):
            return circle
    return []


# The checks themselves, on small wrongs: a check that cannot fail is worth nothing.


@pytest.mark.parametrize(
    ("module", "source"),
    [
        pytest.param("_protocol._reply", "import anyio", id="protocol-anyio"),
        pytest.param("_protocol._reply", "from .._streams import StreamIO", id="protocol-streams"),
        pytest.param("_streams._io", "from anyftp._protocol import Reply", id="streams-protocol"),
        pytest.param("_streams._io", "from .. import _errors", id="streams-errors-relative"),
        pytest.param("_client._client", "from anyftp._server import Server", id="client-server"),
        pytest.param("_server._server", "import anyftp._client", id="server-client"),
        pytest.param("_server._server", "from anyftp import Client", id="server-through-face"),
        pytest.param("_net._listen", "import trio", id="net-trio"),
        pytest.param("_net._listen", "import asyncio", id="net-loop"),
        pytest.param("_fs._local", "if True:\n    from rich import print", id="nested-import"),
        pytest.param("_odd._thing", "", id="unknown-layer"),
    ],
)
def test_a_breach_of_the_layers_is_noticed(module: str, source: str) -> None:
    assert len(layer_breaches(module, source)) == 1


@pytest.mark.parametrize(
    ("module", "source"),
    [
        pytest.param("_protocol._reply", "from .._errors import FTPError", id="protocol-errors"),
        pytest.param("_protocol._reply", "import re, datetime", id="protocol-stdlib"),
        pytest.param("_streams._tls", "import ssl, socket, anyio.abc", id="streams-tls"),
        pytest.param("_cli._serve", "from anyftp import Server", id="cli-face"),
    ],
)
def test_what_the_layers_allow_is_no_breach(module: str, source: str) -> None:
    assert layer_breaches(module, source) == []


@pytest.mark.parametrize(
    "source",
    [
        "import time",
        "from socket import socket",
        "import anyio",
        "async def f(): pass",
        "x = datetime.now()",
    ],
)
def test_impurity_is_noticed(source: str) -> None:
    assert len(purity_breaches("_protocol._reply", source)) == 1
    assert purity_breaches("_client._client", source) == []


@pytest.mark.parametrize(
    "source",
    [
        "from anyftp._client import Client",
        "from anyftp import _errors",
        "import anyftp\nanyftp._streams",
        "import anyio",
    ],
)
def test_private_names_in_compat_are_noticed(source: str) -> None:
    assert len(compat_breaches("client", source)) == 1


def test_circles_are_found() -> None:
    assert find_cycle({"a": {"b"}, "b": {"c"}, "c": {"b"}}) == ["b", "c", "b"]
    assert find_cycle({"a": {"b", "c"}, "b": {"c"}, "c": set()}) == []


def test_a_long_function_is_found_and_its_docstring_is_free() -> None:
    code = "    x = 1\n" * FUNCTION_LINES
    doc = '    """' + "word\n" * 20 + '    """\n'
    assert long_functions(f"def f():\n{doc}{code}") == []
    assert len(long_functions(f"def f():\n{doc}{code}    y = 2\n")) == 1


@pytest.mark.parametrize(
    ("module", "imported"),
    [
        pytest.param("anyftp._x._low._a", "anyftp._x._high._b", id="upwards"),
        pytest.param("anyftp._x._left._a", "anyftp._x._right._b", id="sideways"),
        pytest.param("anyftp._x._odd._a", "anyftp._errors", id="unknown-room"),
    ],
)
def test_a_breach_of_the_rooms_is_noticed(
    module: str, imported: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(ROOMS, "anyftp._x", ({"_low"}, {"_left", "_right"}, {"_high"}))
    assert len(room_breaches(module, [(1, imported)])) == 1
    allowed = [(1, "anyftp._x._low._b"), (2, "anyftp._errors.FTPError")]
    assert room_breaches("anyftp._x._high._a", allowed) == []


# And on what we ship.


def test_layers() -> None:
    found = []
    for path in SOURCES:
        source, module = path.read_text("utf-8"), module_name(path)
        found += layer_breaches(module, source, is_package=path.name == "__init__.py")
        found += purity_breaches(module, source)
    assert not found


def test_rooms() -> None:
    found = []
    for root, paths in ((SRC, SOURCES), (COMPAT, COMPAT_SOURCES)):
        for path in paths:
            *package, module = [root.name, *path.relative_to(root).with_suffix("").parts]
            is_face = module == "__init__" and ".".join(package) in ROOMS
            if not is_face:
                names = imports(ast.parse(path.read_text("utf-8")), package)
                found += room_breaches(".".join([*package, module]), names)
    assert not found


def test_no_word_of_asyncio_in_the_core() -> None:
    assert not [path for path in SOURCES if "asyncio" in path.read_text("utf-8").lower()]


def test_compat_uses_public_names_only() -> None:
    found = []
    for path in COMPAT_SOURCES:
        name = ".".join(path.relative_to(COMPAT).with_suffix("").parts)
        found += compat_breaches(name, path.read_text("utf-8"))
    assert not found


def test_sizes() -> None:
    found = []
    for path in SOURCES + COMPAT_SOURCES:
        source = path.read_text("utf-8")
        lines = len(source.splitlines())
        found += [f"{path}: {lines} lines"] if lines > MODULE_LINES else []
        found += [f"{path}: {each}" for each in long_functions(source)]
    assert not found


#: The bottom of the house. Each module there has a test file of its own, under its name, and each
#: method that waits says what becomes of it when it is cancelled.
BOTTOM = ("_throttle", "_protocol", "_streams", "_net")


def silent_about_cancellation(scope: ast.Module | ast.ClassDef) -> list[str]:
    """Public functions that wait and whose docstrings have no word of it; overrides need none."""
    found = []
    for node in scope.body:
        if getattr(node, "name", "_").startswith("_"):
            continue
        if isinstance(node, ast.ClassDef):
            found += silent_about_cancellation(node)
        elif isinstance(node, ast.AsyncFunctionDef):
            text = ast.get_docstring(node)
            if text is not None and "ancellation" not in text:
                found.append(f"{node.name}, line {node.lineno}")
    return found


def test_silence_about_cancellation_is_noticed() -> None:
    said = 'async def f():\n    """Wait. Cancellation: safe."""\n'
    silent = 'async def f():\n    """Wait."""\n'
    assert silent_about_cancellation(ast.parse(said)) == []
    assert silent_about_cancellation(ast.parse(silent)) == ["f, line 1"]


def test_what_waits_at_the_bottom_says_what_cancellation_does() -> None:
    found = []
    for path in SOURCES:
        if module_name(path).split(".")[0] in BOTTOM:
            silent = silent_about_cancellation(ast.parse(path.read_text("utf-8")))
            found += [f"{path}: {each}" for each in silent]
    assert not found


@pytest.mark.parametrize("package", BOTTOM)
def test_each_module_at_the_bottom_has_its_test_file(package: str) -> None:
    modules = {path.stem.lstrip("_") for path in (SRC / package).glob("_[a-z]*.py")}
    tested = {path.stem for path in (ROOT / "tests" / package.lstrip("_")).glob("test_*.py")}
    assert modules
    assert not {f"test_{module}" for module in modules} - tested


def test_names_say_what_is_inside() -> None:
    paths = [*SOURCES, *COMPAT_SOURCES, *(ROOT / "tests").rglob("*.py")]
    names = [p for p in paths if VAGUE_NAMES.match(p.stem) or VAGUE_NAMES.match(p.parent.name)]
    assert names in ([], [COMPAT / "common.py"])


@pytest.mark.parametrize("root", [SRC, COMPAT], ids=lambda root: str(root.name))
def test_imports_never_run_in_a_circle(root: Path) -> None:
    """Not even those that only type checkers see: a circle of ideas is one, too."""
    assert not find_cycle(import_graph(root))
