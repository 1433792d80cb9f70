"""Limits and jobs of the shell."""

from pathlib import Path

from cli.running import run
from cli.shell.served import tree


def test_a_limit_is_changed_while_a_job_runs(url: str, tmp_path: Path) -> None:
    """20 MiB at 100 KiB/s would take 200 seconds."""
    script = "limit 100K; get big &; limit 100M; wait; jobs"
    done = run("shell", f"{url}/", "-c", script, cwd=tmp_path)
    assert (done.returncode, (tmp_path / "big").stat().st_size) == (0, 20 << 20)
    assert "[1] get big: done" in done.stdout


def test_a_limit_from_the_beginning(url: str) -> None:
    done = run("shell", "--limit-rate", "1M", f"{url}/", "-c", "limit; get a.txt -o /dev/null")
    assert done.stdout == "1.00 MiB/s\n"


def test_a_job_is_stopped(url: str, tmp_path: Path) -> None:
    done = run("shell", f"{url}/", "-c", "limit 100K; get big &; kill 1; jobs", cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert "[1] get big: stopped" in done.stdout
    assert tree(tmp_path) == set()
