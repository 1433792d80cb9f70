from __future__ import annotations

from datetime import UTC, datetime
from pathlib import PurePosixPath
from typing import Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from anyftp._errors import ListingError
from anyftp._protocol import Entry, ListingDecoder, encode_listing, parse_list_line, portions

NOW = datetime(2026, 11, 23, 8, 30, tzinfo=UTC)
UNIX = "-rw-r--r-- 1 u g 12 Nov 23 08:29 "
Dialect = Literal["mlsd", "list"]


def decode(
    dialect: Dialect, *blocks: bytes, max_line: int = 65536
) -> tuple[list[Entry], list[str]]:
    decoder = ListingDecoder(dialect, now=NOW, max_line=max_line)
    entries = [entry for block in blocks for entry in decoder.feed(block)]
    return [*entries, *decoder.close()], decoder.skipped


def names(dialect: Dialect, *blocks: bytes) -> list[str]:
    return [entry.name for entry in decode(dialect, *blocks)[0]]


@pytest.mark.parametrize(
    ("line", "kind"),
    [
        (UNIX + "a", "file"),
        ("11-23-26  08:29AM       <DIR>          a", "dir"),
        ("2026-11-23  08:29      12 a", "file"),
    ],
)
def test_dialects(line: str, kind: str) -> None:
    entry = parse_list_line(line, now=NOW, directory=PurePosixPath("/d"))
    assert entry is not None
    assert (entry.name, entry.type, entry.path) == ("a", kind, PurePosixPath("/d/a"))


@pytest.mark.parametrize(
    "line", ["", "  ", "total 12", "total 0", "insgesamt 12K", "total: 12", "Gesamt 1 "]
)
def test_lines_without_an_entry(line: str) -> None:
    assert parse_list_line(line, now=NOW) is None


@pytest.mark.parametrize("line", ["hello", "./sub:", "total", "-rw broken", "12 x y"])
def test_lines_that_make_no_sense(line: str) -> None:
    with pytest.raises(ListingError):
        parse_list_line(line, now=NOW)


def test_mlsd() -> None:
    entries, skipped = decode(
        "mlsd", b"type=cdir; .\r\ntype=file;size=3; a\r\n", b"type=dir; b\r\ntype=file; c"
    )
    assert [(entry.name, entry.type) for entry in entries] == [
        (".", "cdir"),
        ("a", "file"),
        ("b", "dir"),
        ("c", "file"),
    ]
    assert skipped == []


def test_list() -> None:
    block = f"total 2\r\n{UNIX}a\r\n\r\n{UNIX}b\n11-23-26  08:29AM 1 c\r\n".encode()
    assert names("list", block) == ["a", "b", "c"]


def test_odd_lines_never_kill_a_listing() -> None:
    block = (
        b"type=file; a\r\nnonsense\r\ntype=file; b\0c\r\ntype=file; b\rc\r\n\r\ntype=file; d\r\n"
    )
    entries, skipped = decode("mlsd", block)
    assert [entry.name for entry in entries] == ["a", "d"]
    assert skipped == ["nonsense", "type=file; b\0c", "type=file; b\rc"]


def test_line_endings_of_all_sorts() -> None:
    assert names("mlsd", b"type=file; a\ntype=file; b \r\r\ntype=file; c\r\n") == ["a", "b ", "c"]


def test_only_line_endings_are_taken_off() -> None:
    block = "type=file;  a \x85b\u2028c\x0b\x1c\r\n".encode()
    assert names("mlsd", block) == [" a \x85b\u2028c\x0b\x1c"]


def test_names_that_are_no_utf8() -> None:
    block = b"type=file; caf\xe9\r\ntype=file; \xc3\r\ntype=file; caf\xc3\xa9\r\n"
    assert names("mlsd", block) == ["caf\udce9", "\udcc3", "caf\xe9"]


@pytest.mark.parametrize("encoding", ["gbk", "shift_jis", "euc_jp", "latin-1"])
def test_other_encodings_stay_in_their_line(encoding: str) -> None:
    decoder = ListingDecoder("mlsd", encoding)
    block = b"type=file; \x8f\r\ntype=file; \xd6\xd0\r\ntype=file; c\r\n"
    entries = decoder.feed(block)
    assert [e.name.encode(encoding, "surrogateescape") for e in entries] == [
        b"\x8f",
        b"\xd6\xd0",
        b"c",
    ]


def test_a_fault_of_a_stateful_encoding_stays_in_its_line() -> None:
    decoder = ListingDecoder("mlsd", "iso2022_jp")
    entries = decoder.feed(b"type=file; \x1b$\r\ntype=file; b\r\n")
    assert [entry.name for entry in entries] == ["\x1b$", "b"]


def test_overlong_lines_are_passed_over_in_bounded_memory() -> None:
    decoder = ListingDecoder("mlsd", max_line=100)
    assert [e.name for e in decoder.feed(b"type=file; a\r\ntype=file; " + b"x" * 200)] == ["a"]
    for _ in range(100):
        assert decoder.feed(b"x" * 1000) == []
    assert [e.name for e in decoder.feed(b"x\r\ntype=file; b\r\n")] == ["b"]
    assert decoder.skipped_count == 1
    assert len(decoder.skipped[0]) <= 200


def test_overlong_line_inside_a_block() -> None:
    entries, skipped = decode(
        "mlsd", b"type=file; a\n" + b"x" * 200 + b"\ntype=file; b\n", max_line=100
    )
    assert [entry.name for entry in entries] == ["a", "b"]
    assert len(skipped) == 1


def test_long_but_allowed() -> None:
    name = "x" * 60
    assert [e.name for e in decode("mlsd", f"type=file; {name}\r\n".encode(), max_line=71)[0]] == [
        name
    ]
    assert decode("mlsd", f"type=file; {name}\r\n".encode(), max_line=70)[0] == []


def test_record_of_skipped_lines_is_bounded() -> None:
    decoder = ListingDecoder("mlsd")
    decoder.feed(b"nonsense\r\n" * 5000)
    assert len(decoder.skipped) == 100
    assert decoder.skipped_count == 5000


@pytest.mark.parametrize("dialect", ["mlsd", "list"])
@pytest.mark.parametrize(
    ("end", "is_cut"),
    [(b"", False), (b"\r\n", False), (b"\r", True), (b"type=fi", True), (b"x" * 100, True)],
)
def test_an_end_within_a_line_is_a_cut(dialect: Dialect, end: bytes, is_cut: bool) -> None:
    decoder = ListingDecoder(dialect, now=NOW, max_line=50)
    decoder.feed(b"total 1\r\n" if dialect == "list" else b"type=file; a\r\n")
    decoder.feed(end)
    decoder.close()
    assert decoder.is_cut == is_cut


@given(st.lists(st.binary(max_size=5), max_size=3000).map(b"\n".join))
def test_portions_are_the_block_and_have_few_lines(block: bytes) -> None:
    parts = list(portions(block))
    assert b"".join(parts) == block
    assert all(part and part.count(b"\n") <= 1000 for part in parts)


def test_blank_lines_are_no_entries_and_cost_nothing() -> None:
    entries, skipped = decode("list", b"\r\n \r\n\n" * 5000)
    assert (entries, skipped) == ([], [])
    assert decode("mlsd", b"\r\n \r\n\n" * 5000) == ([], [])


def test_directory_makes_paths() -> None:
    decoder = ListingDecoder("mlsd", directory=PurePosixPath("/d"))
    assert [str(e.path) for e in decoder.feed(b"type=file; a\r\ntype=pdir; ..\r\n")] == [
        "/d/a",
        "/",
    ]


def test_any_buffer() -> None:
    decoder = ListingDecoder("mlsd")
    block = bytearray(b"type=file; a\r\ntype=fi")
    entries = decoder.feed(memoryview(block))
    block[:] = b"x" * len(block)
    assert [e.name for e in [*entries, *decoder.feed(b"le; b\r\n")]] == ["a", "b"]


def test_encode_listing() -> None:
    assert encode_listing(["a", "", "caf\udce9", "\xe9"]) == b"a\r\ncaf\xe9\r\n\xc3\xa9\r\n"
    assert encode_listing([]) == b""
    assert encode_listing(["\u20ac", "\xe9"], "latin-1") == b"?\r\n\xe9\r\n"


LINES = st.lists(
    st.sampled_from(
        [
            *(b"type=file;size=1; a", b"type=dir; b c ", b"  type=file; d", b"type=file;e", b" f"),
            *(b"type=file; \xe9\0", b"type=file; x\ry", b"nonsense", b"", b"\xff\xfe", b"total 1"),
            *(
                UNIX.encode() + b"g",
                b"11-23-26  08:29AM  <DIR>  h",
                b"x" * 50,
                b" a=b; c",
                b" = ; d",
            ),
        ]
    )
    | st.binary(max_size=8)
)


@given(
    LINES,
    st.sampled_from([b"\r\n", b"\n", b"\r\r\n"]),
    st.sampled_from(["mlsd", "list"]),
    st.data(),
)
def test_any_chunking_gives_the_same(
    lines: list[bytes], ending: bytes, dialect: Dialect, data: st.DataObject
) -> None:
    whole = ending.join(lines)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(whole)), max_size=6)))
    blocks = [whole[a:b] for a, b in zip([0, *cuts], [*cuts, len(whole)], strict=True)]
    bytewise = [whole[i : i + 1] for i in range(len(whole))]
    expected = decode(dialect, whole, max_line=48)
    assert decode(dialect, *blocks, max_line=48) == expected
    assert decode(dialect, *bytewise, max_line=48) == expected
    assert all(entry.name and not set("\r\n\0") & set(entry.name) for entry in expected[0])
