"""What a command imports: whoever asks for help, or presses the Tab key, waits for it each time."""

from __future__ import annotations

import ast
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from cli.running import PATIENCE, Started
from support.imports import Imported, Noting

PROGRAM = "from anyftp_command import main; main()"

_LIBRARY = "anyftp._client._face anyftp._server anyftp._streams anyftp._pool anyftp._net._tls"
_RARE = "uvloop trio fsspec tomlkit cryptography email http xml sqlite3 argparse importlib.metadata"


def imported_by(folder: Path, *arguments: str) -> Imported:
    return Noting(PROGRAM, folder, *arguments).run()


@pytest.mark.parametrize("arguments", [("--version",), ("--help",)], ids=" ".join)
def test_what_needs_no_command(arguments: tuple[str, ...], tmp_path: Path) -> None:
    imported = imported_by(tmp_path, *arguments)
    assert imported.among(f"{_LIBRARY} {_RARE} anyio ssl dataclasses rich") == set()
    assert len(imported.own) <= 8, sorted(imported.own)


@pytest.mark.parametrize(
    ("words", "completed", "nmodules"),
    [
        pytest.param("anyftp ", "put", 8, id="all"),
        pytest.param("anyftp ge", "get", 8, id="name"),
        pytest.param("anyftp get --li", "--limit-rate", 42, id="option"),
    ],
)
def test_completion(
    words: str,
    completed: str,
    nmodules: int,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("_ANYFTP_COMPLETE", "bash_complete")
    monkeypatch.setenv("COMP_WORDS", words)
    monkeypatch.setenv("COMP_CWORD", str(words.count(" ")))
    noting = Noting(PROGRAM, tmp_path)
    done = subprocess.run(noting.command, capture_output=True, text=True, check=True)
    assert f"plain,{completed}" in done.stdout.splitlines()
    imported = noting.imported()
    assert imported.among(f"{_LIBRARY} {_RARE}") == set()
    assert len(imported.own) <= nmodules, sorted(imported.own)


def test_imports_are_not_looked_through_as_garbage(tmp_path: Path) -> None:
    program = (
        "from anyftp_command import main\ntry: main()\nfinally: import gc; print(gc.get_stats())"
    )
    noting = Noting(program, tmp_path, "get", "--help")
    done = subprocess.run(noting.command, capture_output=True, text=True, check=True)
    young, *_ = ast.literal_eval(done.stdout.splitlines()[-1])
    assert young["collections"] < 10


@pytest.mark.parametrize("name", ["get", "put", "ls", "mirror", "rm", "cat", "find", "sync"])
def test_help(name: str, tmp_path: Path) -> None:
    imported = imported_by(tmp_path, name, "--help")
    assert imported.among(f"{_LIBRARY} {_RARE}") == set()
    assert len(imported.dataclasses) <= 8, sorted(imported.dataclasses)


@pytest.mark.parametrize(
    ("line", "nmodules", "ndataclasses"),
    [
        pytest.param("get -q {url}/f {here}/f", 181, 32, id="get"),
        pytest.param("ls {url}/", 168, 28, id="ls"),
    ],
)
def test_a_small_thing(
    line: str, nmodules: int, ndataclasses: int, url_for_all: str, tmp_path: Path
) -> None:
    arguments = line.format(url=url_for_all.rstrip("/"), here=tmp_path).split()
    imported = imported_by(tmp_path, *arguments)
    assert imported.among(f"anyftp._server anyftp._pool rich {_RARE}") == set()
    assert len(imported.own) <= nmodules, sorted(imported.own)
    assert len(imported.dataclasses) <= ndataclasses, sorted(imported.dataclasses)


@pytest.mark.skipif(sys.platform == "win32", reason="it has no SIGTERM that lets a process end")
def test_a_server(tmp_path: Path) -> None:
    noting = Noting(PROGRAM, tmp_path, "serve", os.fspath(tmp_path))
    with Started(noting.command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline().startswith("serving ftp://")
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=PATIENCE)
    imported = noting.imported()
    assert imported.among(f"anyftp._client._face anyftp._pool rich {_RARE}") == set()
    assert len(imported.own) <= 208, sorted(imported.own)
