from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from anyftp._errors import ListingError
from anyftp._protocol import format_mlsx, parse_mlsx_line

EXAMPLES = [
    ("RFC 3659", "type=file;size=17;modify=20260102030405; a", "a", "file", 17),
    ("names keep their blanks", "type=file;size=1;  a b ", " a b ", "file", 1),
    ("semicolons and equal signs in names", "type=file;size=1; a; b=c;", "a; b=c;", "file", 1),
    ("upper case", "Type=DIR;Size=1;Modify=20260102030405; a", "a", "dir", 1),
    ("facts of dialects", "type=dir;sizd=4096;UNIX.mode=0755; a", "a", "dir", 4096),
    ("the folder itself", "type=cdir; /full/path", "/full/path", "cdir", None),
    ("the folder above", "type=pdir;perm=el; ..", "..", "pdir", None),
    ("no facts", " a", "a", "other", None),
    ("no facts, name with blanks", "  a; b", " a; b", "other", None),
    ("blanks in front (goftp issue 338)", "  type=file;size=2; a", "a", "file", 2),
    ("no blank before the name", "type=file;size=2;a", "a", "file", 2),
    ("no blank before a name with blanks", "type=file;size=2;a b", "a b", "file", 2),
    ("no last semicolon", "type=file;size=2 a", "a", "file", 2),
    ("blank in a value", "type=file;UNIX.group=Domain Users;size=2; a", "a", "file", 2),
    ("no type but a size", "size=2; a", "a", "file", 2),
    ("no type but a size of a folder", "sizd=2; a", "a", "dir", 2),
    ("unknown type", "type=OS.unix=chr-13/29; a", "a", "other", None),
    ("size that is none", "type=file;size=big; a", "a", "file", None),
    ("negative size", "type=file;size=-1; a", "a", "file", None),
    ("huge size", "type=file;size=99999999999999999999; a", "a", "file", 10**20 - 1),
    ("bytes that are no UTF-8", "type=file; caf\udce9", "caf\udce9", "file", None),
    ("tricks are kept for check_name", "type=file; ../../x", "../../x", "file", None),
]


@pytest.mark.parametrize(
    ("line", "name", "type_", "size"),
    [case[1:] for case in EXAMPLES],
    ids=[case[0] for case in EXAMPLES],
)
def test_examples(line: str, name: str, type_: str, size: int | None) -> None:
    entry = parse_mlsx_line(line)
    assert (entry.name, entry.type, entry.size, entry.line) == (name, type_, size, line)


@pytest.mark.parametrize(
    ("value", "target"),
    [
        ("OS.unix=slink:/x", "/x"),
        ("OS.UNIX=symlink", None),
        ("os.unix=slink:", None),
        ("OS.unix=symlink:a=b", "a=b"),
    ],
)
def test_links(value: str, target: str | None) -> None:
    entry = parse_mlsx_line(f"type={value}; a")
    assert (entry.type, entry.target, entry.is_link) == ("link", target, True)


@pytest.mark.parametrize(
    ("value", "time"),
    [
        ("20260102030405", datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)),
        ("20260102030405.250", datetime(2026, 1, 2, 3, 4, 5, 250_000, tzinfo=UTC)),
        ("yesterday", None),
        ("", None),
    ],
)
def test_modified(value: str, time: datetime | None) -> None:
    assert parse_mlsx_line(f"modify={value}; a").modified == time


def test_facts() -> None:
    entry = parse_mlsx_line("Type=file;X.Odd=1;empty=;novalue;UNIX.mode=0644;a=b=c; n")
    assert entry.facts == {
        "type": "file",
        "x.odd": "1",
        "empty": "",
        "novalue": "",
        "unix.mode": "0644",
        "a": "b=c",
    }
    assert entry.facts is entry.facts
    assert entry.target is None


@pytest.mark.parametrize(
    "line",
    [
        "",
        " ",
        "type=file;",
        "type=file; ",
        "total 12",
        "drwxr-xr-x 2 u g 1 Jan 1 2020 x",
        "type=file; a\x00b",
        "type=file; a\rb",
        "type=file; a\nb",
        "x",
    ],
)
def test_no_entries(line: str) -> None:
    with pytest.raises(ListingError) as caught:
        parse_mlsx_line(line)
    assert caught.value.line == line


def test_format() -> None:
    assert format_mlsx({"type": "file", "size": "3"}, " a ") == "type=file;size=3;  a "
    assert format_mlsx({}, "a") == " a"
    assert format_mlsx({"type": "file"}, "a\nb") == ""


NAMES = st.text(st.characters(exclude_characters="\r\n\0"), min_size=1)
VALUES = st.text(st.characters(exclude_characters="\r\n\0; "))


@given(st.dictionaries(st.from_regex(r"[a-z.]{1,9}", fullmatch=True), VALUES, min_size=1), NAMES)
def test_parse_reverses_format(facts: dict[str, str], name: str) -> None:
    entry = parse_mlsx_line(format_mlsx(facts, name))
    assert entry.name == name
    assert entry.facts == facts


@given(st.text() | st.text("type=dir;size; \r"))
def test_any_text(line: str) -> None:
    try:
        entry = parse_mlsx_line(line)
    except ListingError:
        return
    assert entry.name
    repr((entry, entry.target, entry.facts, entry.path))


SAYINGS = {
    "type": ["file", "DIR", "cdir", "pdir", "OS.unix=slink:to", "OS.unix=chr-1/2", ""],
    "size": ["12", "-1", ""],
    "modify": ["20260102030405", "20260102030405.5", "20261231235960", "20260102240000", "x"],
    "create": ["20250102030405", ""],
}


@given(st.fixed_dictionaries({}, optional={k: st.sampled_from(v) for k, v in SAYINGS.items()}))
def test_the_outline_says_what_the_entry_says(facts: dict[str, str]) -> None:
    one = parse_mlsx_line(format_mlsx({**facts, "perm": "r"}, "a b"))
    outline = (one.name, one.type, one.size, one.modified, one.created, one.target)
    assert parse_mlsx_line(one.line).outline == outline
