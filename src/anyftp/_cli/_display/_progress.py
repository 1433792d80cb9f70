"""Progress on standard error: only where someone looks at it.

A script, a pipe and --quiet get nothing at all. rich is imported once there is something to draw.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Protocol, TypeAlias, runtime_checkable

import anyftp

#: What a transfer takes as `progress=`.
Meter: TypeAlias = "Callable[[anyftp.Progress], None]"


@runtime_checkable
class TreeMeter(Protocol):
    """What is told beforehand how much there is to come, too."""

    def __call__(self, progress: anyftp.Progress, /) -> None:
        """Take the news of one file."""

    def expect(self, nbytes: int, nfiles: int) -> None:
        """This much more is to come."""

    def expect_plan(self, plan: anyftp.MirrorPlan | anyftp.SyncPlan) -> None:
        """What the plan moves is to come."""


@contextmanager
def transfer_bars(
    *, quiet: bool, total: int | None = None, limit_rate: int | None = None
) -> Iterator[TreeMeter | None]:
    """Show progress bars while inside, or give None where none are wanted.

    Args:
        quiet: none are wanted.
        total: bytes of all files together, where that is known beforehand.
        limit_rate: the limit in bytes per second, to be shown beside the rate.
    """
    if quiet or not is_watched():
        yield None
        return
    from rich.console import Console

    from anyftp._cli._display._bars import FileBars, make_bars

    with make_bars(Console(stderr=True), limit_rate=limit_rate) as bars:
        yield FileBars(bars, total)


def is_watched() -> bool:
    """Tell whether standard error is a terminal."""
    return sys.stderr.isatty()
