from __future__ import annotations

from datetime import UTC, datetime
from pathlib import PurePosixPath

import pytest

from anyftp._protocol import Entry, EntryType, KnownEntry, parse_mlsx_line

FOLDER = PurePosixPath("/a/b")


def test_bare_entry() -> None:
    entry = Entry("x", "line")
    assert (entry.name, entry.line, entry.type) == ("x", "line", "other")
    assert (entry.size, entry.modified, entry.target, dict(entry.facts)) == (None, None, None, {})
    assert not (entry.is_file)
    assert not (entry.is_dir)
    assert not (entry.is_link)
    assert entry.path == PurePosixPath("x")


@pytest.mark.parametrize(
    ("name", "type_", "path"),
    [
        ("x", "file", "/a/b/x"),
        (" x ", "dir", "/a/b/ x "),
        (".", "cdir", "/a/b"),
        ("/a/b", "cdir", "/a/b"),
        ("..", "pdir", "/a"),
        ("../x", "file", "/a/b/../x"),
        ("/etc/passwd", "file", "/a/b/etc/passwd"),
    ],
)
def test_path(name: str, type_: EntryType, path: str) -> None:
    assert KnownEntry(name, type_, directory=FOLDER).path == PurePosixPath(path)


def test_path_in_the_root() -> None:
    assert str(KnownEntry("x", "file", directory=PurePosixPath("/")).path) == "/x"


def test_kinds() -> None:
    kinds: list[EntryType] = ["file", "dir", "cdir", "pdir", "link", "other"]
    entries = [KnownEntry("x", kind) for kind in kinds]
    assert [entry.is_dir for entry in entries] == [False, True, True, True, False, False]
    assert [entry.is_file for entry in entries] == [True, False, False, False, False, False]
    assert [entry.is_link for entry in entries] == [False, False, False, False, True, False]


def test_equality_is_of_what_is_known() -> None:
    parsed = parse_mlsx_line("type=file;size=3;modify=20260102030405; x", FOLDER)
    known = KnownEntry(
        "x",
        "file",
        size=3,
        modified=datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC),
        facts={"type": "file", "size": "3", "modify": "20260102030405"},
        directory=FOLDER,
    )
    assert parsed == known
    assert hash(parsed) == hash(known)
    assert parsed != parse_mlsx_line("type=file;size=4;modify=20260102030405; x", FOLDER)
    assert parsed != "x"
    assert "'x' file size=3" in repr(parsed)


def test_read_only() -> None:
    with pytest.raises(AttributeError):
        Entry("x").name = "y"  # type: ignore[misc]  # that is the point
