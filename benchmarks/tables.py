"""Tables of medians, in Markdown that is also readable in a terminal."""

import math
import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from benchmarks.measure import Row, Sample, paired_ratios


@dataclass(frozen=True, slots=True)
class Column:
    """One measured quantity; `ratio` adds a column that compares it with the reference's."""

    title: str
    value: Callable[[Sample], float]
    digits: int = 2
    spread: bool = False
    ratio: bool = False


@dataclass(slots=True)
class Table:
    """A title, rows of runs, the columns to show; ratios compare with the row `reference`."""

    title: str
    columns: Sequence[Column]
    rows: Sequence[Row]
    reference: str | None = None
    note: str = ""
    cells: list[list[str]] = field(default_factory=list)

    def _reference(self) -> Row | None:
        return next((row for row in self.rows if row.name == self.reference), None)

    def header(self) -> list[str]:
        """The titles of all columns."""
        titles = ["contestant"]
        for column in self.columns:
            titles.append(column.title + (", median (min..max)" if column.spread else ""))
            if column.ratio and self.reference:
                titles.append(f"× {self.reference}")
        return titles

    def line(self, row: Row) -> list[str]:
        """One row's cells; a contestant without a run gives its reason instead."""
        width = len(self.header())
        if not row.good():
            return [row.name, f"absent: {row.problem}", *[""] * (width - 2)]
        cells = [row.name]
        reference = self._reference()
        for column in self.columns:
            cells.append(show([column.value(sample) for sample in row.good()], column))
            if column.ratio and self.reference:
                theirs = reference.values(column.value) if reference else []
                ratios = paired_ratios(row.values(column.value), theirs) if theirs else []
                cells.append(f"{statistics.median(ratios):.2f}" if ratios else "")
        lost = len(row.samples) - len(row.good())
        if lost:
            cells[0] += f" ({lost} of {len(row.samples)} runs failed: {row.problem})"
        return cells

    def render(self) -> str:
        """The table as Markdown."""
        lines = [self.header(), *(self.line(row) for row in self.rows)]
        return render(self.title, lines, self.note)

    def record(self) -> dict[str, Any]:
        """The same for a machine: every run's figures, null where it failed."""
        return {
            "title": self.title,
            "reference": self.reference,
            "rows": [
                {
                    "contestant": row.name,
                    "problem": row.problem,
                    **{column.title: row.values(column.value) for column in self.columns},
                }
                for row in self.rows
            ],
        }


def show(values: Sequence[float], column: Column) -> str:
    """The median, with the extremes if the column wants them; nothing for what was not done."""
    middle = statistics.median(values)
    if math.isnan(middle):
        return ""
    text = f"{middle:.{column.digits}f}"
    if column.spread:
        text += f" ({min(values):.{column.digits}f}..{max(values):.{column.digits}f})"
    return text


def render(title: str, lines: Sequence[Sequence[str]], note: str = "") -> str:
    """A Markdown table with its columns aligned; the first line is the header."""
    widths = [max(len(line[index]) for line in lines) for index in range(len(lines[0]))]
    text = [
        "| "
        + " | ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True))
        + " |"
        for line in lines
    ]
    text.insert(1, "|" + "|".join("-" * (width + 2) for width in widths) + "|")
    return "\n".join([f"### {title}", "", *([note, ""] if note else []), *text, ""])
