"""A server and some processes of clients, from the start to the verdict.

The clients live twice, the first time as the warm-up. The server's memory and descriptors are
compared between its end and the end of all, each time with nobody connected.
"""

import hashlib
import json
import os
import random
import re
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import trustme

from soak.blackbox import Line, told_of

TESTS = Path(__file__).resolve().parents[1]
PROCESSES = 2
#: Lost: connections that the client gave up itself after a cancellation. Refused: logins while too
#: many sessions before were not over yet.
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
#: Growth of the server that is put down to the allocator.
ALLOWED_KIB = 16 << 10
QUIET_SECONDS = 20.0


class Settings(NamedTuple):
    """On which backend, for how long, with how many clients, and the seed of it all."""

    backend: str
    seconds: float
    clients: int
    seed: int


class Size(NamedTuple):
    """What the server takes while nobody is connected."""

    rss_kib: int
    descriptors: int


@dataclass(slots=True)
class Outcome:
    """All that one run has brought."""

    counts: Counter[str] = field(default_factory=Counter)
    files: dict[str, str] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)
    boxes: dict[str, list[Line]] = field(default_factory=dict)
    sizes: list[Size] = field(default_factory=list)


def soak(settings: Settings, folder: Path) -> Outcome:
    """Start a server, let the clients live twice, verify."""
    outcome = Outcome()
    root, log, target = (folder / name for name in ("root", "log", "target"))
    groups = [[f"{life}{n}" for n in range(settings.clients)] for life in ("warm", "user")]
    for name in (name for group in groups for name in group):
        (root / name).mkdir(parents=True)
    target.mkdir()
    task: dict[str, Any] = {"backend": settings.backend, "root": str(root), "log": str(log)}
    task["box"] = str(folder / "box")
    task |= {"users": [*groups[0], *groups[1]], "certificate": str(certificate(folder))}
    task["host"] = address_of_ones_own()
    warm_up = min(30.0, settings.seconds / 4)
    with serving(task) as (pid, port):
        empty = descriptors(pid)
        for group, seconds in zip(groups, (warm_up, settings.seconds - warm_up), strict=True):
            work = {"backend": settings.backend, "seed": settings.seed, "seconds": seconds}
            work["host"] = task["host"]
            live({**work, "port": port, "target": str(target)}, group, outcome)
            most = outcome.sizes[0].descriptors if outcome.sizes else empty + 5
            outcome.sizes.append(settled(pid, most))
    judge(outcome, root, log)
    explain(outcome, Path(task["box"]))
    return outcome


def address_of_ones_own() -> str:
    """One of loopback's many.

    Where several servers share an address, a client of one that dials a port late, when it is
    closed already, now and then meets another one's: that has two data connections then.
    """
    return f"127.{random.randint(1, 254)}.{random.randint(0, 255)}.{random.randint(1, 254)}"


def certificate(folder: Path) -> Path:
    """A fresh certificate with its key in one PEM file."""
    path = folder / "server.pem"
    issued = trustme.CA().issue_cert("localhost", "127.0.0.1")
    path.write_bytes(issued.private_key_and_cert_chain_pem.bytes())
    return path


def command(module: str, task: Mapping[str, Any]) -> list[str]:
    """The command that starts one of the soak's programs with its task."""
    return [sys.executable, "-m", f"soak.{module}", json.dumps(task)]


@contextmanager
def serving(task: Mapping[str, Any]) -> Iterator[tuple[int, int]]:
    """The server as a process, until its standard input ends: its process id and port."""
    with subprocess.Popen(
        command("server", task), cwd=TESTS, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        assert process.stdout
        line = process.stdout.readline()
        if not line:
            raise RuntimeError(f"the server did not start, exit status {process.wait()}")
        yield process.pid, int(line)


def live(task: Mapping[str, Any], users: Sequence[str], outcome: Outcome) -> None:
    """Run the clients in a few processes and add up what they tell."""
    shares = [share for n in range(PROCESSES) if (share := users[n::PROCESSES])]
    with ThreadPoolExecutor(PROCESSES) as threads:
        runs = [threads.submit(run_clients, {**task, "users": share}) for share in shares]
    for one in runs:
        try:
            told = one.result()
        except (OSError, subprocess.SubprocessError, ValueError) as error:
            outcome.problems.append(f"a process of clients: {error}")
        else:
            outcome.counts.update(told["counts"])
            outcome.files.update(told["files"])
            outcome.problems += told["problems"]
            outcome.boxes |= {
                user: [(moment, text) for moment, text in lines]
                for user, lines in told["boxes"].items()
            }


def run_clients(task: Mapping[str, Any]) -> dict[str, Any]:
    """One process of clients; gives what it tells."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "told")
        subprocess.run(
            command("clients", {**task, "told": str(file)}),
            cwd=TESTS,
            timeout=task["seconds"] + 300,
            check=True,
        )
        told: dict[str, Any] = json.loads(file.read_text())
    return told


def settled(pid: int, most: int) -> Size:
    """What the server takes, once its last sessions are over."""
    deadline = time.monotonic() + QUIET_SECONDS
    while descriptors(pid) > most and time.monotonic() < deadline:
        time.sleep(0.1)
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    rss = next(int(line.split()[1]) for line in lines if line.startswith("VmRSS"))
    return Size(rss, descriptors(pid))


def descriptors(pid: int) -> int:
    """How many descriptors a process has."""
    return len(os.listdir(f"/proc/{pid}/fd"))


def explain(outcome: Outcome, box: Path) -> None:
    """Put what both ends have done last below each problem that a client has found."""
    server = json.loads(box.read_text())
    for number, problem in enumerate(outcome.problems):
        user = re.match(r"(?:on the disk, )?((?:warm|user)\d+)\b", problem)
        if user is not None:
            lines = [(moment, text) for moment, text in server.get(user[1], ())]
            lines += outcome.boxes.get(user[1], [])
            outcome.problems[number] = problem + told_of(problem, lines)


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
    begin, end = outcome.sizes
    if end.rss_kib > begin.rss_kib + ALLOWED_KIB:
        outcome.problems.append(f"the server has grown: {begin.rss_kib} to {end.rss_kib} KiB")
    if end.descriptors > begin.descriptors:
        problem = f"the server held {begin.descriptors} descriptors and now {end.descriptors}"
        outcome.problems.append(problem)
    if log.exists() and (text := log.read_text().strip()):
        outcome.problems.append(f"the server logged errors:\n{text[:4000]}")
