"""Ctrl-C at any moment of any command: one line, and the status that a shell reports.

The moment is counted in calls of functions from the first one on, so that it is the same one on
each machine; the imports are most of them.
"""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from anyftp._cli._ending._run import BACKENDS
from anyftp._cli._main import COMMANDS
from cli.running import environment
from support.serving import anyftp_serve

pytestmark = pytest.mark.skipif(
    sys.platform == "win32", reason="Windows cannot send Ctrl-C to one process alone"
)

PATIENCE = 50.0
#: Interrupts itself at a moment of the run of a command.
PROGRAM = """
import os, signal, sys
signal.signal(signal.SIGINT, signal.default_int_handler)  # pytest may have been started with nohup
moment, count = int(sys.argv[1]), 0
def profile(frame, event, argument):
    global count
    count += 1
    if count == moment:
        os.kill(os.getpid(), signal.SIGINT)
sys.argv[:] = ["anyftp", *sys.argv[2:]]
from anyftp_command import main
sys.setprofile(profile)
main()
"""
#: The handler was just set; in the middle of imports; on the way to a connection.
MOMENTS = (2, 30_000, 360_000)
#: From then on, until after the end.
LATE_MOMENTS = range(370_000, 550_000, 12_000)
INTERRUPTED = "anyftp: interrupted"
#: What connects to nobody, and has ended before the last of the moments.
SHORT = {"bookmark"}
#: A line of each command that needs no terminal. {url} has a file `f` and a folder `d`.
LINES = {
    "get": "get -q {url}/f {here}/out",
    "put": "put -q {here}/local {url}/new",
    "mirror": "mirror -q {url}/d {here}/d",
    "sync": "sync -q {here}/e {url}/d --state {here}/state",
    "ls": "ls {url}/",
    "tree": "tree {url}/",
    "find": "find {url}/",
    "du": "du {url}/",
    "stat": "stat {url}/f",
    "cat": "cat {url}/f",
    "head": "head {url}/f",
    "tail": "tail {url}/f",
    "rm": "rm {url}/none",
    "mv": "mv {url}/none {url}/other",
    "mkdir": "mkdir -p {url}/made",
    "chmod": "chmod 644 {url}/f",
    "quote": "quote {url}/ NOOP",
    "shell": "shell {url}/ -c ls",
    "bookmark": "bookmark",
    "doctor": "doctor {url}/",
    "serve": "serve {here} --port 0",
    "passwd": "passwd {here}/users alice --password-stdin",
    "demo": "demo --size 64K --limit-rate 1M",
}


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("served")
    (folder / "f").write_text("hello\n", "utf-8")
    (folder / "d").mkdir()
    (folder / "d" / "g").write_text("hello\n", "utf-8")
    with anyftp_serve(folder) as port:
        yield f"ftp://127.0.0.1:{port}"


def interrupted(moment: int, *arguments: str) -> tuple[int, str, str]:
    """Run a command that is interrupted at a moment: its status and what it printed."""
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, str(moment), *arguments],
        input="secret\n",
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
        env=environment(),
    )
    return done.returncode, done.stdout, done.stderr


def test_each_command_has_a_line() -> None:
    assert LINES.keys() == COMMANDS.keys()


@pytest.mark.parametrize("moment", MOMENTS)
@pytest.mark.parametrize("name", COMMANDS)
def test_each_command(name: str, moment: int, url: str, tmp_path: Path) -> None:
    (tmp_path / "local").write_text("hello\n", "utf-8")
    words = LINES[name].format(url=url, here=tmp_path).split()
    has_ended = name in SHORT and moment == MOMENTS[-1]
    expected = (0, "", "") if has_ended else (130, "", f"{INTERRUPTED}\n")
    assert interrupted(moment, *words) == expected


@pytest.mark.parametrize("backend", BACKENDS)
def test_to_the_end(backend: str, url: str, tmp_path: Path) -> None:
    """A file is there whole or not at all, the end is one line; or all is as if nothing came."""
    ends = set()
    for moment in LATE_MOMENTS:
        target = tmp_path / str(moment)
        words = ("get", "-q", "--backend", backend, f"{url}/f", str(target))
        status, shown, told = interrupted(moment, *words)
        assert (status, shown, told.count("\n")) in {(130, "", 1), (0, "", 0)}
        assert told == "" or told.startswith(INTERRUPTED)
        assert status or target.exists()
        assert not target.exists() or target.read_text("utf-8") == "hello\n"
        ends.add(status)
    assert ends == {0, 130}  # else the moments would have to be others
    assert {path.name for path in tmp_path.iterdir()} <= {str(moment) for moment in LATE_MOMENTS}
