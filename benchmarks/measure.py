"""Run contestants as processes of their own, in turn, and keep what each run used."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from benchmarks.network import settle

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

    def values(self, value: Callable[[Sample], float]) -> list[float | None]:
        """One figure of each run."""
        return [None if sample is None else value(sample) for sample in self.samples]

    def good(self) -> list[Sample]:
        """The runs that did their work."""
        return [sample for sample in self.samples if sample is not None]


def environment() -> dict[str, str]:
    """The children's: this checkout comes first, and nothing is written beside the sources."""
    source = Path(os.environ.get("ANYFTP_BENCH_SOURCE", ROOT))  # an older one, for its profiles
    paths = [str(ROOT), str(source / "src"), str(source / "compat")]
    return {**os.environ, "PYTHONPATH": os.pathsep.join(paths), "PYTHONDONTWRITEBYTECODE": "1"}


def launcher(
    cpu: int | None, report_fd: int, stdout: str, command: Sequence[str], *, adopt: bool = False
) -> list[str]:
    """The command line that runs `command` through children/launch.py."""
    start = [sys.executable, "-S", "-I", str(LAUNCH), *(["--adopt"] if adopt else [])]
    where = str(cpu) if cpu is not None and can_pin() else "-"
    return [*start, where, str(report_fd), stdout, *command]


def can_pin() -> bool:
    """Whether a process can be held on one of at least two processors here."""
    return hasattr(os, "sched_getaffinity") and {SERVER_CPU, CLIENT_CPU} <= os.sched_getaffinity(0)


def child(module: str, task: Mapping[str, Any]) -> list[str]:
    """The command that starts a program of benchmarks.children with its task."""
    return [sys.executable, "-m", f"benchmarks.children.{module}", json.dumps(task)]


def run(
    command: Sequence[str],
    *,
    stdout: str = "-",
    seconds: float = TIME_LIMIT,
    cpu: int | None = CLIENT_CPU,
    variables: Mapping[str, str] | None = None,
) -> Sample:
    """Run a program to its end, on the client's processor unless it is told otherwise.

    A child of ours tells its own figures in its last line; for any other program the kernel's count
    of the whole process is taken.
    """
    settle()
    reader, writer = os.pipe()
    try:
        running = subprocess.Popen(
            launcher(cpu, writer, stdout, command),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            pass_fds=(writer,),
            env=environment() if variables is None else dict(variables),
            cwd=ROOT,
        )
        os.close(writer)
        writer = -1
        printed, complaint = _ended(running, seconds)
        report = os.read(reader, 4096).split()
    finally:
        os.close(reader)
        if writer >= 0:
            os.close(writer)
    if not report or int(report[0]):
        last = complaint.decode(errors="replace").strip().splitlines()[-1:]
        raise ContestantFailed(last[0][:200] if last else f"exit status {report[:1]}")
    wall, user, system, peak = (float(number) for number in report[1:])
    told = printed.strip().splitlines()[-1:] if stdout == "-" else []
    if told and told[0].startswith(b"{"):
        return sample_of(json.loads(told[0]))
    return Sample(wall, user + system, peak)


def _ended(running: subprocess.Popen[bytes], seconds: float) -> tuple[bytes, bytes]:
    """What a launched program printed; the launcher hands on to it that its time is over."""
    with running:
        try:
            return running.communicate(timeout=seconds)
        except subprocess.TimeoutExpired:
            running.terminate()
            raise ContestantFailed(f"not done after {seconds:.0f} s") from None


def sample_of(told: dict[str, Any]) -> Sample:
    """A sample from a child's own figures."""
    return Sample(told["seconds"], told["user"] + told["system"], told["peak_kib"], told)


def alternate(
    contestants: Sequence[Contestant],
    rounds: int,
    say: Callable[[str], object] = lambda _: None,
    *,
    at_once: int = 1,
) -> list[Row]:
    """Let every contestant do its work once a round: A B C, A B C, …

    A contestant that fails twice in a row is left out from then on. `at_once` is for work that
    waits all the time: so many do it beside each other.
    """
    rows = [Row(contestant.name, problem=contestant.absent) for contestant in contestants]
    field = list(zip(contestants, rows, strict=True))
    with ThreadPoolExecutor(at_once) as pool:
        for number in range(rounds):
            for first in range(0, len(field), at_once):
                some = field[first : first + at_once]
                names = ", ".join(row.name for _, row in some)
                say(f"round {number + 1} of {rounds}: {names}")
                list(pool.map(_take_turn, *zip(*some, strict=True)))
    return rows


def _take_turn(contestant: Contestant, row: Row) -> None:
    has_given_up = len(row.samples) >= 2 and row.samples[-2:] == [None, None]
    if contestant.absent or has_given_up:
        row.samples.append(None)
        return
    try:
        row.samples.append(contestant.run())
    except ContestantFailed as error:
        row.samples.append(None)
        row.problem = str(error)


def paired_ratios(values: Sequence[float | None], others: Sequence[float | None]) -> list[float]:
    """Each round's value divided by that of another contestant; a run that failed has no pair."""
    return [a / b for a, b in zip(values, others, strict=True) if a is not None and b]
