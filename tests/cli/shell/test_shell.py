"""shell: lftp's words, jobs, live limits, completion, and Ctrl-C on a real terminal."""

import os
import pty
import select
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import anyio
import pytest
from prompt_toolkit.completion import CompleteEvent
from prompt_toolkit.document import Document

from anyftp import Client, StreamThrottle
from anyftp._cli._given._url import parse_url
from anyftp._cli._reaching._remote import Remote
from anyftp._cli._shell._completion import ShellCompleter
from anyftp._cli._shell._line import split
from anyftp._cli._shell._state import Shell
from anyftp._cli._shell._verbs import ALIASES, verbs
from cli.running import PATIENCE, Run, command, environment, run, run_process
from support.serving import anyftp_serve


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, str]]:
    root = tmp_path_factory.mktemp("root")
    for name in ("a.txt", "b.txt", "with blank", "sub/c.txt", "sub/deep/d.txt"):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(f"{name}\n")
    (root / "big").write_bytes(bytes(20 << 20))
    with anyftp_serve(root, "--user", "me:secret") as port:
        yield root, f"ftp://me:secret@127.0.0.1:{port}"


@pytest.fixture
def url(server: tuple[Path, str]) -> str:
    return server[1]


def tree(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*")}


@pytest.mark.parametrize(
    ("script", "output"),
    [
        ("pwd", "/\n"),
        ("cd sub; pwd; cd ..; pwd; cd sub/deep; pwd; cd; pwd", "/sub\n/\n/sub/deep\n/\n"),
        ("ls sub", "c.txt\ndeep\n"),
        ("ls *.txt", "a.txt\nb.txt\n"),
        ("cat a.txt sub/c.txt", "a.txt\nsub/c.txt\n"),
        ("head -n 1 a.txt; tail -n 1 b.txt", "a.txt\nb.txt\n"),
        ("tree sub", "├── c.txt\n└── deep/\n    └── d.txt\n"),
        ("find sub 'd*'", "sub/deep\nsub/deep/d.txt\n"),
        ("du sub/deep", "      15 B  sub/deep\n"),
        ("quote CWD sub", '250 "/sub" is the current directory.\n'),
        ("limit; limit 1M; limit off", "no limit\n1.00 MiB/s\nno limit\n"),
        ("cat 'with blank'", "with blank\n"),
        ("# nothing;;  ; pwd # here", "/\n"),
        ("pwd; quit; pwd", "/\n"),
        ("!echo here", ""),
    ],
)
def test_words(url: str, script: str, output: str) -> None:
    done = run("shell", f"{url}/", "-c", script)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == output


@pytest.mark.parametrize(
    ("script", "made"),
    [
        ("get a.txt", {"a.txt"}),
        ("mget *.txt", {"a.txt", "b.txt"}),
        ("get sub -o new", {"new", "new/c.txt", "new/deep", "new/deep/d.txt"}),
        ("cd sub; get c.txt", {"c.txt"}),
        ("mirror sub", {"sub", "sub/c.txt", "sub/deep", "sub/deep/d.txt"}),
        ("mirror sub copy -j 2", {"copy", "copy/c.txt", "copy/deep", "copy/deep/d.txt"}),
        ("get a.txt &; wait", {"a.txt"}),
        ("cd sub; get c.txt &; cd deep; get d.txt &; wait", {"c.txt", "d.txt"}),
        ("get a.txt &; quit", {"a.txt"}),
    ],
)
def test_transfers_to_here(url: str, tmp_path: Path, script: str, made: set[str]) -> None:
    done = run("shell", f"{url}/", "-c", script, cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert tree(tmp_path) == made


def test_changes(url: str, server: tuple[Path, str], tmp_path: Path) -> None:
    there = server[0] / "changes"
    (tmp_path / "x").write_text("x")
    script = (
        "mkdir -p changes/in; cd changes; put x; put x -o y; mv y in; chmod 600 x;"
        "mput x x -o in/; mirror -R . all; rm in/x"
    )
    done = run("shell", f"{url}/", "-c", script, cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert tree(there) == {"x", "in", "in/y", "all", "all/x"}
    assert run("shell", f"{url}/changes", "-c", "rm -r *").returncode == 0
    assert tree(there) == set()


@pytest.mark.parametrize(
    ("script", "status", "told"),
    [
        ("cat none; pwd", 78, "550"),
        ("cd none; pwd", 78, "550"),
        ("nonsense; pwd", 2, "nonsense"),
        ("get; pwd", 2, "Missing argument"),
        ("cat 'a.txt; pwd", 2, "quotation"),
        ("limit fast; pwd", 2, "no amount"),
        ("put none; pwd", 26, "none"),
        ("kill 7; pwd", 2, "no job 7"),
        ("chmod 9 a.txt; pwd", 2, "octal"),
    ],
)
def test_a_script_ends_with_the_first_line_that_fails(
    url: str, script: str, status: int, told: str
) -> None:
    done = run("shell", f"{url}/", "-c", script)
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (status, "", 1)
    assert done.stderr.startswith("anyftp: ")
    assert told in done.stderr


def test_lines_of_a_pipe(url: str) -> None:
    assert run_process("shell", f"{url}/", text="cd sub\npwd\n") == Run(0, "/sub\n", "")
    assert run_process("shell", f"{url}/", text="cd none\npwd\n").returncode == 78


def test_help(url: str) -> None:
    listed = run("shell", f"{url}/", "-c", "help").stdout
    assert all(name in listed for name in verbs.commands)
    assert "-r " in run("shell", f"{url}/", "-c", "help rm").stdout
    assert set(ALIASES.values()) <= set(verbs.commands)


def test_nobody_there() -> None:
    assert run("shell", "ftp://127.0.0.1:1/", "-c", "ls").returncode == 7


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("get a b", ["get", "a", "b"]),
        ("get 'a b' \"c\"", ["get", "a b", "c"]),
        ("get a &", ["get", "--background", "a"]),
        ("", []),
        ("# all", []),
    ],
)
def test_split(line: str, words: list[str]) -> None:
    assert split(line) == words


@pytest.mark.parametrize(
    ("typed", "offered"),
    [
        ("ge", ["get"]),
        ("m", ["mget", "mirror", "mkdir", "more", "mput", "mrm", "mv"]),
        ("get a", ["a.txt"]),
        ("get a.txt b", ["b.txt", "big"]),
        ("cd s", ["sub/"]),
        ("cat sub/", ["c.txt", "deep/"]),
        ("cat sub/deep/d", ["d.txt"]),
        ("get w", ["with\\ blank"]),
        ("get with\\ b", ["with\\ blank"]),
        ("get none/", []),
    ],
)
@pytest.mark.anyio
@pytest.mark.parametrize("anyio_backend", [("asyncio", {})])  # prompt_toolkit's only one
async def test_completion(url: str, typed: str, offered: list[str]) -> None:
    place = parse_url(url)
    client = Client.context(place.host, place.port, "me", "secret")
    async with client as connected, anyio.create_task_group() as tasks:
        state = Shell(
            Remote(place, "me", "secret"), connected, tasks, StreamThrottle.from_limits(), print
        )
        completer = ShellCompleter(state)
        document = Document(typed)
        found = [
            completion
            async for completion in completer.get_completions_async(document, CompleteEvent())
        ]
    assert [completion.text for completion in found] == offered
    for completion in found:
        start = len(typed) + completion.start_position
        assert completion.text.startswith(typed[start:])


class Terminal:
    """`anyftp shell` on a terminal of its own."""

    def __init__(self, url: str, folder: Path) -> None:
        self._ours, theirs = pty.openpty()
        self.process = subprocess.Popen(
            command(["shell", f"{url}/"]),
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
            cwd=folder,
            env={**environment(), "TERM": "xterm", "COLUMNS": "80", "LINES": "24"},
            start_new_session=True,
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
        )
        os.close(theirs)
        self._unseen = ""

    def until(self, text: str) -> None:
        """Wait until something is shown that was not there at the last look."""
        end = time.monotonic() + PATIENCE
        while text not in self._unseen:
            assert time.monotonic() < end, (text, self._unseen)
            if select.select([self._ours], [], [], 0.1)[0]:
                self._unseen += os.read(self._ours, 65536).decode(errors="replace")
        self._unseen = self._unseen.partition(text)[2]

    def type(self, text: str) -> None:
        os.write(self._ours, text.encode())

    def close(self) -> None:
        self.process.kill()
        self.process.wait()
        os.close(self._ours)


def test_ctrl_c_ends_a_transfer_and_keeps_the_session(url: str, tmp_path: Path) -> None:
    terminal = Terminal(url, tmp_path)
    try:
        terminal.until(":/>")
        terminal.type("limit 1M\r")
        terminal.until("1.00 MiB/s")
        terminal.until(":/>")
        terminal.type("get big\r")
        terminal.until("MiB/s")
        os.kill(terminal.process.pid, signal.SIGINT)
        terminal.until("interrupted")
        terminal.until(":/>")
        terminal.type("cd su\t")
        terminal.until("b/")  # which Tab has added
        terminal.type("\r")
        terminal.until(":/sub>")
        terminal.type("\x04")
        assert terminal.process.wait(PATIENCE) == 0
    finally:
        terminal.close()
    assert tree(tmp_path) == set()


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
