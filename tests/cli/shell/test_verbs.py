"""The shell's verbs: lftp's words."""

from pathlib import Path

import pytest

from anyftp._cli._shell._verbs import ALIASES, verbs
from cli.running import run
from cli.shell.served import tree


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


def test_changes(url: str, server: tuple[Path, str], tmp_path: Path) -> None:
    there = server[0] / "changes"
    (tmp_path / "x").write_text("x")
    script = (
        "mkdir -p changes/in; cd changes; put x; put x -o y; mv y in; chmod 600 x;"
        "mput x x -o in/; mirror -R . all; rm in/x; mkdir gone; rmdir gone"
    )
    done = run("shell", f"{url}/", "-c", script, cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert tree(there) == {"x", "in", "in/y", "all", "all/x"}
    assert run("shell", f"{url}/changes", "-c", "rm -r *").returncode == 0
    assert tree(there) == set()


def test_help(url: str) -> None:
    listed = run("shell", f"{url}/", "-c", "help").stdout
    assert all(name in listed for name in verbs.commands)
    assert "-r " in run("shell", f"{url}/", "-c", "help rm").stdout
    assert set(ALIASES.values()) <= set(verbs.commands)
