"""Progress bars as rich draws them: name, bar, per cent, amount, rate and time left.

A narrow terminal keeps the figures and gives up the bar.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from rich.console import Console
from rich.progress import (
    BarColumn,
    ProgressColumn,
    Task,
    TaskID,
    TaskProgressColumn,
    TextColumn,
    TimeRemainingColumn,
)
from rich.progress import Progress as Bars
from rich.table import Column
from rich.text import Text

from anyftp._cli._given._rates import format_amount, format_rate
from anyftp._protocol import visible

if TYPE_CHECKING:
    from anyftp import Progress

#: Bars of a tree that stay in sight; older ones make way.
VISIBLE_BARS = 4
#: Bytes from which on a file of a tree gets a bar.
LARGE_FILE = 4 << 20
#: Terminals below these widths go without the bar, and without amount and time left.
BAR_WIDTH, FIGURES_WIDTH = 72, 50


def make_bars(console: Console, *, transient: bool = False) -> Bars:
    """Build the display for a console as wide as it is now."""
    return Bars(*_columns(console.width), console=console, transient=transient, expand=True)


class FileBars:
    """A bar a file; from the second file on also a line for all of them together.

    rich redraws everything for each new bar, so of a tree only large files get one.
    """

    def __init__(self, bars: Bars) -> None:
        self._bars = bars
        self._all = bars.add_task("", total=None, visible=False, is_sum=True)
        self._tasks: dict[str, TaskID] = {}
        self._moved: dict[str, int] = {}
        self._sum = 0

    def __call__(self, progress: Progress) -> None:
        """Take the news of one file."""
        path = str(progress.path)
        if path not in self._moved:
            self._begin(path, progress.total)
        self._sum += progress.nbytes - self._moved.get(path, 0)
        self._moved[path] = progress.nbytes
        if len(self._moved) > 1:
            name = f"{len(self._moved)} files"
            self._bars.update(self._all, description=name, completed=self._sum, visible=True)
        if (task := self._tasks.get(path)) is not None:
            self._bars.update(task, completed=progress.nbytes, total=progress.total)

    def _begin(self, path: str, total: int | None) -> None:
        if self._moved and total is not None and total < LARGE_FILE:
            return
        self._tasks[path] = self._bars.add_task(visible(path), total=total)
        if len(self._tasks) > VISIBLE_BARS:
            oldest = next(iter(self._tasks))
            self._bars.remove_task(self._tasks.pop(oldest))


def _columns(width: int) -> Iterator[ProgressColumn]:
    name = Column(no_wrap=True, overflow="ellipsis", ratio=1)
    yield TextColumn("{task.description}", markup=False, table_column=name)
    if width >= BAR_WIDTH:
        yield BarColumn(bar_width=width // 5)
    yield TaskProgressColumn()
    if width >= FIGURES_WIDTH:
        yield AmountColumn(table_column=_figure_column(8))
    yield RateColumn(table_column=_figure_column(10))
    if width >= FIGURES_WIDTH:
        yield TimeRemainingColumn(compact=True, elapsed_when_finished=True)


def _figure_column(width: int) -> Column:
    return Column(justify="right", no_wrap=True, min_width=width)


class AmountColumn(ProgressColumn):
    """Bytes moved so far."""

    def render(self, task: Task) -> Text:
        """Draw the figure."""
        return Text(format_amount(task.completed), style="progress.filesize")


class RateColumn(ProgressColumn):
    """Bytes per second: of late while a file moves, on average of what is done and of the sum."""

    def render(self, task: Task) -> Text:
        """Draw the figure."""
        if task.finished or "is_sum" in task.fields:
            seconds = task.finished_time or task.elapsed
            rate = task.completed / seconds if seconds else None
        else:
            rate = task.speed
        return Text("" if rate is None else format_rate(rate), style="progress.data.speed")
