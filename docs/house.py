"""Counts what docs/design/house.md tells of the house as it stands.

    python docs/house.py

Modules, and arrows between those of one package (imports for type checkers counted); circles;
fields of a session; `Any`; modules without a test file of their name and room; what is long.
"""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SRC, COMPAT, TESTS = ROOT / "src" / "anyftp", ROOT / "compat" / "anyftp_compat", ROOT / "tests"
sys.path.insert(0, str(TESTS))

import test_architecture as walls  # noqa: E402  # it is no package

LONG_FUNCTION, LONG_MODULE = 30, 300


def graph(package: str) -> dict[str, set[str]]:
    """The modules of a package of anyftp, and which of each other they import."""
    whole = walls.import_graph(SRC)
    prefix = f"anyftp.{package}."
    inside = {name for name in whole if name.startswith(prefix)}
    leaves = {name for name in inside if not any(n.startswith(f"{name}.") for n in inside)}
    return {name: whole[name] & leaves for name in leaves}


def fields(module: Path) -> int:
    """What the dataclass `Session` of a module holds."""
    for node in ast.walk(ast.parse(module.read_text("utf-8"))):
        if isinstance(node, ast.ClassDef) and node.name == "Session":
            return sum(isinstance(each, ast.AnnAssign) for each in node.body)
    raise LookupError(module)


def modules() -> Iterator[tuple[Path, Path]]:
    """Each module, and the folder of tests that mirrors its package."""
    for package, tests in ((SRC, TESTS), (COMPAT, TESTS / "compat")):
        for path in sorted(package.rglob("*.py")):
            if not path.stem.startswith("__"):
                yield path, tests


def untested() -> list[Path]:
    """Modules that no test file is called after."""
    found = []
    for path, tests in modules():
        package = SRC if SRC in path.parents else COMPAT
        *rooms, name = (
            part.lstrip("_") for part in path.relative_to(package).with_suffix("").parts
        )
        own = tests.joinpath(*rooms, f"test_{name}.py")
        with_extras = TESTS / "ecosystem" / f"test_{'_'.join([*rooms, name])}.py"
        if not own.exists() and not with_extras.exists():
            found.append(path)
    return found


def long_functions() -> int:
    """Functions whose body, the docstring left out, is long."""
    count = 0
    for path, _ in modules():
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                has_docstring = ast.get_docstring(node) is not None and len(node.body) > 1
                first = node.body[1 if has_docstring else 0]
                count += (node.end_lineno or 0) - first.lineno + 1 > LONG_FUNCTION
    return count


def main() -> None:
    """Print the figures."""
    circles = [walls.find_cycle(walls.import_graph(root)) for root in (SRC, COMPAT)]
    print("circles:", sum(map(bool, circles)))
    for package in ("_client", "_server"):
        arrows = graph(package)
        print(f"{package}: {len(arrows)} modules, {sum(map(len, arrows.values()))} arrows")
    for half in ("_client", "_server"):
        path = SRC / half / "_session" / "_session.py"
        print(f"fields of the session of {half}:", fields(path))
    missing = untested()
    print(f"modules without a test file: {len(missing)} of {len(list(modules()))}")
    in_compat = [path for path in missing if COMPAT in path.parents]
    print(f"  of them in the compat layer: {len(in_compat)}")
    text = "".join(path.read_text("utf-8") for path in COMPAT.rglob("*.py"))
    print("Any in the compat layer:", len(re.findall(r"\bAny\b", text)))
    print(f"lines of the compat layer: {text.count(chr(10))}")
    print(f"functions above {LONG_FUNCTION} lines:", long_functions())
    lengths = [path.read_text("utf-8").count("\n") for path, _ in modules()]
    print(f"modules above {LONG_MODULE} lines:", sum(each > LONG_MODULE for each in lengths))


if __name__ == "__main__":
    main()
