"""Batches of entries as bytes."""

from __future__ import annotations

from anyftp._fs import FileInfo
from anyftp._protocol import MlsxFormat, Permission
from anyftp._server._verbs._formats import mlsx_line, unix_line

NOW = 1_000_000_100.0


def test_unix_lines() -> None:
    file = FileInfo("f", "file", 5, 1_000_000_000.0, 0o640, 2, "7", "8")
    line = "-rw-r-----   2 7        8                   5 Sep  9 01:46 f"
    assert unix_line(file, NOW) == line
    assert unix_line(FileInfo("d", "dir", mode=0o755), NOW).startswith("drwxr-xr-x")
    assert unix_line(FileInfo("l", "link", mode=0o777, target="f"), NOW).endswith("l -> f")
    assert unix_line(FileInfo("p", "other"), NOW)[0] == "c"
    assert unix_line(FileInfo("a\nb", "file"), NOW) == ""


def test_facts() -> None:
    info = FileInfo("f", "file", 5, 1_000_000_000.0, unique="1g2")
    mlsx = MlsxFormat()
    mlsx.select("type;size;perm;unique;")
    line = mlsx_line(mlsx, info, "/d/f", Permission.READ)
    assert line == "type=file;size=5;perm=r;unique=1g2; /d/f"
