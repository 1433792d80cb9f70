"""Line endings, however the blocks are cut."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from anyftp._streams import FromCRLF, ToCRLF

BLOCKS = st.lists(st.text("\r\na").map(str.encode), max_size=8)


@pytest.mark.parametrize(
    ("file", "wire"),
    [
        (b"", b""),
        (b"a\nb\n", b"a\r\nb\r\n"),
        (b"\n\n", b"\r\n\r\n"),
        (b"a\r\nb", b"a\r\nb"),
        (b"\r\r\n", b"\r\r\n"),
        (b"\ra", b"\ra"),
    ],
)
def test_to_the_wire(file: bytes, wire: bytes) -> None:
    assert ToCRLF().convert(file) == wire


@pytest.mark.parametrize(
    ("wire", "file"),
    [
        (b"", b""),
        (b"a\r\nb\r\n", b"a\nb\n"),
        (b"a\nb", b"a\nb"),
        (b"\r\r\n", b"\r\n"),
        (b"a\r", b"a\r"),
    ],
)
def test_from_the_wire(wire: bytes, file: bytes) -> None:
    converter = FromCRLF()
    assert converter.convert(wire) + converter.end() == file


@given(BLOCKS)
def test_cuts_do_not_matter_to_the_wire(blocks: list[bytes]) -> None:
    converter = ToCRLF()
    assert b"".join(map(converter.convert, blocks)) == ToCRLF().convert(b"".join(blocks))


@given(BLOCKS)
def test_cuts_do_not_matter_from_the_wire(blocks: list[bytes]) -> None:
    one, many = FromCRLF(), FromCRLF()
    whole = one.convert(b"".join(blocks)) + one.end()
    assert b"".join(map(many.convert, blocks)) + many.end() == whole


@given(st.text("\na").map(str.encode))
def test_a_unix_text_comes_back(text: bytes) -> None:
    converter = FromCRLF()
    assert converter.convert(ToCRLF().convert(text)) + converter.end() == text
