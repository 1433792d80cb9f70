from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from anyftp._errors import RemoteProtocolError
from anyftp._protocol import LineDecoder

EXAMPLES = [
    ("CRLF", b"abc\r\n", [b"abc"]),
    ("bare LF", b"abc\ndef\n", [b"abc", b"def"]),
    ("empty lines", b"\r\n\n", [b"", b""]),
    ("a CR inside stays", b"a\rb\r\n", [b"a\rb"]),
    ("one CR belongs to the ending", b"a\r\r\n", [b"a\r"]),
    ("unfinished", b"abc", []),
    ("as long as allowed", b"12345678\r\n", [b"12345678"]),
]


@pytest.mark.parametrize(
    ("data", "lines"), [case[1:] for case in EXAMPLES], ids=[case[0] for case in EXAMPLES]
)
def test_examples(data: bytes, lines: list[bytes]) -> None:
    assert LineDecoder(max_line=8).feed(data) == lines


def test_line_in_pieces() -> None:
    decoder = LineDecoder()
    assert decoder.feed(b"ab") == []
    assert decoder.pending == 2
    assert decoder.feed(memoryview(b"c\r")) == []
    assert decoder.feed(bytearray(b"\nd")) == [b"abc"]
    assert decoder.pending == 1
    decoder.clear()
    assert decoder.pending == 0
    assert decoder.feed(b"e\n") == [b"e"]


def test_overlong_line_is_reported_in_its_place() -> None:
    decoder = LineDecoder(max_line=4)
    assert decoder.feed(b"a\n12345\nb\n") == [b"a"]
    with pytest.raises(RemoteProtocolError, match="more than 4 bytes"):
        decoder.feed()
    assert decoder.feed() == [b"b"]
    assert decoder.feed() == []


def test_endless_line_takes_no_memory() -> None:
    decoder = LineDecoder(max_line=100)
    with pytest.raises(RemoteProtocolError):
        decoder.feed(b"x" * 102)
    for _ in range(50):
        assert decoder.feed(b"x" * 1000) == []
    assert decoder.pending == 0
    assert decoder.discarded == 50_102
    assert decoder.feed(b"x\nNOOP\r\n") == [b"NOOP"]


def test_cr_of_a_longest_line_may_come_alone() -> None:
    decoder = LineDecoder(max_line=4)
    assert decoder.feed(b"1234\r") == []
    assert decoder.feed(b"\n") == [b"1234"]


def events(decoder: LineDecoder, pieces: list[bytes]) -> list[bytes | None]:
    """All lines in order, None for each fault."""
    found: list[bytes | None] = []
    for piece in pieces:
        data = piece
        while True:
            try:
                lines = decoder.feed(data)
            except RemoteProtocolError:
                found.append(None)
            else:
                if not lines:
                    break
                found += lines
            data = b""
    return found


@given(st.lists(st.sampled_from([b"a", b"bc", b"\r", b"\n", b"\r\n", b"12345", b"\0"])))
def test_any_chunking_gives_the_same_lines(pieces: list[bytes]) -> None:
    in_pieces = LineDecoder(max_line=6)
    at_once = LineDecoder(max_line=6)
    bytewise = LineDecoder(max_line=6)
    whole = b"".join(pieces)
    expected = events(at_once, [whole])
    assert events(in_pieces, pieces) == expected
    assert events(bytewise, [whole[i : i + 1] for i in range(len(whole))]) == expected
    assert in_pieces.pending == at_once.pending
