"""tree, find, du, stat, quote, and ls for programs."""

import json
import os
from collections.abc import Iterator

import pytest

from cli.running import Run, run
from support.serving import anyftp_serve

OLD, NEW = 1_000_000_000, 1_700_000_000


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    root = tmp_path_factory.mktemp("root")
    for name, size, time in (
        ("a.txt", 10, OLD),
        ("b.bin", 2000, NEW),
        ("sub/c.txt", 300, NEW),
        ("sub/deep/d.txt", 5, OLD),
    ):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(b"x" * size)
        os.utime(root / name, (time, time))
    (root / "sub" / "link").symlink_to("c.txt")
    with anyftp_serve(root) as port:
        yield f"ftp://127.0.0.1:{port}"


def lines(*arguments: str) -> list[str]:
    done = run(*arguments)
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout.splitlines()


def test_tree(url: str) -> None:
    assert run("tree", f"{url}/").stdout == (
        ".\n"
        "├── a.txt\n"
        "├── b.bin\n"
        "└── sub/\n"
        "    ├── c.txt\n"
        "    ├── deep/\n"
        "    │   └── d.txt\n"
        "    └── link -> c.txt\n"
        "\n"
        "2 folders, 5 files\n"
    )
    assert lines("tree", "-L", "1", f"{url}/sub")[1:-2] == [
        "├── c.txt",
        "├── deep/",
        "└── link -> c.txt",
    ]


@pytest.mark.parametrize(
    ("options", "found"),
    [
        ([], ["a.txt", "b.bin", "sub", "sub/c.txt", "sub/deep", "sub/link", "sub/deep/d.txt"]),
        (["--name", "*.txt"], ["a.txt", "sub/c.txt", "sub/deep/d.txt"]),
        (["--type", "d"], ["sub", "sub/deep"]),
        (["--type", "l"], ["sub/link"]),
        (["--type", "f", "--larger", "10"], ["b.bin", "sub/c.txt"]),
        (["--larger", "9", "--smaller", "1K"], ["a.txt", "sub/c.txt"]),
        (["--newer", "2010-01-01", "--type", "f"], ["b.bin", "sub/c.txt"]),
        (["--older", "2010-01-01", "--type", "f"], ["a.txt", "sub/deep/d.txt"]),
        (["--newer", "2001-09-09T01:46:39", "--older", "2001-09-09T01:46:41"], None),
        (["--max-depth", "0"], ["a.txt", "b.bin", "sub"]),
    ],
)
def test_find(options: list[str], found: list[str] | None, url: str) -> None:
    expected = found or ["a.txt", "sub/deep/d.txt"]
    assert sorted(lines("find", *options, f"{url}/")) == sorted(expected)


def test_find_for_programs(url: str) -> None:
    assert run("find", "-0", "--name", "a*", f"{url}/").stdout == "a.txt\0"
    [entry] = json.loads(run("find", "--json", "--name", "a*", f"{url}/").stdout)
    assert (entry["path"], entry["size"], entry["modified"]) == (
        *("a.txt", 10),
        "2001-09-09T01:46:40Z",
    )


def test_du(url: str) -> None:
    assert lines("du", f"{url}/") == ["5\tsub/deep", "305\tsub", "2315\t."]
    assert lines("du", "-s", f"{url}/sub", f"{url}/a.txt") == ["305\tsub", "10\ta.txt"]
    assert lines("du", "-sH", f"{url}/") == ["2.26 KiB\t."]
    assert json.loads(run("du", "--json", "-s", f"{url}/sub").stdout) == [
        {"path": "sub", "size": 305}
    ]


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


def test_ls_for_programs(url: str) -> None:
    found = json.loads(run("ls", "--json", f"{url}/").stdout)
    assert [(entry["name"], entry["type"], entry["size"]) for entry in found] == [
        ("a.txt", "file", 10),
        ("b.bin", "file", 2000),
        ("sub", "dir", None),
    ]


def test_ls_of_a_pattern(url: str) -> None:
    assert run("ls", f"{url}/*.txt") == Run(0, "a.txt\n", "")
    assert run("ls", f"{url}/none*").returncode == 78
