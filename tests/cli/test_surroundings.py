"""Each command in poor surroundings: streams that are closed or full, narrow, plain, Latin-1.

All commands in all of them are some four hundred processes, for a deep run. Else each command is
in one of them, and each of them has two commands or three.
"""

from __future__ import annotations

import itertools
import os
import pty
import re
import shlex
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from anyftp._cli._main import COMMANDS
from cli.each_command import line_of
from cli.running import Started, command, environment
from support.depth import IS_DEEP, deep

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="the shell here is POSIX's")

PATIENCE = 50.0
#: What they have done is what counts, and nothing is printed.
SILENT = ("get", "put", "mirror", "sync", "rm", "mv", "mkdir", "chmod", "passwd")
#: It ends when it is told to: at once, where it has not begun to serve yet.
ENDLESS = "serve"
#: How a shell starts it, and whether standard output takes what is printed.
STREAMS = {
    "full": ("{} > /dev/full", False),
    "no output": ("{} >&-", False),
    "no input": ("{} <&-", True),
    "no errors": ("{} 2>&-", True),
    "nothing": ("{} <&- >&- 2>&-", False),
    "no reader": ("{{ {}; echo $? >&2; }} | true", None),
    "one line is read": ("{{ {}; echo $? >&2; }} | head -1", None),
}
ENCODINGS = ("latin-1", "ascii")
#: As installed: `python -m` imports more before any line of ours can run.
SCRIPT = shlex.quote(str(Path(sys.executable).with_name("anyftp")))
SURROUNDINGS = [*STREAMS, *ENCODINGS]
WITH_RULES_OF_THEIR_OWN = [("passwd", "no input"), ("serve", "no reader")]


def cases() -> list[tuple[str, str]]:
    """Commands, and what they are run in."""
    if IS_DEEP:
        return list(itertools.product(COMMANDS, SURROUNDINGS))
    return [*zip(COMMANDS, itertools.cycle(SURROUNDINGS), strict=False), *WITH_RULES_OF_THEIR_OWN]


def shell_line(name: str, url: str, here: Path, *, is_ended: bool = False) -> str:
    """What a shell is given; a server is ended after a while, unless somebody else does it."""
    (here / "config.toml").write_text('[profiles.work]\nurl = "ftp://h/"\n', "utf-8")
    words = command(line_of(name, url, here))
    if name == ENDLESS and not is_ended:
        words = ["timeout", "--foreground", "--preserve-status", "-s", "TERM", "6", *words]
    return shlex.join(words)


def variables(here: Path) -> dict[str, str]:
    return {**environment(), "ANYFTP_CONFIG": str(here / "config.toml")}


@pytest.mark.parametrize(("name", "where"), cases())
def test_surroundings(name: str, where: str, url_for_all: str, tmp_path: Path) -> None:
    """Success, or one line and a failure's status; never a traceback."""
    line = shell_line(name, url_for_all, tmp_path)
    if where in ENCODINGS:
        check_encoding(line, where, tmp_path)
    else:
        check_stream(name, where, line, tmp_path)


def check_stream(name: str, stream: str, line: str, here: Path) -> None:
    how, can_print = STREAMS[stream]
    done = subprocess.run(
        ["sh", "-c", how.format(line)],
        input="" if stream == "no input" else "secret\n",
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
        env=variables(here),
    )
    told = done.stderr.splitlines()
    if can_print is None:  # whoever reads our output has seen enough: no word of it
        assert len(told) == 1, told
        assert told[0] in ("0", "141", "1") or (name, told[0]) == (ENDLESS, "143"), told
    elif name == "passwd" and stream in ("no input", "nothing"):
        assert done.returncode
        assert len(told) == (stream == "no input")
    elif can_print or name in SILENT:
        status = 0 if done.returncode == 143 and name == ENDLESS else done.returncode
        assert (status, told) == (0, [])
    else:
        assert done.returncode not in (0, 2)
        assert len(told) == (0 if stream == "nothing" else 1), told
        assert all(line.startswith("anyftp: ") for line in told)


def check_encoding(line: str, encoding: str, here: Path) -> None:
    """Names that cannot be shown are shown otherwise."""
    surroundings = {**variables(here), "PYTHONUTF8": "0", "PYTHONIOENCODING": encoding}
    done = subprocess.run(
        ["sh", "-c", line],
        input=b"secret\n",
        capture_output=True,
        timeout=PATIENCE,
        check=False,
        env={**surroundings, "LC_ALL": "C", "PYTHONCOERCECLOCALE": "0"},
    )
    assert (done.returncode, done.stderr) in ((0, b""), (143, b""))  # `serve` has to be ended


@pytest.mark.parametrize("seconds", deep([0.3], [0.02, 0.1, 0.3, 1.0, 3.0]))
@pytest.mark.parametrize("name", deep(["get"], [*COMMANDS]))
def test_interrupted_after(name: str, seconds: float, url_for_all: str, tmp_path: Path) -> None:
    """test_entry has the same moments, counted."""
    line = shell_line(name, url_for_all, tmp_path, is_ended=True)
    with Started(
        ["sh", "-c", f"exec {line.replace(' -m anyftp ', f' {SCRIPT} ', 1)}"],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=variables(tmp_path),
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    ) as process:
        time.sleep(seconds)
        process.send_signal(signal.SIGINT)
        _, told = process.communicate(timeout=PATIENCE)
    if process.returncode == 130:
        assert told.startswith("anyftp: interrupted")
        assert told.count("\n") == 1
    elif process.returncode == -signal.SIGINT:  # Python had no handler yet
        assert told == ""
    elif "KeyboardInterrupt" in told:  # Python itself was starting, none of our lines had run
        assert "anyftp_command/" not in told
    elif name == "passwd":  # nobody types a password
        assert told.count("\n") == 1
    else:
        assert (process.returncode, told) == (0, "")


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


DRAWING = ["ls", "doctor", "get", "sync", "tree", "stat", "put", "mirror", "find", "du", "demo"]


@pytest.mark.parametrize("name", DRAWING if IS_DEEP else DRAWING[:4])
def test_a_narrow_terminal_without_colours(name: str, url_for_all: str, tmp_path: Path) -> None:
    line = shell_line(name, url_for_all, tmp_path).replace(" -q ", " ")
    status, shown = on_a_terminal(line, COLUMNS="40", NO_COLOR="1")
    assert status == 0, shown
    assert not re.search(r"\x1b\[[0-9;]*3[0-7]m", shown)
    drawn = [CONTROL.sub("", part) for each in shown.splitlines() for part in each.split("\r")]
    if name in ("ls", "tree"):
        assert all(len(part) <= 40 for part in drawn)
    assert all(len(part) <= 40 for part in drawn if "%" in part)  # the bars
