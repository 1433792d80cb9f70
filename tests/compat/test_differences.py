"""The table of deliberate differences in docs/design/compat.md: each row names tests that exist."""

from __future__ import annotations

import ast
import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "design" / "compat.md").read_text("utf-8")
TABLE = PAGE.partition("## Deliberate differences")[2]
ROWS = [line[1:-1].split("|") for line in TABLE.splitlines() if line.startswith("| ")][1:]

REFERENCE = re.compile(r"`([\w/]+)`: ([\w, ]+)")


def names_in(file: Path) -> set[str]:
    """Functions without their `test_`, and tables of cases."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(file.read_text("utf-8"))):
        match node:
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name):
                found.add(name.removeprefix("test_"))
            case ast.Assign(targets=[ast.Name(id=name)]) | ast.AnnAssign(target=ast.Name(id=name)):
                found.add(name)
    return found


def test_there_are_rows() -> None:
    assert len(ROWS) > 40


def test_each_row_has_its_tests() -> None:
    for row in ROWS:
        theirs, ours, _, tests = (cell.strip() for cell in row)
        assert theirs, row
        assert ours, row
        for part in tests.split(";"):
            reference = REFERENCE.fullmatch(part.strip())
            assert reference is not None, tests
            place, names = reference.groups()
            file = ROOT / (place if "/" in place else f"tests/compat/{place}")
            known = names_in(file.with_suffix(".py"))
            assert {name.strip() for name in names.split(",")} <= known, tests
