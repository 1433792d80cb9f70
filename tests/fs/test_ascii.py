"""Text files: converted on the way."""

from __future__ import annotations

from pathlib import PurePosixPath

import pytest

from anyftp._fs import AsciiReader, AsciiWriter, MemoryFileSystem


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
