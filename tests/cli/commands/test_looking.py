"""tree, find, du, stat, quote, and ls for programs."""

import json

from cli.commands.looked_at import lines
from cli.running import run


def test_stat(url: str) -> None:
    shown = lines("stat", f"{url}/a.txt")
    assert shown[:4] == [
        "path: a.txt",
        "type: file",
        "size: 10 (10 B)",
        "modified: 2001-09-09T01:46:40Z",
    ]
    found = json.loads(run("stat", "--json", f"{url}/*.*", f"{url}/sub").stdout)
    assert [entry["path"] for entry in found] == ["a.txt", "b.bin", "sub"]


def test_what_is_not_there(url: str) -> None:
    for name in ("tree", "find", "du", "stat", "ls"):
        done = run(name, f"{url}/none")
        assert (done.returncode, done.stdout.strip() in ("", "none")) == (78, True), name
        assert done.stderr.count("\n") == 1


def test_quote(url: str) -> None:
    assert run("quote", f"{url}/sub", "PWD", "NOOP").stdout.startswith('257 "/sub"')
    done = run("quote", f"{url}/", "NOOP", "NONSENSE", "NOOP")
    assert (done.returncode, done.stdout.count("\n"), done.stderr.count("\n")) == (21, 1, 1)
