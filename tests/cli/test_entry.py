"""Ctrl-C at any moment of any command: one line, and the status that a shell reports.

A moment is a function that is entered, or so many calls after that, so that it means the same on
each machine and with each Python.
"""

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from anyftp._cli._ending._run import BACKENDS
from anyftp._cli._main import COMMANDS
from cli.each_command import CONTENT, LINES, line_of
from cli.running import environment
from support.depth import deep

pytestmark = pytest.mark.skipif(
    sys.platform == "win32", reason="Windows cannot send Ctrl-C to one process alone"
)

PATIENCE = 50.0
#: Interrupts itself at the given call, the function that is named being the first one. The call
#: before all others is none: then it tells at the end how many calls there were.
PROGRAM = """
import os, signal, sys
signal.signal(signal.SIGINT, signal.default_int_handler)  # pytest may have been started with nohup
file, _, function = sys.argv[1].partition(":")
moment, count = int(sys.argv[2]), 0
def profile(frame, event, argument):
    global count
    code = frame.f_code
    if count or not file or (code.co_name == function and code.co_filename.endswith(file)):
        count += 1
        if count == moment:
            os.kill(os.getpid(), signal.SIGINT)
sys.argv[:] = ["anyftp", *sys.argv[3:]]
from anyftp_command import main
sys.setprofile(profile)
try:
    main()
finally:
    if not moment:
        print(count, file=sys.stderr)
"""
#: The handler was just set; in the middle of imports; the command is about to be imported.
EARLY_MOMENTS = (("", 2), ("", 30_000), ("click/core.py:invoke", 1))
#: What it does, at the first call that others can notice.
UNDER_WAY = {
    "bookmark": "anyftp/_cli/_commands/_bookmark.py:_tell",
    "passwd": "anyftp/_cli/_given/_toml_file.py:edited",
    "serve": "anyftp/_net/_listen.py:listen_tcp",
}
#: Those that differ in what an interruption leaves; the others look, and move nothing.
OF_EACH_KIND = [*UNDER_WAY, "get", "put", "mirror", "sync", "cat", "shell", "doctor", "demo"]
CONNECTING = "anyftp/_net/_dial.py:connect_within"
#: So many moments from the connection to the end, and after it.
LATE_MOMENTS = deep(10, 32)
INTERRUPTED = "anyftp: interrupted"


def interrupted(place: str, moment: int, *arguments: str) -> tuple[int, str, str]:
    """Run a command that is interrupted at a moment: its status and what it printed."""
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, place, str(moment), *arguments],
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


@pytest.mark.parametrize(("place", "moment"), EARLY_MOMENTS)
def test_before_there_is_a_command(
    place: str, moment: int, url_for_all: str, tmp_path: Path
) -> None:
    """What runs then is the same for each of them."""
    words = line_of("get", url_for_all, tmp_path)
    assert interrupted(place, moment, *words) == (130, "", f"{INTERRUPTED}\n")


def test_nothing_is_read_before_there_is_a_handler() -> None:
    """Whoever is interrupted while a module is read has a file left open, and may be told of it."""
    program = (
        "import sys, _signal; opened = []; sys.argv = ['anyftp', '--version']\n"
        "def audit(event, arguments):\n"
        "    if event == 'open' and _signal.getsignal(2) is _signal.default_int_handler:\n"
        "        opened.append(arguments[0])\n"
        "from anyftp_command import main; sys.addaudithook(audit)\n"
        "try: main()\n"
        "finally: print(opened)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert done.stdout.splitlines()[-1] == "[]"


def test_another_signal_before_there_is_a_command() -> None:
    program = (
        "import os, signal, sys; sys.argv = ['anyftp', '--version']\n"
        "sys.setprofile(lambda frame, *_: frame.f_code.co_name == 'format_help'\n"
        "    or (frame.f_code.co_filename.endswith('click/core.py')\n"
        "        and os.kill(os.getpid(), signal.SIGTERM)))\n"
        "from anyftp_command import main; main()"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout, done.stderr) == (143, "", f"{INTERRUPTED}\n")


@pytest.mark.parametrize("name", deep(OF_EACH_KIND, [*COMMANDS]))
def test_a_command_under_way(name: str, url_for_all: str, tmp_path: Path) -> None:
    words = line_of(name, url_for_all, tmp_path)
    status, _, told = interrupted(UNDER_WAY.get(name, CONNECTING), 1, *words)
    if name == "serve":  # whoever stops a server that has nothing to do has what he wanted
        assert (status, told) == (0, "")
    else:
        assert (status, told.count("\n")) == (130, 1), told
        assert told.startswith(INTERRUPTED)  # and, maybe, how to go on


#: Interrupts itself while the interpreter takes its modules apart, the very last that it does.
AT_LAST = """
import os, signal, sys
signal.signal(signal.SIGINT, signal.default_int_handler)
number = int(sys.argv.pop(1))
class Last:
    def __del__(self, kill=os.kill, process=os.getpid(), number=number):
        kill(process, number)
        print("the end", file=stderr)
stderr = sys.stderr
sys.argv[:] = ["anyftp", *sys.argv[1:]]
from anyftp_command import main
sys.modules["last"] = Last()
main()
"""


@pytest.mark.parametrize(
    ("number", "words", "status"),
    [
        (signal.SIGINT, ["--version"], 0),
        (signal.SIGTERM, ["bookmark"], 0),
        (signal.SIGINT, ["get", "--no-such-option"], 2),
    ],
)
def test_after_the_end(number: int, words: list[str], status: int) -> None:
    """The status is that of what was done."""
    done = subprocess.run(
        [sys.executable, "-c", AT_LAST, str(int(number)), *words],
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
        env=environment(),
    )
    assert done.returncode == status
    assert done.stderr.endswith("the end\n")


@pytest.mark.parametrize("backend", BACKENDS)
def test_to_the_end(backend: str, url_for_all: str, tmp_path: Path) -> None:
    """A file is there whole or not at all, the end is one line; or all is as if nothing came.

    Each loop has every third of the moments: most of what runs then is the same on all.
    """
    words = ("get", "-q", "--backend", backend, f"{url_for_all}/f")
    calls = int(interrupted(CONNECTING, 0, *words, str(tmp_path / "0"))[2])
    ends = set()
    mine = range(1 + BACKENDS.index(backend), LATE_MOMENTS + 1, len(BACKENDS))
    # No two runs are the same call by call: on a busy machine the last moment but one may come well
    # before the end. The last one comes after it.
    for number in (*mine, LATE_MOMENTS, 3 * LATE_MOMENTS):
        target = tmp_path / str(number)
        moment = number * calls * 11 // (10 * LATE_MOMENTS)
        status, shown, told = interrupted(CONNECTING, moment, *words, str(target))
        assert (status, shown, told.count("\n")) in {(130, "", 1), (0, "", 0)}, told
        assert told == "" or told.startswith(INTERRUPTED)
        assert status or target.exists()
        assert not target.exists() or target.read_text("utf-8") == CONTENT
        ends.add(status)
    assert ends == {0, 130}  # else the moments would have to be others
    names = {str(number) for number in (*range(LATE_MOMENTS + 1), 3 * LATE_MOMENTS)}
    assert {path.name for path in tmp_path.iterdir()} <= names
