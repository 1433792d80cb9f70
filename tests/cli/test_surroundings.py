"""Each command in poor surroundings: streams that are closed or full, narrow, plain, Latin-1."""

from __future__ import annotations

import os
import pty
import re
import shlex
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from cli.each_command import LINES, fill, served_for_all
from cli.running import command, environment

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="the shell here is POSIX's")

PATIENCE = 50.0
#: Those that end by themselves and need no minute; what they print goes to standard output.
PRINTING = ("ls", "tree", "find", "du", "stat", "cat", "head", "tail", "quote", "doctor", "shell")
SILENT = ("get", "put", "mirror", "sync", "rm", "mv", "mkdir", "chmod", "passwd")
#: How a shell starts it, and whether standard output takes what is printed.
STREAMS = {
    "full": ("{} > /dev/full", False),
    "no output": ("{} >&-", False),
    "no input": ("{} <&-", True),
    "no errors": ("{} 2>&-", True),
    "nothing": ("{} <&- >&- 2>&-", False),
    "no reader": ("{{ {}; echo $? >&2; }} | true", None),
}


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("served")


@pytest.fixture(scope="module")
def place(served: Path) -> Iterator[str]:
    with served_for_all(served) as url:
        yield url


@pytest.fixture
def url(place: str, served: Path) -> str:
    """The files that commands move and remove are there each time."""
    fill(served)
    return place


def shell_line(name: str, url: str, here: Path) -> str:
    (here / "local").write_text("hello\n", "utf-8")
    line = LINES[name].format(url=url, here=here)
    return shlex.join(command(line.split()))


CASES = [
    *((name, stream) for name in PRINTING for stream in ("full", "no reader")),
    *((name, "no input") for name in SILENT),
    *((name, "nothing") for name in (*PRINTING, *SILENT)),
    ("ls", "no output"),
    ("ls", "no errors"),
    ("get", "no errors"),
]


@pytest.mark.parametrize(("name", "stream"), CASES)
def test_streams(name: str, stream: str, url: str, tmp_path: Path) -> None:
    """Success, or one line and a failure's status; never a traceback."""
    how, can_print = STREAMS[stream]
    done = subprocess.run(
        ["sh", "-c", how.format(shell_line(name, url, tmp_path))],
        input="" if stream == "no input" else "secret\n",
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
        env=environment(),
    )
    told = done.stderr.splitlines()
    if stream == "no reader":  # whoever reads our output has seen enough: no word of it
        assert len(told) == 1, told
        assert told[0] in ("0", "141", "1"), told
    elif name == "passwd" and stream in ("no input", "nothing"):
        assert done.returncode
    elif can_print or name in SILENT:
        assert (done.returncode, told) == (0, [])
    else:
        assert done.returncode not in (0, 2)
        assert len(told) == (0 if stream == "nothing" else 1), told
        assert all(line.startswith("anyftp: ") for line in told)


@pytest.mark.parametrize(
    ("name", "encoding"),
    [*((name, "latin-1") for name in PRINTING), ("ls", "ascii"), ("tree", "ascii")],
)
def test_names_that_cannot_be_shown(name: str, encoding: str, url: str, tmp_path: Path) -> None:
    surroundings = {**environment(), "PYTHONUTF8": "0", "PYTHONIOENCODING": encoding}
    done = subprocess.run(
        ["sh", "-c", shell_line(name, url, tmp_path)],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=PATIENCE,
        check=False,
        env={**surroundings, "LC_ALL": "C", "PYTHONCOERCECLOCALE": "0"},
    )
    assert (done.returncode, done.stderr) == (0, b"")


def on_a_terminal(line: str, **variables: str) -> tuple[int, str]:
    """Run a line on a terminal of its own: its status and what it wrote there."""
    ours, theirs = pty.openpty()
    output = bytearray()

    def read() -> None:
        while True:
            try:
                output.extend(os.read(ours, 65536))
            except OSError:  # how Linux tells that nobody has the other end any more
                return

    reader = threading.Thread(target=read)
    reader.start()
    done = subprocess.run(
        ["sh", "-c", line],
        stdin=subprocess.DEVNULL,
        stdout=theirs,
        stderr=theirs,
        timeout=PATIENCE,
        check=False,
        env={**environment(), "TERM": "xterm-256color", **variables},
    )
    os.close(theirs)
    reader.join(PATIENCE)
    os.close(ours)
    return done.returncode, output.decode()


CONTROL = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")


@pytest.mark.parametrize("name", ["ls", "tree", "stat", "doctor", "get", "put", "mirror", "sync"])
def test_a_narrow_terminal_without_colours(name: str, url: str, tmp_path: Path) -> None:
    line = shell_line(name, url, tmp_path).replace(" -q ", " ")
    status, shown = on_a_terminal(line, COLUMNS="40", NO_COLOR="1")
    assert status == 0, shown
    assert not re.search(r"\x1b\[[0-9;]*3[0-7]m", shown)
    drawn = [CONTROL.sub("", part) for each in shown.splitlines() for part in each.split("\r")]
    if name in ("ls", "tree"):
        assert all(len(part) <= 40 for part in drawn)
    assert all(len(part) <= 40 for part in drawn if "%" in part)  # the bars
