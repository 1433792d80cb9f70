"""Run contestants as processes of their own, in turn, and keep what each run used."""

import json
import os
import statistics
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
LAUNCH = Path(__file__).parent / "children" / "launch.py"
SERVER_CPU, CLIENT_CPU = 0, 1
TIME_LIMIT = 180.0


class ContestantFailed(Exception):
    """A contestant did not do its work; the message says what it said."""


@dataclass(frozen=True, slots=True)
class Sample:
    """What one run used. Peak memory is in KiB, as the kernel counts it."""

    seconds: float
    cpu: float
    peak_kib: float
    more: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Contestant:
    """A name in the table and how to do the work once; `absent` says why it cannot."""

    name: str
    run: Callable[[], Sample]
    absent: str | None = None


@dataclass(slots=True)
class Row:
    """All runs of one contestant; a run that failed is None, and `problem` says why."""

    name: str
    samples: list[Sample | None] = field(default_factory=list)
    problem: str | None = None

    def good(self) -> list[Sample]:
        """The runs that did their work."""
        return [sample for sample in self.samples if sample is not None]


def environment() -> dict[str, str]:
    """The children's: this checkout comes first, and nothing is written beside the sources."""
    paths = [str(ROOT), str(ROOT / "src"), str(ROOT / "compat")]
    return {**os.environ, "PYTHONPATH": os.pathsep.join(paths), "PYTHONDONTWRITEBYTECODE": "1"}


def launcher(
    cpu: int, report_fd: int, stdout: str, command: Sequence[str], *, adopt: bool = False
) -> list[str]:
    """The command line that runs `command` through children/launch.py."""
    start = [sys.executable, "-S", "-I", str(LAUNCH), *(["--adopt"] if adopt else [])]
    return [*start, str(cpu) if can_pin() else "-", str(report_fd), stdout, *command]


def can_pin() -> bool:
    """Whether a process can be held on one of at least two processors here."""
    return hasattr(os, "sched_getaffinity") and {SERVER_CPU, CLIENT_CPU} <= os.sched_getaffinity(0)


def child(module: str, task: Mapping[str, Any]) -> list[str]:
    """The command that starts a program of benchmarks.children with its task."""
    return [sys.executable, "-m", f"benchmarks.children.{module}", json.dumps(task)]


def run(command: Sequence[str], *, stdout: str = "-", seconds: float = TIME_LIMIT) -> Sample:
    """Run a program to its end on the client's processor.

    A child of ours tells its own figures in its last line; for any other program the kernel's count
    of the whole process is taken.
    """
    reader, writer = os.pipe()
    try:
        done = subprocess.run(
            launcher(CLIENT_CPU, writer, stdout, command),
            capture_output=True,
            pass_fds=(writer,),
            timeout=seconds,
            env=environment(),
            cwd=ROOT,
            check=False,
        )
        os.close(writer)
        writer = -1
        report = os.read(reader, 4096).split()
    except subprocess.TimeoutExpired:
        raise ContestantFailed(f"not done after {seconds:.0f} s") from None
    finally:
        os.close(reader)
        if writer >= 0:
            os.close(writer)
    if not report or int(report[0]):
        last = done.stderr.decode(errors="replace").strip().splitlines()[-1:]
        raise ContestantFailed(last[0][:200] if last else f"exit status {report[:1]}")
    wall, user, system, peak = (float(number) for number in report[1:])
    told = done.stdout.strip().splitlines()[-1:] if stdout == "-" else []
    if told and told[0].startswith(b"{"):
        return sample_of(json.loads(told[0]))
    return Sample(wall, user + system, peak)


def sample_of(told: dict[str, Any]) -> Sample:
    """A sample from a child's own figures."""
    return Sample(told["seconds"], told["user"] + told["system"], told["peak_kib"], told)


def alternate(
    contestants: Sequence[Contestant], rounds: int, say: Callable[[str], object] = lambda _: None
) -> list[Row]:
    """Let every contestant do its work once a round: A B C, A B C, …

    A contestant that fails twice in a row is left out from then on.
    """
    rows = [Row(contestant.name, problem=contestant.absent) for contestant in contestants]
    failures = dict.fromkeys((row.name for row in rows), 0)
    for number in range(rounds):
        for contestant, row in zip(contestants, rows, strict=True):
            if contestant.absent or failures[row.name] >= 2:
                row.samples.append(None)
                continue
            say(f"round {number + 1} of {rounds}: {contestant.name}")
            try:
                row.samples.append(contestant.run())
                failures[row.name] = 0
            except ContestantFailed as error:
                row.samples.append(None)
                row.problem = str(error)
                failures[row.name] += 1
    return rows


def paired_ratio(row: Row, reference: Row, value: Callable[[Sample], float]) -> float | None:
    """The median over the rounds of this row's value divided by the reference's."""
    pairs = zip(row.samples, reference.samples, strict=True)
    ratios = [value(a) / value(b) for a, b in pairs if a and b and value(b)]
    return statistics.median(ratios) if ratios else None
