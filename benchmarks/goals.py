"""What is aimed at, and what a run has reached: goals beside the figures that `--json` keeps."""

import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

from benchmarks.measure import paired_ratios
from benchmarks.tables import render

LOOPS = ("asyncio", "uvloop", "trio")
Tables = Sequence[Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class Goal:
    """A bound for one figure of one contestant. "{loop}" stands for the event loop's name.

    Attributes:
        work: what is done.
        table: a pattern of the table's title.
        ours: the contestant; without "{loop}" there is one figure, that of all loops.
        column: the figure.
        bound: what it may be at most.
        beside: the contestant that the bound is a multiple of; None for a bound as it stands.
        is_speed: how many times as fast as `beside` it is to be at least.
        digits: of the figure as shown.
    """

    work: str
    table: str
    ours: str
    column: str
    bound: float
    beside: str | None = None
    is_speed: bool = False
    digits: int = 2

    def wanted(self) -> str:
        """The bound in words."""
        sign = "at least" if self.is_speed else "at most"
        unit = f"× {self.beside.partition(', ')[0]}" if self.beside else self.column
        return f"{sign} {self.bound:g} {unit}"

    def figures(self, tables: Tables, loop: str) -> list[float]:
        """The figure of each round; nothing where it was not measured."""
        ours = self._values(tables, self.ours, loop)
        if self.beside is None:
            return [value for value in ours if value is not None]
        theirs = self._values(tables, self.beside, loop)
        if len(theirs) != len(ours):
            return []
        return paired_ratios(theirs, ours) if self.is_speed else paired_ratios(ours, theirs)

    def _values(self, tables: Tables, contestant: str, loop: str) -> list[float | None]:
        name = contestant.format(loop=loop)
        for table in tables:
            if fnmatchcase(table["title"], self.table.format(loop=loop)):
                for row in table["rows"]:
                    if row["contestant"] == name:
                        return list(row.get(self.column, ()))
        return []

    def is_reached(self, figures: Sequence[float]) -> bool:
        """Whether the median keeps the bound."""
        middle = statistics.median(figures)
        return middle >= self.bound if self.is_speed else middle <= self.bound

    def share(self, figures: Sequence[float]) -> float:
        """How much of the bound is used; above one it is missed."""
        middle = statistics.median(figures)
        return self.bound / middle if self.is_speed else middle / self.bound

    def loops(self) -> tuple[str, ...]:
        """The loops that have a figure of their own."""
        return LOOPS if "{loop}" in self.ours else LOOPS[:1]


_CPU, _WALL = "CPU ms/file", "ms/file"
_STREAM, _FILE, _SENT = (
    f"anyftp {call}, {{loop}}" for call in ("download_stream()", "download()", "upload()")
)
_SERVER = "anyftp, {loop}"
_FORGOTTEN = "[0-9]* files of 4 KiB, read and forgotten"
_INTO_FILES = "[0-9]* files of 4 KiB, each into a file"
_LOOP = "ftplib in a loop"

GOALS = (
    Goal("small files, download_stream(): wall", _FORGOTTEN, _STREAM, _WALL, 1.1, "ftplib"),
    Goal("small files, download_stream(): CPU", _FORGOTTEN, _STREAM, _CPU, 1.6, "ftplib"),
    Goal("small files, download(): wall", _INTO_FILES, _FILE, _WALL, 1.0, "ftplib"),
    Goal("small files, download(): CPU", _INTO_FILES, _FILE, _CPU, 2.0, "ftplib"),
    Goal("small files, upload(): CPU", "[0-9]* files*, sent", _SENT, _CPU, 2.0, "ftplib"),
    Goal("a tree down, jobs=1: wall", "A tree of * KiB, down", _FILE, _WALL, 1.2, _LOOP),
    Goal("a tree up, jobs=1: wall", "A tree of * KiB, up", _SENT, _WALL, 1.2, _LOOP),
    *(
        Goal(
            f"a tree {way}, 20 ms away: jobs=4",
            f"A tree of * {way} over a round trip of 20 ms, {{loop}}",
            "anyftp jobs=4, {loop}",
            _WALL,
            3.5,
            "anyftp jobs=1, {loop}",
            is_speed=True,
        )
        for way in ("down", "up")
    ),
    Goal("import anyftp", "Imports", "import anyftp", "CPU ms", 90, digits=0),
    Goal("the same with Client", "Imports", "from anyftp import Client", "CPU ms", 90, digits=0),
    Goal("anyftp --version", "*its version", "anyftp --version", "CPU ms", 120, digits=0),
    Goal("anyftp get -q, 6 bytes", "*gets a file*", "anyftp get -q", "CPU ms", 180, digits=0),
    Goal("anyftp ls", "*lists ten files", "anyftp ls", "CPU ms", 200, digits=0),
    Goal("server: a crowd, 1 MiB each", "*at once*", _SERVER, "server's CPU s", 2.0, "pyftpdlib"),
    Goal(
        "server: RETR of small files",
        "RETR of * files of 4 KiB",
        _SERVER,
        "server's CPU ms/file",
        1.5,
        "pyftpdlib",
    ),
    Goal("server: an idle session", "*idle sessions", _SERVER, "KiB a session", 12, digits=1),
    Goal("TLS upload: CPU", "TLS upload*", _SENT, "CPU s/GiB", 1.1, "curl"),
    Goal(
        "TLS download to a file: CPU",
        "TLS download * to a file",
        "anyftp copy_to_file(), {loop}",
        "CPU s/GiB",
        1.0,
        "curl",
    ),
    Goal("small files, TLS: CPU", "* TLS, read and forgotten", _STREAM, _CPU, 1.3, "ftplib"),
    Goal("server: LIST of a huge folder", "LIST of *", _SERVER, "server's CPU s", 0.6, "pyftpdlib"),
)


def summary(tables: Tables, goals: Sequence[Goal] = GOALS) -> str:
    """A table with a line for each goal: what was aimed at, what each loop reached."""
    lines = [["work", "goal", *LOOPS, "reached"]]
    for goal in goals:
        found = {loop: goal.figures(tables, loop) for loop in goal.loops()}
        cells = [_shown(found.get(loop, []), goal.digits) for loop in LOOPS]
        lines.append([goal.work, goal.wanted(), *cells, _verdict(goal, found)])
    note = "Medians of the rounds, least and most in brackets. What tells of no loop stands first."
    return render("Goals", lines, note)


def _shown(figures: Sequence[float], digits: int) -> str:
    if not figures:
        return ""
    middle, least, most = statistics.median(figures), min(figures), max(figures)
    return f"{middle:.{digits}f} ({least:.{digits}f}..{most:.{digits}f})"


def _verdict(goal: Goal, found: Mapping[str, Sequence[float]]) -> str:
    measured = {loop: figures for loop, figures in found.items() if figures}
    if not measured:
        return "not measured"
    missed = [loop for loop, figures in measured.items() if not goal.is_reached(figures)]
    if not missed:
        return "yes"
    if len(missed) == len(measured):
        return "no"
    return "yes, but for " + " and ".join(missed)
