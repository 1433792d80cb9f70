from __future__ import annotations

import pytest

from anyftp._protocol import MlsxFormat, Permission, parse_mlsx_line


def line_of(
    mlsx: MlsxFormat,
    name: str,
    type_: str,
    *,
    size: int = 0,
    modified: float = 0.0,
    mode: int = 0,
    permission: Permission = Permission.ALL,
    unique: str = "",
    target: str | None = None,
) -> str:
    """One line; empty if there is none."""
    entry = (name, type_, size, modified, mode, 1, "0", "0", unique, target)
    return "".join(mlsx.lines([entry], permission))


def test_default_facts() -> None:
    mlsx = MlsxFormat()
    assert mlsx.feature == "MLST type*;size*;modify*;perm*;unix.mode*;unique;"
    assert line_of(mlsx, "a b", "file", size=3, modified=0, mode=0o100644) == (
        "type=file;size=3;modify=19700101000000;perm=adfrw;unix.mode=0644; a b"
    )
    assert line_of(mlsx, "d", "dir", size=4096, modified=0, mode=0o40755) == (
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
    assert line_of(mlsx, "a", "file", size=3, modified=1, permission=right, unique="u1") == line


def test_links_and_others() -> None:
    mlsx = MlsxFormat()
    mlsx.select("type")
    assert line_of(mlsx, "a", "link", target="/x y") == "type=OS.unix=slink:/x y; a"
    assert line_of(mlsx, "a", "link", target="x;y") == "type=OS.unix=slink; a"
    assert line_of(mlsx, "a", "link") == "type=OS.unix=slink; a"
    assert line_of(mlsx, "a", "other") == "type=OS.unix=special; a"


@pytest.mark.parametrize("name", ["a\nb", "a\rb", "a\0b"])
def test_names_that_no_line_can_hold_are_hidden(name: str) -> None:
    assert line_of(MlsxFormat(), name, "file") == ""


def test_what_no_line_can_hold_hides_nothing_else() -> None:
    mlsx = MlsxFormat()
    mlsx.select("type;perm")
    names = ["a", "b\nc", "d"]
    entries = [(name, "file", 0, 0.0, 0, 1, "0", "0", "", None) for name in names]
    rights = [Permission.READ, Permission.ALL, Permission.APPEND]
    assert mlsx.lines(entries, rights) == ["type=file;perm=r; a", "type=file;perm=a; d"]


def test_our_reader_understands_it() -> None:
    line = line_of(MlsxFormat(), " 100% ", "file", size=7, modified=86400.5, mode=0o4755)
    entry = parse_mlsx_line(line)
    assert (entry.name, entry.type, entry.size) == (" 100% ", "file", 7)
    assert entry.facts["unix.mode"] == "4755"
    assert entry.modified is not None
    assert entry.modified.timestamp() == 86400


def test_permissions_are_followed_when_they_change() -> None:
    mlsx = MlsxFormat()
    mlsx.select("perm")
    rights = [Permission.ALL, Permission.READ_ONLY, Permission(0)]
    assert [line_of(mlsx, "a", "file", permission=right) for right in rights] == [
        "perm=adfrw; a",
        "perm=r; a",
        "perm=; a",
    ]
    assert line_of(mlsx, "a", "dir", permission=Permission.READ_ONLY) == "perm=l; a"
