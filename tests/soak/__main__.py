"""Many clients, cancelled and cut off at random, and whether all is well afterwards.

In the folder tests: `python -m soak [--seconds 600] [--clients 50] [--backends asyncio,uvloop,trio]
[--seed N]`. Prints a line for each backend; what went wrong stands below, and the status is 1.
"""

import argparse
import random
import sys
import tempfile
from pathlib import Path

from soak.running import COUNTS, Outcome, Settings, soak

TITLES = ("backend", *COUNTS, "RSS MB begin", "end", "fds begin", "end", "problems")


def main() -> None:
    """Run the soak on each backend."""
    if not Path("/proc/self/fd").is_dir():
        raise SystemExit("the soak reads /proc, which is not here")
    arguments = parser().parse_args()
    print(f"seed {arguments.seed}; {arguments.clients} clients for {arguments.seconds:g} s")
    lines, problems = [TITLES], []
    for backend in arguments.backends.split(","):
        with tempfile.TemporaryDirectory(prefix="anyftp-soak-", dir=in_memory()) as folder:
            settings = Settings(backend, arguments.seconds, arguments.clients, arguments.seed)
            outcome = soak(settings, Path(folder))
        lines.append((backend, *cells(outcome)))
        problems += [f"{backend}: {problem}" for problem in outcome.problems]
    for line in lines:
        print("| " + " | ".join(line) + " |", flush=True)
    for problem in problems[:30]:
        print(problem, file=sys.stderr)
    if problems:
        raise SystemExit(1)


def parser() -> argparse.ArgumentParser:
    """The command line."""
    result = argparse.ArgumentParser(prog="python -m soak", description=__doc__)
    result.add_argument("--seconds", type=float, default=600.0, help="of each backend (600)")
    result.add_argument("--clients", type=int, default=50)
    result.add_argument("--backends", default="asyncio,uvloop,trio")
    result.add_argument("--seed", type=int, default=random.randrange(1 << 32))
    return result


def in_memory() -> Path | None:
    """A folder in memory, if the machine has one: the soak is not about disks."""
    memory = Path("/dev/shm")
    return memory if memory.is_dir() else None


def cells(outcome: Outcome) -> list[str]:
    """A line of the table."""
    begin, end = outcome.sizes
    counts = [str(outcome.counts[name]) for name in COUNTS]
    memory = [f"{size.rss_kib / 1024:.1f}" for size in (begin, end)]
    descriptors = [str(size.descriptors) for size in (begin, end)]
    return [*counts, *memory, *descriptors, str(len(outcome.problems))]


if __name__ == "__main__":
    main()
