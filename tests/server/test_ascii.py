"""Line endings, however the blocks are cut."""

from __future__ import annotations

from pathlib import PurePosixPath

import pytest
from hypothesis import given
from hypothesis import strategies as st

from anyftp._fs import MemoryFileSystem
from anyftp._server._ascii import AsciiReader, AsciiWriter, FromWire, ToWire

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
    assert ToWire().convert(file) == wire


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
    converter = FromWire()
    assert converter.convert(wire) + converter.end() == file


@given(BLOCKS)
def test_cuts_do_not_matter_to_the_wire(blocks: list[bytes]) -> None:
    converter = ToWire()
    assert b"".join(map(converter.convert, blocks)) == ToWire().convert(b"".join(blocks))


@given(BLOCKS)
def test_cuts_do_not_matter_from_the_wire(blocks: list[bytes]) -> None:
    one, many = FromWire(), FromWire()
    whole = one.convert(b"".join(blocks)) + one.end()
    assert b"".join(map(many.convert, blocks)) + many.end() == whole


@given(st.text("\na").map(str.encode))
def test_a_unix_text_comes_back(text: bytes) -> None:
    converter = FromWire()
    assert converter.convert(ToWire().convert(text)) + converter.end() == text


@pytest.mark.anyio
async def test_through_files() -> None:
    tree, path = MemoryFileSystem(), PurePosixPath("/a")
    async with await tree.open_write(path) as file:
        writer = AsciiWriter(file)
        assert writer.fileno() is None  # type: ignore[func-returns-value]
        for block in (b"one\r", b"\ntwo\r", b"\r\n", b"\r"):
            await writer.write(memoryview(block))
        await writer.end()
        await file.commit()
    assert tree.get("/a") == b"one\ntwo\r\n\r"
    tree.put("/b", b"x\n" * 50_000)
    async with await tree.open_read(PurePosixPath("/b")) as source:
        reader = AsciiReader(source)
        assert reader.fileno() is None  # type: ignore[func-returns-value]
        sent, buffer = bytearray(), bytearray(777)
        while count := await reader.readinto(memoryview(buffer)):
            sent += buffer[:count]
    assert sent == b"x\r\n" * 50_000
