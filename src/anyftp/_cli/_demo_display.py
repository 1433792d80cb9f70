"""What the demo shows: live bars on a terminal, a line a transfer elsewhere, then one table."""

from __future__ import annotations

from collections.abc import Sequence
from types import TracebackType

from rich import box
from rich.console import Console
from rich.progress import Progress as Bars
from rich.progress import TaskID
from rich.table import Table
from rich.text import Text

from anyftp._cli._bars import make_bars
from anyftp._cli._demo_transfers import Measurement, Meter
from anyftp._cli._rates import format_amount, format_rate

#: Width where nobody says, so that a log holds the whole table.
LOG_WIDTH = 100
#: Below this width the table leaves out what can be worked out from the rest.
NARROW = 76


def make_console() -> Console:
    """A console on standard output."""
    console = Console(highlight=False)
    if not console.is_terminal:
        console = Console(highlight=False, width=LOG_WIDTH)
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
            self._console.print(_backend_line(self._backend, self._over))

    def meter(self, measurement: Measurement, nbytes: int) -> Meter:
        """Draw a bar."""
        name = f"{self._backend} {measurement.way}"
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
    """A line a transfer."""

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
        """Print the line."""
        if measurement.problem:
            self._console.print(_failure_line(measurement))
            return
        asked = "unlimited" if measurement.asked is None else f"at {format_rate(measurement.asked)}"
        self._console.print(
            f"{measurement.backend:8}{measurement.way:18}{asked:16}"
            f"{format_amount(measurement.nbytes)} in {measurement.seconds:.2f} s"
            f" ({format_rate(measurement.rate)}), sha256 agrees",
            soft_wrap=True,
        )


def _backend_line(backend: str, over: Sequence[Measurement]) -> Text:
    failed = sum(bool(measurement.problem) for measurement in over)
    mark = Text("✗ ", style="bold red") if failed else Text("✓ ", style="bold green")
    moved = format_amount(sum(measurement.nbytes for measurement in over))
    tail = f", {failed} failed" if failed else ", all hashes agree"
    return mark + Text(backend, style="bold") + Text(f"  {len(over)} transfers, {moved}{tail}")


def _failure_line(measurement: Measurement) -> Text:
    limit = "" if measurement.asked is None else " throttled"
    where = f"{measurement.backend} {measurement.way}{limit}"
    return Text(f"{where}: {measurement.problem}", style="red")


def print_results(console: Console, measurements: Sequence[Measurement]) -> None:
    """Print the closing table."""
    is_narrow = console.width < NARROW
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, title_justify="left")
    table.add_column("backend", style="bold", no_wrap=True)
    table.add_column("what", no_wrap=True)
    for heading in ("asked", "measured", "error", "MB/s", "CPU s"):
        if not (is_narrow and heading in ("asked", "MB/s")):
            table.add_column(heading, justify="right", no_wrap=True)
    table.add_column("sha256", no_wrap=True)
    shown = ""
    for measurement in measurements:
        if shown and measurement.backend != shown:
            table.add_section()
        name = "" if measurement.backend == shown else measurement.backend
        shown = measurement.backend
        table.add_row(name, measurement.way, *_figures(measurement, is_narrow), _hash(measurement))
    console.print(table)
    console.print(
        "[dim]Over TLS on loopback, client and server in one process: CPU is that of both. The"
        " throttled transfers ran side by side, and share theirs evenly.[/]"
    )


def _figures(measurement: Measurement, is_narrow: bool) -> list[Text]:
    if not measurement.seconds:
        return [Text("-")] * (3 if is_narrow else 5)
    asked = Text("-" if measurement.asked is None else format_rate(measurement.asked))
    figures = [
        asked,
        Text(format_rate(measurement.rate)),
        _error(measurement.error),
        Text(f"{measurement.rate / 1e6:.1f}"),
        Text(f"{measurement.cpu_seconds:.2f}"),
    ]
    return [figures[1], figures[2], figures[4]] if is_narrow else figures


def _error(error: float | None) -> Text:
    if error is None:
        return Text("-")
    style = "green" if abs(error) <= 0.01 else "yellow" if abs(error) <= 0.05 else "red"
    return Text(f"{error * 100:+.2f} %", style=style)


def _hash(measurement: Measurement) -> Text:
    return Text("✓ equal", "green") if measurement.is_equal else Text("✗ FAILED", "bold red")
