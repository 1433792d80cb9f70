"""What the demo shows: live bars on a terminal; then one table, and the rate over time."""

from __future__ import annotations

import errno
import os
from collections.abc import Sequence
from types import TracebackType
from typing import Literal

from rich import box
from rich.console import Console
from rich.progress import Progress as Bars
from rich.progress import TaskID
from rich.table import Table
from rich.text import Text

from anyftp._cli._demo._transfers import Measurement, Meter
from anyftp._cli._display._bars import make_bars
from anyftp._cli._display._plot import plot
from anyftp._cli._display._table import fits
from anyftp._cli._given._rates import format_amount, format_rate

PLOT_WIDTH, PLOT_HEIGHT = 72, 6
#: Width where nobody says, so that a log holds the whole table.
LOG_WIDTH = 100
#: Columns of the table with their style and side.
HEADINGS: dict[str, tuple[str, Literal["left", "right"]]] = {
    "backend": ("bold", "left"),
    "what": ("", "left"),
    "asked": ("", "right"),
    "measured": ("", "right"),
    "error": ("", "right"),
    "MB/s": ("", "right"),
    "CPU s": ("", "right"),
    "sha256": ("", "right"),
}
#: What a narrow terminal goes without, first things first.
LEAST_IMPORTANT = ("MB/s", "asked", "CPU s", "backend", "error")
CAPTION = (
    "Over TLS on loopback, client and server in one process: CPU is that of both."
    " The throttled transfers ran side by side, from memory to memory, and share theirs evenly."
)


class DemoConsole(Console):
    """Standard output, by way of rich."""

    def on_broken_pipe(self) -> None:
        """Raise an ordinary error; rich's SystemExit would tear through the task groups."""
        self.quiet = True
        raise BrokenPipeError(errno.EPIPE, os.strerror(errno.EPIPE))


def make_console(*, records: bool = False) -> Console:
    """A console on standard output, as wide as the terminal, or as a log can be.

    Args:
        records: remember what is printed, for a picture.
    """
    console = DemoConsole(highlight=False, record=records)
    if not console.is_terminal:
        console = DemoConsole(highlight=False, width=LOG_WIDTH, record=records)
    return console


class LiveDisplay:
    """Bars for the transfers of one backend, replaced by a line when all are over."""

    def __init__(self, console: Console, backend: str) -> None:
        self._console = console
        self._backend = backend
        self._bars: Bars = make_bars(console, transient=True)
        self._tasks: dict[int, TaskID] = {}
        self._over: list[Measurement] = []

    def __enter__(self) -> LiveDisplay:
        self._console.print(self._backend, style="bold")
        self._bars.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._bars.stop()
        if error is None:
            self._console.print(_summary(self._over))

    def meter(self, measurement: Measurement, nbytes: int) -> Meter:
        """Draw a bar."""
        name = f"  {measurement.way}"
        if measurement.asked is not None:
            name += f" at {format_rate(measurement.asked)}"
        task = self._tasks[id(measurement)] = self._bars.add_task(name, total=nbytes)

        def moved(so_far: int) -> None:
            self._bars.update(task, completed=so_far)

        return moved

    def done(self, measurement: Measurement) -> None:
        """Keep it for the line; a failed one stands out at once."""
        self._over.append(measurement)
        if measurement.problem:
            self._console.print(_failure_line(measurement))


class PlainDisplay:
    """Nothing but what has failed: the table tells the rest."""

    def __init__(self, console: Console, backend: str) -> None:
        self._console = console

    def __enter__(self) -> PlainDisplay:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def meter(self, measurement: Measurement, nbytes: int) -> Meter:
        """Show nothing until the transfer is over."""
        return lambda so_far: None

    def done(self, measurement: Measurement) -> None:
        """Print the line of a failure."""
        if measurement.problem:
            self._console.print(_failure_line(measurement))


def _summary(over: Sequence[Measurement]) -> Text:
    failed = sum(bool(measurement.problem) for measurement in over)
    moved = format_amount(sum(measurement.nbytes for measurement in over))
    if failed:
        return Text(f"  ✗ {failed} of {len(over)} transfers failed", style="bold red")
    return Text("  ✓ ", style="bold green") + Text(
        f"{len(over)} transfers, {moved}, all hashes agree", style="default not bold"
    )


def _failure_line(measurement: Measurement) -> Text:
    limit = "" if measurement.asked is None else " throttled"
    where = f"{measurement.backend} {measurement.way}{limit}"
    return Text(f"{where}: {measurement.problem}", style="red")


def print_results(console: Console, measurements: Sequence[Measurement]) -> None:
    """Print the closing table, with as many columns as the console has room for."""
    headings = list(HEADINGS)
    for dropped in ("", *LEAST_IMPORTANT):
        headings = [heading for heading in headings if heading != dropped]
        table = _results(measurements, headings)
        if fits(console, table):
            break
    console.print(table)
    console.print(CAPTION, style="dim")


def print_rates(console: Console, measurements: Sequence[Measurement]) -> None:
    """Plot the rate of the last throttled download over time."""
    limited = [one for one in measurements if one.asked and one.is_equal and one.history.rates()]
    if not limited:
        return
    shown = limited[-1]
    is_ascii = not console.encoding.startswith("utf")
    top = 1.25 * (shown.asked or 0)  # so that a rate above the limit would show
    width = min(console.width, PLOT_WIDTH)
    console.print(
        f"\n{shown.way} on {shown.backend} at {format_rate(shown.asked or 0)}, over"
        f" {shown.seconds:.1f} s",
        style="bold",
    )
    lines = plot(shown.history.rates(), top, width=width, height=PLOT_HEIGHT, ascii_only=is_ascii)
    for line in lines:
        console.print(Text(line, "cyan"), soft_wrap=True)


def print_load(console: Console, load: float, processors: int) -> None:
    """Say so where others kept the machine busy: then the figures are theirs as well."""
    if load > processors:
        console.print(
            f"The machine was busy (load {load:.1f} on {processors} processors): rates are lower,"
            " and errors larger, than on one that is not.",
            style="yellow",
        )


def _results(measurements: Sequence[Measurement], headings: Sequence[str]) -> Table:
    table = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False, padding=(0, 1, 0, 0))
    for heading in headings:
        style, justify = HEADINGS[heading]
        table.add_column(heading, style=style, justify=justify, no_wrap=True)
    shown = ""
    for measurement in measurements:
        if shown and measurement.backend != shown:
            table.add_section()
        if measurement.backend != shown and "backend" not in headings:
            table.add_row(Text(measurement.backend, "bold"))
        cells = _cells(measurement)
        if measurement.backend == shown:
            cells["backend"] = Text()
        shown = measurement.backend
        table.add_row(*(cells[heading] for heading in headings))
    return table


def _cells(measurement: Measurement) -> dict[str, Text]:
    has_run = bool(measurement.seconds)
    asked = "unlimited" if measurement.asked is None else format_rate(measurement.asked)
    return {
        "backend": Text(measurement.backend),
        "what": Text(measurement.way),
        "asked": Text(asked),
        "measured": Text(format_rate(measurement.rate) if has_run else "-"),
        "error": _error(measurement.error),
        "MB/s": Text(f"{measurement.rate / 1e6:.1f}" if has_run else "-"),
        "CPU s": Text(f"{measurement.cpu_seconds:.2f}" if has_run else "-"),
        "sha256": Text("equal", "green") if measurement.is_equal else Text("FAILED", "bold red"),
    }


def _error(error: float | None) -> Text:
    if error is None:
        return Text()
    style = "green" if abs(error) <= 0.01 else "yellow" if abs(error) <= 0.05 else "red"
    return Text(f"{error * 100:+.2f}%", style=style)
