"""The table of attacks in docs/design, and the tests that try them out."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

TESTS = Path(__file__).resolve().parent.parent
TABLE = TESTS.parent / "docs" / "design" / "attacks.md"
ROWS = re.findall(r"^\| ([PDTFA][0-9]+) \|", TABLE.read_text("utf-8"), re.MULTILINE)
SOURCES = [path for folder in ("server", "fs") for path in (TESTS / folder).glob("test_*.py")]
TRIED = {
    row.upper()
    for path in SOURCES
    for row in re.findall(r"^(?:async )?def test_([pdtfa][0-9]+)_", path.read_text(), re.MULTILINE)
}


@pytest.mark.parametrize("row", ROWS)
def test_each_row_is_tried(row: str) -> None:
    assert row in TRIED


def test_each_attack_has_its_row() -> None:
    assert set(ROWS) >= TRIED
    assert len(ROWS) == len(set(ROWS))
