"""The tables of attacks in docs/design, and the tests that try them out."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

TESTS = Path(__file__).resolve().parent
TABLES = (TESTS.parent / "docs" / "design" / "attacks.md").read_text("utf-8")
ON_SERVER, ON_CLIENT = TABLES.split("\n## On the client\n")


def rows(table: str) -> list[str]:
    return re.findall(r"^\| ([PDTFA][0-9]+) \|", table, re.MULTILINE)


def tried(*folders: str) -> set[str]:
    """The rows that tests in these folders are named after."""
    return {
        row.upper()
        for folder in folders
        for path in (TESTS / folder).rglob("test_*.py")
        for row in re.findall(
            r"^(?:async )?def test_([pdtfa][0-9]+)_", path.read_text("utf-8"), re.MULTILINE
        )
    }


SIDES = {
    "server": (rows(ON_SERVER), tried("server", "fs")),
    "client": (rows(ON_CLIENT), tried("client", "cli")),
}


@pytest.mark.parametrize("side", SIDES)
def test_each_row_is_tried_and_each_attack_has_its_row(side: str) -> None:
    known, named = SIDES[side]
    assert set(known) == named
    assert len(known) == len(set(known))
