from __future__ import annotations

import pytest

from anyftp._protocol import MlsxFormat, Permission, parse_mlsx_line


def test_default_facts() -> None:
    mlsx = MlsxFormat()
    assert mlsx.feature == "MLST type*;size*;modify*;perm*;unix.mode*;unique;"
    assert mlsx.line("a b", "file", size=3, modified=0, mode=0o100644) == (
        "type=file;size=3;modify=19700101000000;perm=adfrw;unix.mode=0644; a b"
    )
    assert mlsx.line("d", "dir", size=4096, modified=0, mode=0o40755) == (
        "type=dir;modify=19700101000000;perm=cdflmp;unix.mode=0755; d"
    )


@pytest.mark.parametrize(
    ("wanted", "reply", "line"),
    [
        ("size;type;", "MLST OPTS type;size;", "type=file;size=3; a"),
        ("Type;unknown", "MLST OPTS type;", "type=file; a"),
        ("unique", "MLST OPTS unique;", "unique=u1; a"),
        ("", "MLST OPTS ", " a"),
        ("modify;perm", "MLST OPTS modify;perm;", "modify=19700101000001;perm=r; a"),
    ],
)
def test_select(wanted: str, reply: str, line: str) -> None:
    mlsx = MlsxFormat()
    assert mlsx.select(wanted) == reply
    right = Permission.READ
    assert mlsx.line("a", "file", size=3, modified=1, permission=right, unique="u1") == line


def test_links_and_others() -> None:
    mlsx = MlsxFormat()
    mlsx.select("type")
    assert mlsx.line("a", "link", target="/x y") == "type=OS.unix=slink:/x y; a"
    assert mlsx.line("a", "link", target="x;y") == "type=OS.unix=slink; a"
    assert mlsx.line("a", "link") == "type=OS.unix=slink; a"
    assert mlsx.line("a", "other") == "type=OS.unix=special; a"


@pytest.mark.parametrize("name", ["a\nb", "a\rb", "a\0b"])
def test_names_that_no_line_can_hold_are_hidden(name: str) -> None:
    assert MlsxFormat().line(name, "file") == ""


def test_our_reader_understands_it() -> None:
    line = MlsxFormat().line(" 100% ", "file", size=7, modified=86400.5, mode=0o4755)
    entry = parse_mlsx_line(line)
    assert (entry.name, entry.type, entry.size) == (" 100% ", "file", 7)
    assert entry.facts["unix.mode"] == "4755"
    assert entry.modified is not None
    assert entry.modified.timestamp() == 86400


def test_permissions_are_followed_when_they_change() -> None:
    mlsx = MlsxFormat()
    mlsx.select("perm")
    rights = [Permission.ALL, Permission.READ_ONLY, Permission(0)]
    assert [mlsx.line("a", "file", permission=right) for right in rights] == [
        "perm=adfrw; a",
        "perm=r; a",
        "perm=; a",
    ]
    assert mlsx.line("a", "dir", permission=Permission.READ_ONLY) == "perm=l; a"
