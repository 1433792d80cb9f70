"""The design pages of client and server: their tables of rooms name each module, and no other."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
#: Layers that a row may speak of beside its modules.
LAYERS = {"_fs", "_net", "_protocol", "_streams"}


@pytest.mark.parametrize("half", ["client", "server"])
def test_each_module_stands_in_the_table_of_rooms(half: str) -> None:
    page = (ROOT / "docs" / "design" / f"{half}.md").read_text("utf-8")
    table = page.split("## The rooms\n")[1].split("\n## ")[0]
    told: dict[str, set[str]] = {}
    room = ""
    for line in table.splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if len(cells) == 3:
            room = cells[0].strip("`") or room
            names = re.findall(r"`(_\w+)`", "".join(cells[1:]))
            told.setdefault(room, set()).update(set(names) - LAYERS)
    folder = ROOT / "src" / "anyftp" / f"_{half}"
    modules: dict[str, set[str]] = {}
    for path in folder.rglob("_[a-z]*.py"):
        modules.setdefault(path.parent.name if path.parent != folder else "", set()).add(path.stem)
    on_top = modules.pop("", set())
    assert {name: told.get(name, set()) - on_top for name in modules} == modules
    assert on_top <= set().union(*told.values())
