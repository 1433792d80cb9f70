"""The layers, drawn from the table that the tests hold the imports to."""

from __future__ import annotations

import runpy
from graphlib import TopologicalSorter
from pathlib import Path

from svg import Picture

ROOT = Path(__file__).resolve().parents[2]
#: What a reader should know of each; what is not here is a detail.
WORDS = {
    "_errors": "exceptions",
    "_throttle": "bytes and seconds",
    "_streams": "timeouts, limits, copying",
    "_protocol": "FTP as text, no socket",
    "_net": "dial, listen, TLS",
    "_fs": "files and folders",
    "_client": "sessions, transfers, trees",
    "_server": "sessions, verbs, users",
    "_pool": "several connections",
    "fsspec": "for pandas, dask, zarr",
    "testing": "for tests of your own",
    "_cli": "the command",
}
WIDTH, ROW, GAP, BOX = 840, 58, 26, 192


def draw() -> str:
    """As SVG: whoever imports stands above what it imports."""
    table: dict[str, set[str]] = runpy.run_path(str(ROOT / "tests/test_architecture.py"))["LAYERS"]
    ours = {name for name in WORDS if name.startswith("_")}  # fsspec is also somebody else's
    imports = {name: table[name] & ours - {name} for name in WORDS}
    for name, found in imports.items():
        if "anyftp" in table[name]:  # the public face, which is all of these
            found |= {"_client", "_server"}
    floors: dict[str, int] = {}
    for name in TopologicalSorter(imports).static_order():
        floors[name] = 1 + max((floors[other] for other in imports[name]), default=-1)
    top = max(floors.values())
    picture = Picture(WIDTH, (top + 1) * (ROW + GAP) + 34, "The layers of anyftp")
    for floor in range(top + 1):
        names = [name for name in WORDS if floors[name] == floor]
        y = (top - floor) * (ROW + GAP) + 8
        left = (WIDTH - len(names) * (BOX + 14) + 14) / 2
        for number, name in enumerate(names):
            x = left + number * (BOX + 14)
            picture.box(x, y, BOX, ROW)
            picture.text(x + BOX / 2, y + 24, name, "mono", "middle")
            picture.text(x + BOX / 2, y + 43, WORDS[name], "quiet", "middle")
        if floor:
            picture.line(WIDTH / 2, y + ROW + 4, WIDTH / 2, y + ROW + GAP - 6)
    y = (top + 1) * (ROW + GAP) + 12
    picture.text(WIDTH / 2, y, "imports go down, never up", "quiet", "middle")
    return str(picture)
