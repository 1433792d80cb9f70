"""What the demo shows: tables, bars, the rate over time."""

import io
from collections.abc import Iterator
from pathlib import Path

import pytest
from rich.console import Console

from anyftp._cli._demo._display import (
    LiveDisplay,
    PlainDisplay,
    print_load,
    print_rates,
    print_results,
)
from anyftp._cli._demo._transfers import Measurement

BACKENDS = ("asyncio", "uvloop", "trio")


def measurements(problem: str = "") -> Iterator[Measurement]:
    for backend in BACKENDS:
        for asked in (None, 8 << 20):
            for way in ("upload", "download", "upload_stream", "download_stream"):
                measurement = Measurement(backend, way, asked, Path("copy"))
                measurement.nbytes = 64 << 20
                measurement.seconds = 8.0 if asked else 0.1
                measurement.is_equal = True
                if problem and backend == "trio":
                    measurement.is_equal, measurement.problem = False, problem
                yield measurement


def printed(width: int, *, problem: str = "") -> str:
    output = io.StringIO()
    print_results(Console(file=output, width=width), list(measurements(problem)))
    return output.getvalue()


@pytest.mark.parametrize("width", [40, 50, 60, 70, 80, 100, 200])
def test_the_table_fits(width: int) -> None:
    table = printed(width)
    assert all(len(line) <= width for line in table.splitlines())
    for backend in BACKENDS:
        assert sum(line.startswith(backend) for line in table.splitlines()) == 1
    assert "…" not in table
    assert "measured" in table
    assert table.count("equal") == 24


def test_the_table_at_80_columns_is_whole() -> None:
    headings = printed(80).splitlines()[0].split()
    assert headings == [
        "backend",
        "what",
        "asked",
        "measured",
        "error",
        "MB/s",
        "CPU",
        "s",
        "sha256",
    ]


def test_a_failure_shows() -> None:
    table = printed(80, problem="the copy differs")
    assert table.count("FAILED") == 8


def test_a_busy_machine_is_said_to_be_one() -> None:
    for load, shown in ((1.9, False), (2.5, True)):
        output = io.StringIO()
        print_load(Console(file=output, width=80), load, 2)
        assert ("load 2.5 on 2 processors" in output.getvalue()) is shown


@pytest.mark.parametrize("width", [40, 80, 200])
def test_the_rate_over_time_fits(width: int) -> None:
    measurement = Measurement("trio", "download_stream", 1000, Path("x"), is_equal=True)
    for tenth in range(100):
        measurement.history.add(tenth / 10, 100)
    measurement.seconds = 10.0
    output = io.StringIO()
    print_rates(Console(file=output, width=width), [measurement])
    lines = output.getvalue().splitlines()
    assert max(map(len, lines)) <= width
    assert "1000 B/s" in output.getvalue() or "0.98 KiB/s" in output.getvalue()
    print_rates(Console(file=output, width=width), [])


@pytest.mark.parametrize("kind", [LiveDisplay, PlainDisplay])
def test_displays(kind: type[LiveDisplay] | type[PlainDisplay]) -> None:
    output = io.StringIO()
    console = Console(file=output, width=80, force_terminal=kind is LiveDisplay)
    good, *_, bad = measurements("lost")
    with kind(console, "trio") as display:
        for measurement in (good, bad):
            display.meter(measurement, 64 << 20)(32 << 20)
            display.done(measurement)
    assert "trio download_stream throttled: lost" in output.getvalue()
