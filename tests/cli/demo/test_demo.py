"""`anyftp demo`, small: all ways, all backends, hashes compared, a table that fits."""

import io
import signal
import subprocess
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
from cli.running import PATIENCE, assert_failed, command, environment, run, start, wait_for

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


def test_error_is_relative() -> None:
    measurement = Measurement("trio", "upload", 1000, Path("x"), nbytes=1010, seconds=1.0)
    assert measurement.error == pytest.approx(0.01)
    measurement.asked = None
    assert measurement.error is None


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


@pytest.mark.timeout(60)
@pytest.mark.parametrize("backend", BACKENDS)
def test_generated(backend: str) -> None:
    process = run("demo", "--size", "256K", "--limit-rate", "512K", "--backend", backend)
    assert (process.returncode, process.stderr) == (0, "")
    lines = process.stdout.splitlines()
    assert len([line for line in lines if line.endswith("equal")]) == 6
    assert [line.count("upload ") for line in lines].count(1) == 1  # each comes once
    assert "512 KiB/s" in lines[0]
    assert "download_stream on" in process.stdout
    assert "█" in process.stdout.split("download_stream on")[1]


def test_a_picture(tmp_path: Path) -> None:
    options = ["--size", "64K", "--limit-rate", "64K", "--backend", "asyncio"]
    process = run("demo", *options, "--svg", str(tmp_path / "demo.svg"))
    picture = (tmp_path / "demo.svg").read_text("utf-8")
    assert (process.returncode, process.stderr) == (0, "")
    assert picture.startswith("<svg")
    assert "download_stream" in picture


def test_a_file_of_ones_own(tmp_path: Path) -> None:
    file, link = tmp_path / "own", tmp_path / "link"
    file.write_bytes(b"x" * 100_000)
    link.symlink_to(file)
    process = run("demo", str(link), "--limit-rate", "1M", "--backend", "trio")
    assert (process.returncode, process.stderr) == (0, "")
    assert file.read_bytes() == b"x" * 100_000


def test_an_empty_file(tmp_path: Path) -> None:
    file = tmp_path / "empty"
    file.touch()
    process = run("demo", str(file), "--backend", "trio")
    assert (process.returncode, process.stderr) == (0, "")


def test_a_missing_file() -> None:
    assert_failed(run("demo", "/missing"), "/missing: No such file or directory")


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_reader_that_goes_early(backend: str) -> None:
    arguments = command(["demo", "--size", "1K", "--limit-rate", "1K", "--backend", backend])
    process = subprocess.run(
        ["sh", "-c", '"$@" | head -n 1', "sh", *arguments],
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
        env=environment(),
    )
    assert process.stdout.count("\n") == 1
    assert process.stderr == ""


@pytest.mark.parametrize(("number", "status"), [(signal.SIGTERM, 143), (signal.SIGINT, 130)])
def test_what_ends_it_early_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int, status: int
) -> None:
    """While the file is generated no event loop runs that would see the signal."""
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    with start("demo", "--size", "2G") as process:
        wait_for(lambda: any(tmp_path.glob("*/generated")))
        process.send_signal(number)
        output, errors = process.communicate(timeout=PATIENCE)
    assert (process.returncode, output, errors) == (status, "", "anyftp: interrupted\n")
    assert list(tmp_path.iterdir()) == []
