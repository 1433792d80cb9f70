"""Listings and searches: what is found, and what is remembered of it."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from anyftp.fsspec import FTPFileSystem
from anyftp.testing import ServerThread
from ecosystem.served_files import fs as fs
from ecosystem.served_files import server as server
from support.serving import anyftp_serve


def test_a_search_that_fails_does_not_pass_for_one_that_found_nothing(
    server: ServerThread, fs: FTPFileSystem
) -> None:
    server.put("/a/b/one", b"x")
    assert fs.find("/a") == ["/a/b/one"]
    fs.invalidate_cache()
    for verb in ("MLSD", "LIST"):
        server.refuse(verb, "451 Local error in processing", times=None)
    with pytest.raises(OSError, match="451"):
        fs.find("/a")
    server.heal()
    assert fs.find("/a") == ["/a/b/one"]


def test_find_walk_glob_and_du(server: ServerThread, fs: FTPFileSystem) -> None:
    names = ["/top", "/a/one", "/a/b/two", "/a/b/three.txt", "/c/four.txt"]
    for name in names:
        server.put(name, b"xy")
    assert fs.find("/") == sorted(names)
    assert fs.find("/a", withdirs=True) == ["/a", "/a/b", "/a/b/three.txt", "/a/b/two", "/a/one"]
    assert fs.find("/", maxdepth=1) == ["/top"]
    assert fs.find("/top") == ["/top"]
    assert fs.glob("/**/*.txt") == ["/a/b/three.txt", "/c/four.txt"]
    assert [
        (folder, sorted(folders), sorted(files)) for folder, folders, files in fs.walk("/a")
    ] == [
        ("/a", ["b"], ["one"]),
        ("/a/b", [], ["three.txt", "two"]),
    ]
    assert fs.du("/") == 10


def test_times(server: ServerThread, fs: FTPFileSystem) -> None:
    moment = datetime(2020, 2, 29, 12, 0, 1, tzinfo=UTC)
    server._call(lambda: server.files.put("/file", b"x", modified=moment.timestamp()))
    assert fs.modified("/file") == moment
    with pytest.raises(NotImplementedError, match="does not tell"):
        fs.created("/file")
    fs.touch("/file", truncate=False)
    assert fs.modified("/file") > moment
    assert server.get("/file") == b"x"
    fs.touch("/file")
    assert server.get("/file") == b""


def test_listings_are_remembered_until_something_changes(
    server: ServerThread, fs: FTPFileSystem
) -> None:
    server.put("/a/one", b"")
    assert fs.ls("/a", detail=False) == ["/a/one"]
    server.put("/a/two", b"")
    assert fs.ls("/a", detail=False) == ["/a/one"]
    assert fs.ls("/a", detail=False, refresh=True) == ["/a/one", "/a/two"]
    fs.pipe("/a/new/three", b"")
    assert fs.ls("/a", detail=False) == ["/a/new", "/a/one", "/a/two"]
    fs.rm("/a/new", recursive=True)
    assert not fs.exists("/a/new/three")
    assert fs.ls("/a/one", detail=False) == ["/a/one"]


def test_links(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "file").write_bytes(bytes(1234))
    (tmp_path / "link").symlink_to("folder/file")
    (tmp_path / "round").symlink_to(".")
    (tmp_path / "nowhere").symlink_to("missing")
    with anyftp_serve(tmp_path, "--user", "alice:wonder") as port:
        fs = FTPFileSystem("127.0.0.1", port, "alice", "wonder", skip_instance_cache=True)
        found = {info["name"]: info for info in fs.ls("/")}
        assert found["/link"]["size"] == fs.info("/link")["size"] == fs.size("/link") == 1234
        assert found["/link"]["islink"]
        assert found["/round"]["type"] == "directory"
        assert found["/nowhere"]["type"] == "link"
        assert fs.cat("/link") == bytes(1234)
        assert fs.find("/") == ["/folder/file", "/link", "/nowhere"]
        fs.close()


@pytest.mark.parametrize("times", [1, None])
def test_a_listing_that_is_cut_short_is_not_all_there_is(
    server: ServerThread, fs: FTPFileSystem, times: int | None
) -> None:
    names = {f"/folder/file number {number:03}" for number in range(200)}
    for name in names:
        server.put(name, b"")
    server.cut(1000, times=times)
    try:
        found = set(fs.ls("/folder", detail=False))
    except OSError:
        assert times is None
    else:
        assert found == names


def test_a_search_without_depth_is_none(fs: FTPFileSystem) -> None:
    with pytest.raises(ValueError, match="maxdepth"):
        fs.find("/", maxdepth=0)
