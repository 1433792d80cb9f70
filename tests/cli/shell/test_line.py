"""Lines of the shell: words, scripts, and what comes of them."""

import pytest

from anyftp._cli._shell._line import split
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
