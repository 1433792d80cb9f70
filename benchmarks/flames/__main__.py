"""The command: ``measure`` writes samples of two states; ``draw`` makes pictures of them."""

import argparse
import json
import os
from pathlib import Path
from typing import Any

from benchmarks.flames.picture import drawn, milliseconds, read, tree
from benchmarks.flames.rows import ROWS, Done, Row
from benchmarks.measure import ROOT, ContestantFailed
from benchmarks.network import separate
from benchmarks.plot import PICTURES
from benchmarks.workspace import Bench, Options, workspace

STATES = ("before", "after")
TIMES = 3


def measure(folder: Path, names: list[str], earlier: Path) -> None:
    """Sample the rows, by turns of both states; what they used and did stands in `done.json`."""
    for state in STATES:
        (folder / state).mkdir(parents=True, exist_ok=True)
    summary = folder / "done.json"
    done: dict[str, Any] = json.loads(summary.read_text()) if summary.exists() else {}
    print(separate(), flush=True)
    with workspace(Options(backends=("asyncio",))) as bench:
        for row in ROWS:
            if names and row.name not in names:
                continue
            runs = by_turns(row, bench, folder.resolve(), earlier.resolve())
            done[row.name] = {
                state: {
                    "cpu": sum(run.cpu for run in some),
                    "units": sum(run.units for run in some),
                }
                for state, some in runs.items()
                if some
            }
            summary.write_text(json.dumps(done, indent=1))
            print(f"{row.name}: {done[row.name]}", flush=True)


def by_turns(row: Row, bench: Bench, folder: Path, earlier: Path) -> dict[str, list[Done]]:
    """Do the work some times; a time that a signal at a bad moment has spoilt is forgotten."""
    runs: dict[str, list[Done]] = {state: [] for state in STATES}
    for state in STATES:
        (folder / state / f"{row.name}.txt").write_bytes(b"")
    for number in range(4 * TIMES):
        state = STATES[number % 2]
        if len(runs[state]) == TIMES:
            continue
        os.environ["ANYFTP_BENCH_SOURCE"] = str(earlier if state == "before" else ROOT)
        samples = folder / state / f"{row.name}.txt"
        nbytes = samples.stat().st_size
        try:
            runs[state].append(row.do(bench, samples))
        except (ContestantFailed, ValueError) as error:  # or what it said is cut short
            os.truncate(samples, nbytes)
            print(f"{row.name}, {state}: {error}", flush=True)
    return runs


def draw(folder: Path, pictures: Path) -> None:
    """Two pictures a row, to one scale."""
    done = json.loads((folder / "done.json").read_text())
    for row in ROWS:
        roots = {
            state: tree(read((folder / state / f"{row.name}.txt").read_text("utf-8")), **used)
            for state, used in done.get(row.name, {}).items()
        }
        for state, root in roots.items():
            path = pictures / f"flame-{row.name}-{state}.svg"
            path.write_text(drawn(root, row.unit, list(roots.values())), "utf-8")
            print(f"{path.name}: {milliseconds(root.spent)} a {row.unit}")


def main() -> None:
    """Do what is asked for."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.flames", description=__doc__)
    works = parser.add_subparsers(dest="work", required=True)
    one = works.add_parser("measure", help="sample the rows, of an earlier state and of this one")
    one.add_argument("folder", type=Path)
    one.add_argument("earlier", type=Path, help="a checkout of the earlier state")
    one.add_argument("row", nargs="*", help=", ".join(row.name for row in ROWS))
    two = works.add_parser("draw", help="draw what was sampled into docs/pictures")
    two.add_argument("folder", type=Path)
    two.add_argument("--pictures", type=Path, default=PICTURES)
    arguments = parser.parse_args()
    if arguments.work == "measure":
        measure(arguments.folder, arguments.row, arguments.earlier)
    else:
        draw(arguments.folder, arguments.pictures)


if __name__ == "__main__":
    main()
