"""Pipes are waited for by the event loop: nobody sits in a call that only the other end can end."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import anyio
import anyio.to_thread
import pytest

from anyftp._cli._given._pipes import is_waited_for, read_some, until_readable, write_all

pytestmark = [
    pytest.mark.anyio,
    pytest.mark.skipif(sys.platform == "win32", reason="Windows cannot wait for pipes so"),
]


@pytest.fixture(params=[True, False], ids=["blocking", "nonblocking"])
def pipe(request: pytest.FixtureRequest) -> Iterator[tuple[int, int]]:
    """Both ends of one; whoever shares them may have made them as they like."""
    reader, writer = os.pipe()
    for number in (reader, writer):
        os.set_blocking(number, request.param)
    yield reader, writer
    os.close(reader)
    os.close(writer)


async def test_a_full_pipe_is_left_when_asked(pipe: tuple[int, int]) -> None:
    with anyio.move_on_after(0.05) as scope:
        await write_all(pipe[1], bytes(1 << 20))
    assert scope.cancelled_caught


async def test_an_empty_pipe_is_left_when_asked(pipe: tuple[int, int]) -> None:
    for wait in (lambda: read_some(pipe[0], 10), lambda: until_readable(pipe[0])):
        with anyio.move_on_after(0.05) as scope:
            await wait()
        assert scope.cancelled_caught


async def test_all_comes_through(pipe: tuple[int, int]) -> None:
    """In its order, whatever the reader's pace."""
    reader, writer = pipe
    data, came = os.urandom(300_001), bytearray()

    async def read() -> None:
        for most in (1, 70_000, 5, 4096, 1 << 20):
            came.extend(await read_some(reader, most))
        while len(came) < len(data):
            came.extend(await read_some(reader, 1 << 16))

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(read)
        await write_all(writer, data)
    assert came == data


async def test_a_reader_that_has_gone(pipe: tuple[int, int]) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    with pytest.raises(BrokenPipeError):
        await write_all(writer, b"x")
    os.close(writer)


async def test_files_are_not_waited_for(tmp_path: Path) -> None:
    with (tmp_path / "file").open("w+b", buffering=0) as file:
        assert not is_waited_for(file.fileno())
        await write_all(file.fileno(), b"content")
        file.seek(0)
        await until_readable(file.fileno())
        assert await read_some(file.fileno(), 3) == b"con"
        assert await read_some(file.fileno(), 100) == b"tent"
        assert await read_some(file.fileno(), 100) == b""
