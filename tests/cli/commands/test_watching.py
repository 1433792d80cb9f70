"""anyftp mirror --watch: what changes is mirrored, until Ctrl-C."""

from __future__ import annotations

import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path

import pytest

from cli.running import PATIENCE, assert_failed, run, start, wait_for
from support.serving import anyftp_serve

needs_watchfiles = pytest.mark.skipif(
    find_spec("watchfiles") is None, reason="watchfiles (extra watch) is not installed"
)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, str]]:
    root = tmp_path_factory.mktemp("root")
    with anyftp_serve(root, "--user", "me:secret") as port:
        yield root, f"ftp://me:secret@127.0.0.1:{port}"


@contextmanager
def watching(*arguments: str) -> Iterator[subprocess.Popen[str]]:
    """Let it run inside; then interrupt it, which is one line."""
    with start("mirror", "--watch", *arguments) as process:
        yield process
        process.send_signal(signal.SIGINT)
        assert process.wait(PATIENCE) == 130
        assert process.stderr is not None
        assert process.stderr.read().splitlines()[-1] == "anyftp: interrupted"


@needs_watchfiles
@pytest.mark.parametrize("backend", ["asyncio", "trio"])
def test_local_changes_are_told(server: tuple[Path, str], tmp_path: Path, backend: str) -> None:
    there = server[0] / tmp_path.name
    (tmp_path / ".git").mkdir()  # nothing is left out of what is watched
    (tmp_path / "a").write_text("A")
    with watching("--delete", "--backend", backend, str(tmp_path), f"{server[1]}/{there.name}"):
        wait_for((there / "a").exists)
        (tmp_path / ".git" / "b").write_text("B")
        wait_for((there / ".git" / "b").exists)
        (tmp_path / "a").unlink()
        wait_for(lambda: not (there / "a").exists())


def test_a_server_is_looked_at_again(server: tuple[Path, str], tmp_path: Path) -> None:
    there = server[0] / tmp_path.name
    there.mkdir()
    (there / "a").write_text("A")
    copy = tmp_path / "copy"
    with watching("--interval", "0.2", f"{server[1]}/{there.name}", str(copy)):
        wait_for((copy / "a").exists)
        there.rename(there.with_name("elsewhere"))  # a run that fails ends nothing
        there.with_name("elsewhere").rename(there)
        (there / "b").write_text("B")
        wait_for((copy / "b").exists)


def test_a_first_run_that_fails_ends_it(server: tuple[Path, str], tmp_path: Path) -> None:
    found = run("mirror", "--watch", f"{server[1]}/none", str(tmp_path))
    assert_failed(found, "/none: ")


@pytest.mark.parametrize("option", ["--dry-run", "--json", "--print-plan"])
def test_it_has_no_end(option: str) -> None:
    assert run("mirror", "--watch", option, "ftp://h/", "here").returncode == 2


def test_an_extra_that_is_not_installed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("anyftp._cli._commands._watching.find_spec", lambda name: None)
    found = run("mirror", "--watch", str(tmp_path), "ftp://127.0.0.1:1/")
    assert_failed(found, 'pip install "anyftp[watch]"')
