"""Make the pictures of the pages, from what is measured and from what the code says.

    python docs/pictures/make.py                # all that need no measuring
    python docs/pictures/make.py --measure      # measure first: two minutes on a quiet machine
    python docs/pictures/make.py layers         # one of them

What is measured is kept beside the pictures as JSON; they are drawn from it. It needs the group
`dev` (matplotlib, aioftp), and for the curves of others curl and lftp; who is absent is left out,
and named.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
sys.path[:0] = [str(HERE), str(ROOT / "tests")]


def layers() -> None:
    """Who may import whom: the table of tests/test_architecture.py."""
    from draw_layers import draw

    _write("layers", draw())


def sequence() -> None:
    """One download: the lines of its control connection, recorded."""
    from draw_sequence import draw

    _write("sequence", draw())


def terminal() -> None:
    """The command on a terminal: what it prints, recorded."""
    from draw_terminal import draw

    _write("terminal", draw())


def throttle() -> None:
    """Rates over time under a limit, ours and others'."""
    from draw_throttle import draw

    draw(HERE / "throttle.json", HERE / "throttle.svg")


def demo() -> None:
    """What `anyftp demo` shows."""
    command = [sys.executable, "-m", "anyftp", "demo", "--svg", str(HERE / "demo.svg")]
    subprocess.run(command, check=True, env={**os.environ, "COLUMNS": "100"})


PICTURES: dict[str, Callable[[], None]] = {
    "layers": layers,
    "sequence": sequence,
    "terminal": terminal,
    "throttle": throttle,
    "demo": demo,
}
#: Drawn from what happens while they are drawn.
MEASURED = {"throttle", "demo"}


def _write(name: str, svg: str) -> None:
    (HERE / f"{name}.svg").write_text(svg, "utf-8")


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description="Make the pictures of the pages.")
    parser.add_argument("names", nargs="*", choices=[*PICTURES, []], metavar="PICTURE")
    parser.add_argument("--measure", action="store_true", help="measure anew, then draw")
    options = parser.parse_args()
    for name in options.names or PICTURES:
        if name == "demo" and not options.measure:
            continue
        if name == "throttle" and options.measure:
            from measure_throttle import measure

            measure(HERE / "throttle.json")
        PICTURES[name]()
        print(f"docs/pictures/{name}.svg")


if __name__ == "__main__":
    main()
