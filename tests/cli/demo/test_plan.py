"""What is measured in which order, of which file."""

from pathlib import Path

import pytest

from cli.running import run

BACKENDS = ("asyncio", "uvloop", "trio")


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
