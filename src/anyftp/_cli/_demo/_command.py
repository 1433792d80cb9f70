"""`anyftp demo`: the library at work on this machine, with everything it claims measured."""

from __future__ import annotations

import functools
import hashlib
import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import click

from anyftp._cli._ending._failure import Failure, named
from anyftp._cli._ending._run import installed_backends, run_interruptible
from anyftp._cli._ending._signals import signals_that_raise
from anyftp._cli._given._param_type import Place
from anyftp._cli._given._rates import format_amount, format_rate
from anyftp._cli._reaching._options import amount_option, backend_option
from anyftp._version import __version__

if TYPE_CHECKING:
    from rich.console import Console

    from anyftp._cli._demo._plan import Plan
    from anyftp._cli._demo._transfers import Measurement

DEFAULT_SIZE = 64 << 20
#: What is asked of the throttle where no rate is asked for.
DEFAULT_LIMIT = 8 << 20


@click.command()
@click.argument("file", required=False, type=Place(path_type=Path))
@amount_option("--size", "Size of the file to generate when no FILE is given (default: 64M).")
@amount_option(
    "--limit-rate",
    "Rate of the throttled transfers (default: 8M).",
)
@click.option(
    "--svg",
    type=Place(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Write what is shown as a picture, too.",
)
@backend_option
def demo(
    file: Path | None,
    size: int | None,
    limit_rate: int | None,
    svg: Path | None,
    backend: str | None,
) -> None:
    """Move FILE in and out of a server of our own, and measure it.

    A server with TLS runs on loopback, in a temporary folder. FILE, or a generated one, is
    uploaded and downloaded by whole-file calls and through streams at full speed, and its beginning
    through throttled streams from memory to memory, on every backend that is installed. The exit
    status is 0 if all copies agree with it.
    """
    if file is not None and size is not None:
        raise click.UsageError("--size cannot be combined with FILE")
    with signals_that_raise(), tempfile.TemporaryDirectory(prefix="anyftp-demo-") as folder:
        source = file or _generate(Path(folder) / "generated", size or DEFAULT_SIZE)
        measurements = _demonstrate(source, Path(folder), limit_rate, backend, svg)
    failed = sum(not measurement.is_equal for measurement in measurements)
    if failed:
        raise Failure(f"{failed} of {len(measurements)} transfers failed")


def _demonstrate(
    source: Path, folder: Path, limit_rate: int | None, backend: str | None, svg: Path | None
) -> list[Measurement]:
    from anyftp._cli._demo._display import (
        make_console,
        print_load,
        print_rates,
        print_results,
    )

    console, load = make_console(records=svg is not None), load_average()
    plan = _plan(source, folder, limit_rate)
    backends = [backend] if backend else installed_backends()
    size = format_amount(source.stat().st_size)
    console.print(
        f"[bold]anyftp {__version__}[/]  {size} over TLS, unlimited and at"
        f" {format_rate(plan.limit_rate)}"
    )
    measurements: list[Measurement] = []
    for name in backends:
        measurements += _on_backend(plan, name, console)
    print_results(console, measurements)
    print_rates(console, measurements)
    print_load(console, load, os.cpu_count() or 1)
    if svg is not None:
        with named(svg):
            console.save_svg(str(svg), title="anyftp demo")
    return measurements


def load_average() -> float:
    """How many processes wanted a processor in the minute before; 0 where nobody says."""
    try:
        return os.getloadavg()[0]
    except (AttributeError, OSError):  # Windows
        return 0.0


def _on_backend(plan: Plan, backend: str, console: Console) -> list[Measurement]:
    from anyftp._cli._demo._display import LiveDisplay, PlainDisplay
    from anyftp._cli._demo._plan import run_plan

    is_live = console.is_terminal and not console.record  # a picture has no moving parts
    kind = LiveDisplay if is_live else PlainDisplay
    with kind(console, backend) as display:
        return run_interruptible(functools.partial(run_plan, plan, backend, display), backend)


def _plan(source: Path, folder: Path, limit_rate: int | None) -> Plan:
    from anyftp._cli._demo._certificate import make_certificate
    from anyftp._cli._demo._plan import Plan

    with source.open("rb") as opened:
        sha256 = hashlib.file_digest(opened, "sha256").hexdigest()
    plan = Plan(source, sha256, limit_rate or DEFAULT_LIMIT, folder, make_certificate(folder))
    plan.prepare()
    return plan


def _generate(path: Path, nbytes: int) -> Path:
    """Write a file of random bytes: nothing on the way can compress or guess it."""
    with path.open("wb") as file:
        while (missing := nbytes - file.tell()) > 0:
            file.write(os.urandom(min(missing, 1 << 20)))
    return path
