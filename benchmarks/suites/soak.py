"""Many clients, cancelled and cut off at random, and whether all is well afterwards.

The clients live twice, the first time as the warm-up. The server's memory and descriptors are
compared between its end and the end of all, each time with nobody connected.
"""

import hashlib
import os
import random
import sys
import time
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from benchmarks import servers
from benchmarks.measure import ContestantFailed, child, run
from benchmarks.tables import render
from benchmarks.workspace import Bench

PROCESSES = 2
COUNTS = (
    "operations",
    "cancellations",
    "disconnects",
    "lost",
    "reconnects",
    "refused",
    "verified",
    "wrong",
)
NOTE = (
    "Lost: connections that the client gave up itself after a cancellation. Refused: logins while "
    "too many sessions before were not over yet."
)
#: Growth of the server that is put down to the allocator.
ALLOWED_KIB = 16 << 10
QUIET_SECONDS = 20.0


@dataclass(slots=True)
class Outcome:
    """All that one run has brought."""

    counts: Counter[str] = field(default_factory=Counter)
    files: dict[str, str] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)
    sizes: list[tuple[int, int]] = field(default_factory=list)

    def cells(self) -> list[str]:
        """A line of the table."""
        (rss_begin, fd_begin), (rss_end, fd_end) = self.sizes
        counts = [str(self.counts[name]) for name in COUNTS]
        memory = [f"{rss / 1024:.1f}" for rss in (rss_begin, rss_end)]
        return [*counts, *memory, str(fd_begin), str(fd_end), str(len(self.problems))]


def main(bench: Bench) -> None:
    """One line for each backend; exits with 1 if anything is wrong."""
    if not Path("/proc/self/fd").is_dir():
        raise SystemExit("the soak reads /proc, which is not here")
    titles = ["backend", *COUNTS, "RSS MB begin", "end", "fds begin", "end", "problems"]
    lines, problems = [titles], []
    for backend in bench.options.backends:
        outcome = soak(bench, backend)
        lines.append([backend, *outcome.cells()])
        bench.records.append({"title": f"soak on {backend}", "cells": outcome.cells()})
        problems += [f"{backend}: {problem}" for problem in outcome.problems]
    title = f"{bench.options.clients} clients for {bench.options.seconds:g} s"
    print(render(title, lines, NOTE), flush=True)
    for problem in problems[:30]:
        print(problem, file=sys.stderr)
    if problems:
        raise SystemExit(1)


def soak(bench: Bench, backend: str) -> Outcome:
    """Start a server, let the clients live twice, verify."""
    outcome = Outcome()
    root, log = bench.folder / f"soak-{backend}", bench.folder / f"soak-{backend}.log"
    groups = [
        [f"{life}{number}" for number in range(bench.options.clients)] for life in ("warm", "user")
    ]
    for name in (name for group in groups for name in group):
        (root / name).mkdir(parents=True)
    seed = random.randrange(1 << 32)
    print(f"{backend}: seed {seed}", file=sys.stderr)
    task = {"server": "soak", "backend": backend, "root": str(root), "log": str(log)}
    task |= {"users": [*groups[0], *groups[1]], "certificate": str(bench.pem)}
    warm_up = min(30.0, bench.options.seconds / 4)
    with servers.python_server("python_server", task) as server:
        empty = descriptors(server.pid)
        for group, seconds in zip(groups, (warm_up, bench.options.seconds - warm_up), strict=True):
            work = {"backend": backend, "port": server.port, "seconds": seconds, "seed": seed}
            live(bench, {**work, "target": str(bench.target)}, group, outcome)
            most = outcome.sizes[0][1] if outcome.sizes else empty + 5
            outcome.sizes.append(settled(server.pid, most))
    judge(outcome, root, log)
    return outcome


def live(bench: Bench, task: dict[str, Any], users: Sequence[str], outcome: Outcome) -> None:
    """Run the clients in a few processes and add up what they tell."""
    shares = [share for n in range(PROCESSES) if (share := users[n::PROCESSES])]
    with ThreadPoolExecutor(PROCESSES) as threads:
        commands = [child("soak_client", {**task, "users": share}) for share in shares]
        runs = [threads.submit(run, one, seconds=task["seconds"] + 300) for one in commands]
    for one in runs:
        try:
            told = one.result().more
        except ContestantFailed as error:
            outcome.problems.append(f"a process of clients: {error}")
        else:
            outcome.counts.update(told["counts"])
            outcome.files.update(told["files"])
            outcome.problems += told["problems"]


def settled(pid: int, most: int) -> tuple[int, int]:
    """The server's memory in KiB and its descriptors, once its last sessions are over."""
    deadline = time.monotonic() + QUIET_SECONDS
    while descriptors(pid) > most and time.monotonic() < deadline:
        time.sleep(0.1)
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    rss = next(int(line.split()[1]) for line in lines if line.startswith("VmRSS"))
    return rss, descriptors(pid)


def descriptors(pid: int) -> int:
    """How many descriptors a process has."""
    return len(os.listdir(f"/proc/{pid}/fd"))


def judge(outcome: Outcome, root: Path, log: Path) -> None:
    """Compare the disk with what the clients hold to be there, and the end with the beginning."""
    found = {
        str(path.relative_to(root)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in root.rglob("*")
        if path.is_file()
    }
    for name in sorted(found.keys() | outcome.files.keys()):
        if found.get(name) != outcome.files.get(name):
            outcome.problems.append(f"on the disk, {name} is not what the clients have put there")
    (rss_begin, fd_begin), (rss_end, fd_end) = outcome.sizes
    if rss_end > rss_begin + ALLOWED_KIB:
        outcome.problems.append(f"the server has grown from {rss_begin} to {rss_end} KiB")
    if fd_end > fd_begin:
        outcome.problems.append(f"the server held {fd_begin} descriptors and now {fd_end}")
    if log.exists() and (text := log.read_text().strip()):
        outcome.problems.append(f"the server logged errors:\n{text[:4000]}")
