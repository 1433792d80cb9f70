"""`anyftp demo`: its options, its picture, its end."""

import signal
import subprocess
from pathlib import Path

import pytest

from cli.running import PATIENCE, assert_failed, command, environment, run, start, wait_for

BACKENDS = ("asyncio", "uvloop", "trio")


def test_a_picture(tmp_path: Path) -> None:
    options = ["--size", "64K", "--limit-rate", "64K", "--backend", "asyncio"]
    process = run("demo", *options, "--svg", str(tmp_path / "demo.svg"))
    picture = (tmp_path / "demo.svg").read_text("utf-8")
    assert (process.returncode, process.stderr) == (0, "")
    assert picture.startswith("<svg")
    assert "download_stream" in picture


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
