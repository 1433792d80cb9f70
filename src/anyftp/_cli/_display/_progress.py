"""Progress on standard error: only where someone looks at it.

A script, a pipe and --quiet get nothing at all. rich is imported once there is something to draw.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

import click

from anyftp import Progress, TransferReport
from anyftp._cli._given._rates import format_amount, format_rate
from anyftp._protocol import visible

#: Names that are written out of those that were passed over.
NAMED = 5

#: What a transfer takes as `progress=`.
Meter = Callable[[Progress], None]


@contextmanager
def transfer_bars(*, quiet: bool) -> Iterator[Meter | None]:
    """Show progress bars while inside, or give None where none are wanted."""
    if quiet or not is_watched():
        yield None
        return
    from rich.console import Console

    from anyftp._cli._display._bars import FileBars, make_bars

    with make_bars(Console(stderr=True)) as bars:
        yield FileBars(bars)


def tell_report(report: TransferReport, *, quiet: bool) -> None:
    """Name what was passed over, and sum up in one line where progress was shown."""
    if not quiet:
        _name_some("passed over", report.skipped)
        _name_some("lines of listings that made no sense", report.odd_lines)
        _name_some("time not kept", report.untimed)
        _name_some("whole, but not confirmed by the server", report.unconfirmed)
    if quiet or not is_watched():
        return
    files = "" if report.files == 1 else f"{report.files} files, "
    rate = f" ({format_rate(report.rate)})" if report.seconds else ""
    click.echo(f"{files}{format_amount(report.nbytes)} in {report.seconds:.1f} s{rate}", err=True)


def _name_some(what: str, names: Sequence[str]) -> None:
    if names:
        some = ", ".join(visible(name) for name in names[:NAMED])
        more = ", …" if len(names) > NAMED else ""
        click.echo(f"anyftp: {what} ({len(names)}): {some}{more}", err=True)


def is_watched() -> bool:
    """Tell whether standard error is a terminal."""
    return sys.stderr.isatty()
