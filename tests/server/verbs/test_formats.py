"""Batches of entries as bytes."""

from __future__ import annotations

from anyftp._fs import FileInfo
from anyftp._protocol import MlsxFormat, Permission
from anyftp._server._verbs._formats import mlsx_line


def test_facts() -> None:
    info = FileInfo("f", "file", 5, 1_000_000_000.0, unique="1g2")
    mlsx = MlsxFormat()
    mlsx.select("type;size;perm;unique;")
    line = mlsx_line(mlsx, info, "/d/f", Permission.READ)
    assert line == "type=file;size=5;perm=r;unique=1g2; /d/f"
