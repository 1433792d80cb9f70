"""Lines of the shell: words, scripts, and what comes of them."""

from pathlib import Path

import pytest

from anyftp._cli._shell._line import is_for_here, parts, split
from cli.running import Run, run, run_process


@pytest.mark.parametrize(
    ("script", "status", "told"),
    [
        ("cat none; pwd", 78, "550"),
        ("cd none; pwd", 78, "550"),
        ("nonsense; pwd", 2, "nonsense"),
        ("get; pwd", 2, "Missing argument"),
        ("cat 'a.txt; pwd", 2, "quotation"),
        ("limit fast; pwd", 2, "is not an amount"),
        ("put none; pwd", 26, "none"),
        ("kill 7; pwd", 2, "no job 7"),
        ("chmod 9 a.txt; pwd", 2, "octal"),
        ("chmod '' a.txt; pwd", 2, "octal"),
        ("cat 'a;b'; pwd", 78, "a;b"),
        ("rm -r ''; pwd", 2, "an empty word"),
        ("get ''; pwd", 2, "an empty word"),
        ("put ''; pwd", 2, "an empty word"),
        ("mv a.txt ''; pwd", 2, "an empty word"),
        ("mirror '' x; pwd", 2, "an empty word"),
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
    assert run_process("shell", f"{url}/", text="cd sub\npwd;cd;pwd") == Run(0, "/sub\n/\n", "")
    assert run_process("shell", f"{url}/", text="cd none\npwd\n").returncode == 78


def test_what_this_machine_runs_has_the_rest_of_the_input(url: str) -> None:
    text = "!read line; echo got $line\nthat\npwd\n"
    assert run_process("shell", f"{url}/", text=text) == Run(0, "got that\n/\n", "")


@pytest.mark.parametrize(
    ("script", "status"),
    [("!exit 3; pwd", 3), ("!kill -TERM $$; pwd", 143), ("!true", 0)],
)
def test_the_status_of_what_this_machine_runs(url: str, script: str, status: int) -> None:
    done = run("shell", f"{url}/", "-c", script)
    assert (done.returncode, done.stdout, done.stderr) == (status, "", "")


@pytest.mark.parametrize(
    "script", ["get none &", "get none &; wait; pwd", "get a.txt b.txt -o FILE &; pwd; quit"]
)
def test_a_job_that_fails_is_a_failure(url: str, tmp_path: Path, script: str) -> None:
    (tmp_path / "file").touch()
    done = run("shell", f"{url}/", "-c", script.replace("FILE", str(tmp_path / "file")))
    assert done.returncode in (78, 2)
    assert ("/\n" in done.stdout) == ("pwd" in script)


@pytest.mark.parametrize(
    ("script", "lines"),
    [
        ("ls; pwd\ncd", ["ls", " pwd", "cd"]),
        ('ls \'a;b\' "c;\\";d" e\\;f;;', ['ls \'a;b\' "c;\\";d" e\\;f']),
        ("# don't; pwd # isn't", ["# don't", " pwd # isn't"]),
        ("cat a#'b;c'", ["cat a#'b;c'"]),
        ("ls 'a; pwd", ["ls 'a", " pwd"]),
        ("", []),
    ],
)
def test_parts(script: str, lines: list[str]) -> None:
    assert parts(script) == lines


def test_lines_for_here() -> None:
    assert is_for_here(" !a; b")
    assert not is_for_here("a !b")


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
