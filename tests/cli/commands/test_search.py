"""What is looked for in folders, and how it is shown."""

import json

import pytest

from cli.commands.looked_at import lines
from cli.running import run


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


@pytest.mark.parametrize(
    ("place", "options", "found"),
    [
        ("a.txt", [], ["a.txt"]),
        ("a.txt", ["--larger", "10"], []),
        ("*", ["--type", "f"], ["a.txt", "b.bin", "sub/c.txt", "sub/deep/d.txt"]),
    ],
)
def test_find_files_by_themselves(
    place: str, options: list[str], found: list[str], url: str
) -> None:
    """As those do that a pattern stands for."""
    assert sorted(lines("find", *options, f"{url}/{place}")) == found


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
