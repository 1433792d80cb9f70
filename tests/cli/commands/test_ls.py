"""`ls` for programs, and of patterns."""

import json

from cli.running import Run, run


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
