"""The command: ``measure`` writes samples, a file a row; ``draw`` makes pictures of two folders."""

import argparse
import json
import os
from pathlib import Path
from typing import Any

from benchmarks.flames.picture import drawn, read, tree
from benchmarks.flames.rows import ROWS, Done, Row
from benchmarks.measure import ContestantFailed
from benchmarks.network import separate
from benchmarks.plot import PICTURES
from benchmarks.workspace import Bench, Options, workspace

TIMES = 4


def measure(folder: Path, names: list[str], source: Path | None) -> None:
    """Sample the rows; what they have used and done stands in `done.json`."""
    folder.mkdir(parents=True, exist_ok=True)
    if source is not None:
        os.environ["ANYFTP_BENCH_SOURCE"] = str(source.resolve())
    summary = folder / "done.json"
    done: dict[str, Any] = json.loads(summary.read_text()) if summary.exists() else {}
    print(separate(), flush=True)
    with workspace(Options(backends=("asyncio",))) as bench:
        for row in ROWS:
            if names and row.name not in names:
                continue
            runs = several(row, bench, folder.resolve() / f"{row.name}.txt")
            if not runs:
                continue
            cpu, units = sum(run.cpu for run in runs), sum(run.units for run in runs)
            done[row.name] = {"cpu": cpu, "units": units}
            summary.write_text(json.dumps(done, indent=1))
            print(f"{row.name}: {cpu:.2f} s for {units:g}, each a {row.unit}", flush=True)


def several(row: Row, bench: Bench, samples: Path) -> list[Done]:
    """Do the work some times; a time that a signal at a bad moment has spoilt is forgotten."""
    samples.unlink(missing_ok=True)
    samples.touch()
    runs: list[Done] = []
    for _ in range(2 * TIMES):
        if len(runs) == TIMES:
            break
        nbytes = samples.stat().st_size
        try:
            runs.append(row.do(bench, samples))
        except (ContestantFailed, ValueError) as error:  # or what it said is cut short
            os.truncate(samples, nbytes)
            print(f"{row.name}: {error}", flush=True)
    return runs


def draw(before: Path, after: Path, folder: Path) -> None:
    """Two pictures a row, to one scale."""
    states = {"before": before, "after": after}
    done = {state: json.loads((at / "done.json").read_text()) for state, at in states.items()}
    for row in ROWS:
        roots = {
            state: tree(read((at / f"{row.name}.txt").read_text("utf-8")), **done[state][row.name])
            for state, at in states.items()
            if row.name in done[state]
        }
        most = max((root.spent for root in roots.values()), default=0.0)
        for state, root in roots.items():
            path = folder / f"flame-{row.name}-{state}.svg"
            path.write_text(drawn(root, row.unit, most), "utf-8")
            print(f"{path}: {root.spent:.3g} ms a {row.unit}")


def main() -> None:
    """Do what is asked for."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.flames", description=__doc__)
    works = parser.add_subparsers(dest="work", required=True)
    one = works.add_parser("measure", help="sample the rows")
    one.add_argument("folder", type=Path)
    one.add_argument("row", nargs="*", help=", ".join(row.name for row in ROWS))
    one.add_argument("--source", type=Path, help="another checkout, whose library is sampled")
    two = works.add_parser("draw", help="draw what was sampled into docs/pictures")
    two.add_argument("before", type=Path)
    two.add_argument("after", type=Path)
    two.add_argument("--pictures", type=Path, default=PICTURES)
    arguments = parser.parse_args()
    if arguments.work == "measure":
        measure(arguments.folder, arguments.row, arguments.source)
    else:
        draw(arguments.before, arguments.after, arguments.pictures)


if __name__ == "__main__":
    main()
