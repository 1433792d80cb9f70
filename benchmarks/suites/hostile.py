"""Some of many clients send command after command; how long the others wait for an answer."""

import json
import math
import resource
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from benchmarks.measure import ROOT, ContestantFailed, Sample, alternate, child, environment
from benchmarks.suites.crowd import Work, contestants
from benchmarks.suites.server import Start
from benchmarks.tables import Column, Table
from benchmarks.workspace import Bench

SESSIONS, HOSTILE = 1_000, 50
SECONDS = 10.0
TIME_LIMIT = 120


def milliseconds(name: str, share: float) -> Column:
    """A column: of all waits of a kind, the one that so many are shorter than."""
    what = {"noops": "NOOP", "logins": "login"}[name]
    title = f"{what} ms" if share == 0.5 else f"{what} ms, {share:.0%}"
    return Column(
        title,
        lambda sample: quantile(sample.more[name], share),
        digits=1,
        spread=share == 0.5,
        ratio=name == "noops" and share == 0.5,
    )


def quantile(values: Sequence[float], share: float) -> float:
    """What such a share of the values is below; nothing of none."""
    return sorted(values)[int(share * len(values))] if values else math.nan


COLUMNS = [
    milliseconds("noops", 0.5),
    milliseconds("noops", 0.95),
    milliseconds("logins", 0.5),
    Column("FEATs answered a second", lambda sample: sample.more["rate"], digits=0),
]


@contextmanager
def started(module: str, task: Mapping[str, Any]) -> Iterator["subprocess.Popen[bytes]"]:
    """A program of ours that says when it is ready, and what it has seen at its end."""
    program = subprocess.Popen(
        child(module, task),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=environment(),
        cwd=ROOT,
    )
    try:
        assert program.stdout
        assert program.stderr
        if not program.stdout.readline():
            said = program.stderr.read().decode(errors="replace").strip().splitlines()
            raise ContestantFailed(said[-1][:200] if said else f"{module} has failed")
        yield program
    finally:
        program.kill()
        program.communicate()


def held_up(sessions: int, hosts: Sequence[str], seconds: float) -> Work:
    """So many sessions of which those from `hosts` are hostile."""

    def work(start: Start, _: str | None) -> Sample:
        with start() as server:
            task = {"port": server.port, "clients": sessions - len(hosts), "seconds": seconds}
            with (
                started("patient_client", task) as patient,
                started("hostile_client", {"port": server.port, "hosts": hosts}) as hostile,
            ):
                seen = told(patient, b"go\n")
                answers = told(hostile, b"")["answers"]
        if server.used is None:
            raise ContestantFailed("the server did not report")
        waits = {"noops": seen["noops"], "logins": seen["logins"], "rate": answers / seconds}
        return Sample(server.used.seconds, server.used.cpu, server.used.peak_kib, waits)

    return work


def told(program: "subprocess.Popen[bytes]", word: bytes) -> dict[str, Any]:
    """Say a word to a program; gives what it says at its end."""
    out, err = program.communicate(word, timeout=TIME_LIMIT)
    lines = out.splitlines()
    if not lines:
        said = err.decode(errors="replace").strip().splitlines()
        raise ContestantFailed(said[-1][:200] if said else "it has failed")
    found: dict[str, Any] = json.loads(lines[-1])
    return found


def main(bench: Bench) -> None:
    """Two tables: all hostile ones from one address, and each from its own."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))  # the servers and clients inherit it
    sessions, hostile, seconds = (
        (100, 10, 2.0) if bench.options.quick else (SESSIONS, HOSTILE, SECONDS)
    )
    for title, hosts in (
        ("one other address", ["127.0.0.2"] * hostile),
        ("an address each", [f"127.0.1.{1 + number}" for number in range(hostile)]),
    ):
        field = contestants(bench, held_up(sessions, hosts, seconds), clients=sessions + 10)
        field = [each for each in field if not each.name.startswith("aioftp")]
        rows = alternate(field, min(bench.options.rounds, 3), bench.say)
        title = f"{sessions:,} sessions, {hostile} of them send FEAT without end, from {title}"
        bench.show(Table(title, COLUMNS, rows, "pyftpdlib"))
