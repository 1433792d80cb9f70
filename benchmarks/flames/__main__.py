"""The command: ``measure`` writes samples, a file a row; ``draw`` makes pictures of two folders."""

import argparse
import json
import os
from pathlib import Path

from benchmarks.flames.picture import drawn, read, tree
from benchmarks.flames.rows import ROWS
from benchmarks.measure import ContestantFailed
from benchmarks.network import separate
from benchmarks.plot import PICTURES
from benchmarks.workspace import Options, workspace


def measure(folder: Path, names: list[str], source: Path | None) -> None:
    """Sample the rows; how many units each has done stands in `units.json`."""
    folder.mkdir(parents=True, exist_ok=True)
    if source is not None:
        os.environ["ANYFTP_BENCH_SOURCE"] = str(source.resolve())
    counts = folder / "units.json"
    units: dict[str, float] = json.loads(counts.read_text()) if counts.exists() else {}
    print(separate(), flush=True)
    with workspace(Options(backends=("asyncio",))) as bench:
        for row in ROWS:
            if names and row.name not in names:
                continue
            samples = folder.resolve() / f"{row.name}.txt"
            samples.unlink(missing_ok=True)
            try:
                units[row.name] = row.do(bench, samples)
            except ContestantFailed as error:
                print(f"{row.name}: {error}", flush=True)
                continue
            counts.write_text(json.dumps(units))
            print(f"{row.name}: {units[row.name]:g} × {row.unit}", flush=True)


def draw(before: Path, after: Path, folder: Path) -> None:
    """Two pictures a row, to one scale."""
    states = {"before": before, "after": after}
    units = {state: json.loads((at / "units.json").read_text()) for state, at in states.items()}
    for row in ROWS:
        roots = {
            state: tree(read((at / f"{row.name}.txt").read_text("utf-8")), units[state][row.name])
            for state, at in states.items()
            if row.name in units[state]
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
