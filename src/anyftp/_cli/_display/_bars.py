"""Progress bars as rich draws them: name, bar, per cent, amount, rate and time left.

A narrow terminal keeps the figures and gives up the bar; a wide one shows the rate over time beside
it while a limit is on, to be seen to hold.
"""

from __future__ import annotations

import time
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

from anyftp._cli._display._plot import RateHistory, spark
from anyftp._cli._given._rates import format_amount, format_rate
from anyftp._protocol import visible

if TYPE_CHECKING:
    from anyftp import MirrorPlan, Progress, SyncPlan

#: Bars of a tree that stay in sight; older ones make way.
VISIBLE_BARS = 4
#: Bytes from which on a file of a tree gets a bar.
LARGE_FILE = 4 << 20
#: Terminals below these widths go without the bar, and without amount and time left.
BAR_WIDTH, FIGURES_WIDTH = 72, 50
#: From this width on there is room for the rate over time: this many slots of this many seconds.
SPARK_WIDTH, SPARK_SLOTS, SPARK_SECONDS = 100, 16, 0.5
#: On a wider terminal the eye would not find from the name to the figures.
MOST_WIDTH = 120


def make_bars(
    console: Console, *, transient: bool = False, limit_rate: float | None = None
) -> Bars:
    """Build the display for a console as wide as it is now."""
    width = console.width
    columns = _columns(width, limit_rate, ascii_only=not console.encoding.startswith("utf"))
    bars = Bars(*columns, console=console, transient=transient, expand=width <= MOST_WIDTH)
    return bars


class FileBars:
    """A bar a file; from the second file on also a line for all of them together.

    rich redraws everything for each new bar, so of a tree only large files get one.

    Args:
        total: bytes of all files, where that is known beforehand.
    """

    def __init__(self, bars: Bars, total: int | None = None) -> None:
        self._bars = bars
        self._all = bars.add_task("", total=total, visible=False, is_sum=True)
        self._expected = 0
        self._count = 0
        self._tasks: dict[str, TaskID] = {}
        self._moved: dict[str, int] = {}
        self._sum = 0
        self._history = RateHistory(SPARK_SECONDS, SPARK_SLOTS + 1)

    def expect(self, nbytes: int, nfiles: int) -> None:
        """Take it that this much more is to come."""
        self._expected += nbytes
        self._count += nfiles
        self._bars.update(self._all, total=self._expected)

    def expect_plan(self, plan: MirrorPlan | SyncPlan) -> None:
        """Take it that what a plan moves is to come."""
        self.expect(plan.nbytes, len(plan.sizes))

    def __call__(self, progress: Progress) -> None:
        """Take the news of one file."""
        path = str(progress.path)
        if path not in self._moved:
            self._begin(path, progress.total)
        moved = progress.nbytes - self._moved.get(path, 0)
        self._moved[path] = progress.nbytes
        self._sum += moved
        self._history.add(time.monotonic(), max(moved, 0))
        rates = self._history.rates()
        if len(self._moved) > 1:
            begun = len(self._moved)
            name = f"{begun} of {self._count} files" if self._count >= begun else f"{begun} files"
            self._bars.update(
                self._all, description=name, completed=self._sum, visible=True, rates=rates
            )
        if (task := self._tasks.get(path)) is not None:
            is_alone = len(self._moved) == 1
            self._bars.update(
                task,
                completed=progress.nbytes,
                total=progress.total,
                rates=rates if is_alone else [],
            )

    def _begin(self, path: str, total: int | None) -> None:
        if self._moved and total is not None and total < LARGE_FILE:
            return
        self._tasks[path] = self._bars.add_task(visible(path), total=total)
        if len(self._tasks) > VISIBLE_BARS:
            oldest = next(iter(self._tasks))
            self._bars.remove_task(self._tasks.pop(oldest))


def _columns(width: int, limit_rate: float | None, *, ascii_only: bool) -> Iterator[ProgressColumn]:
    shown = min(width, MOST_WIDTH)
    has_bar, has_figures = shown >= BAR_WIDTH, shown >= FIGURES_WIDTH
    has_spark = limit_rate is not None and shown >= SPARK_WIDTH
    bar = shown // 5 if has_bar else 0
    figures = 5 + 11 + (9 + 6 if has_figures else 0) + (SPARK_SLOTS + 1 if has_spark else 0)
    room = max(shown - figures - (bar + 1 if has_bar else 0), 4)
    yield NameColumn(room, table_column=Column(no_wrap=True, width=room))
    if has_bar:
        yield BarColumn(bar_width=bar)
    yield TaskProgressColumn()
    if has_figures:
        yield AmountColumn(table_column=_figure_column(8))
    yield RateColumn(table_column=_figure_column(10))
    if has_figures:
        yield TimeRemainingColumn(compact=True, elapsed_when_finished=True)
    if has_spark and limit_rate is not None:
        yield SparkColumn(limit_rate, ascii_only, table_column=Column(width=SPARK_SLOTS))


def _figure_column(width: int) -> Column:
    return Column(justify="right", no_wrap=True, min_width=width)


class NameColumn(TextColumn):
    """What is transferred; of a long path the end, where paths differ."""

    def __init__(self, room: int, table_column: Column) -> None:
        super().__init__("{task.description}", markup=False, table_column=table_column)
        self._room = room

    def render(self, task: Task) -> Text:
        """Draw the name."""
        name = task.description
        return Text(name if len(name) <= self._room else f"…{name[1 - self._room :]}")


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


class SparkColumn(ProgressColumn):
    """The rate over the last seconds, a full block being the limit."""

    def __init__(self, limit_rate: float, ascii_only: bool, table_column: Column) -> None:
        super().__init__(table_column=table_column)
        self._limit_rate = limit_rate
        self._ascii_only = ascii_only

    def render(self, task: Task) -> Text:
        """Draw the plot."""
        rates = task.fields.get("rates", [])[-SPARK_SLOTS:]
        line = spark(rates, self._limit_rate, ascii_only=self._ascii_only)
        return Text(line, style="progress.data.speed")
