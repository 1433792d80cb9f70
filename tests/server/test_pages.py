"""The design page of the server names each of its modules."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def test_each_module_stands_in_the_table_of_rooms() -> None:
    page = (ROOT / "docs" / "design" / "server.md").read_text("utf-8")
    table = page.split("## The rooms\n")[1].split("\n## ")[0]
    told: set[tuple[str, str]] = set()
    room = ""
    for line in table.splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if len(cells) == 3:
            room = cells[0].strip("`") or room
            told |= {(room, name) for name in re.findall(r"`(\w+)`", cells[1])}
    folder = ROOT / "src" / "anyftp" / "_server"
    modules = {
        (path.parent.name if path.parent != folder else "", path.stem)
        for path in folder.rglob("_[a-z]*.py")
    }
    assert {name for _, name in told} == {name for _, name in modules}
    in_rooms = {(room, name) for room, name in modules if room}
    assert in_rooms <= told
