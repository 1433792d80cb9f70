"""Copies between here and there, and on the server."""

from __future__ import annotations

from pathlib import Path

import pytest

from anyftp.fsspec import FTPFileSystem
from anyftp.testing import ServerThread
from ecosystem.served_files import CONTENT
from ecosystem.served_files import fs as fs
from ecosystem.served_files import server as server


def test_cp_and_rm(server: ServerThread, fs: FTPFileSystem) -> None:
    server.put("/a/one", CONTENT * 8)  # a large one
    server.put("/a/two", b"2")
    fs.cp("/a/", "/b", recursive=True)
    assert server.get("/b/one") == CONTENT * 8
    assert server.get("/b/two") == b"2"
    fs.rm("/b/two")
    assert server.names("/b") == ["one"]
    fs.rm("/b", recursive=True)
    assert server.names() == ["a"]


def test_trees_there_and_back(server: ServerThread, fs: FTPFileSystem, tmp_path: Path) -> None:
    (tmp_path / "tree" / "deep").mkdir(parents=True)
    for number in range(20):
        (tmp_path / "tree" / "deep" / f"{number}").write_bytes(b"%d" % number)
    (tmp_path / "tree" / "large").write_bytes(CONTENT * 8)
    fs.put(f"{tmp_path}/tree/", "/up", recursive=True)
    assert server.get("/up/large") == CONTENT * 8
    fs.get("/up/", f"{tmp_path}/down", recursive=True)
    before, after = (
        {path.relative_to(top): path.is_file() and path.read_bytes() for path in top.rglob("*")}
        for top in (tmp_path / "tree", tmp_path / "down")
    )
    assert before == after


def test_a_copy_that_fails_leaves_nothing(
    server: ServerThread, fs: FTPFileSystem, tmp_path: Path
) -> None:
    for content in (CONTENT, CONTENT * 8):
        server.put("/file", content)
        fs.ls("/", refresh=True)
        server.cut(1000)
        with pytest.raises(OSError, match=r"."):
            fs.get_file("/file", f"{tmp_path}/file")
        assert list(tmp_path.iterdir()) == []
