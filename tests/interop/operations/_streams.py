"""Streams: reading and writing block by block, from an offset, in ASCII."""

from __future__ import annotations

import pytest

from anyftp import LocalProtocolError, ReplyError
from interop.operations._place import CONTENT, LARGE, TEXT, Place


async def download_stream(place: Place) -> None:
    received = bytearray()
    async with place.client.download_stream(place.put("file")) as stream:
        async for block in stream.iter_by_block(10_000):
            received += block
    assert received == CONTENT


async def download_stream_by_lines(place: Place) -> None:
    path = place.put("file", TEXT)
    async with place.client.download_stream(path) as stream:
        assert [line async for line in stream.iter_by_line()] == TEXT.splitlines(keepends=True)


async def download_stream_from_an_offset(place: Place) -> None:
    path = place.put("file")
    async with place.client.download_stream(path, offset=70_000) as stream:
        assert await stream.read() == CONTENT[70_000:]


async def download_stream_that_is_awaited(place: Place) -> None:
    stream = await place.client.download_stream(place.put("file"))
    assert await stream.readexactly(len(CONTENT)) == CONTENT
    await stream.finish()


async def upload_stream(place: Place) -> None:
    async with place.client.upload_stream(place.remote / "file") as stream:
        for start in range(0, len(CONTENT), 7000):
            await stream.write(CONTENT[start : start + 7000])
    assert place.files() == {"file": CONTENT}


async def upload_stream_from_an_offset(place: Place) -> None:
    path = place.put("file", CONTENT[:70_000])
    async with place.client.upload_stream(path, offset=70_000) as stream:
        await stream.write(CONTENT[70_000:])
    assert place.files() == {"file": CONTENT}


async def append_stream(place: Place) -> None:
    path = place.put("file", CONTENT[:70_000])
    async with place.client.append_stream(path) as stream:
        await stream.write(CONTENT[70_000:])
    assert place.files() == {"file": CONTENT}


async def append_stream_to_a_new_file(place: Place) -> None:
    async with place.client.append_stream(place.remote / "new") as stream:
        await stream.write(CONTENT)
    assert place.files() == {"new": CONTENT}


async def stream_an_empty_file_up_and_down(place: Place) -> None:
    async with place.client.upload_stream(place.remote / "empty"):
        pass
    assert place.files() == {"empty": b""}
    async with place.client.download_stream(place.remote / "empty") as stream:
        assert await stream.read() == b""


async def reading_an_upload_stream_ends_at_once(place: Place) -> None:
    async with place.client.upload_stream(place.remote / "file") as stream:
        await stream.write(b"abc")
        assert await stream.read() == b""
    assert place.files() == {"file": b"abc"}


async def commands_during_a_stream_are_refused(place: Place) -> None:
    async with place.client.download_stream(place.put("file")) as stream:
        with pytest.raises(LocalProtocolError):
            await place.client.noop()
        assert await stream.read() == CONTENT


async def download_in_ASCII(place: Place) -> None:
    path = place.put("file", TEXT)
    async with place.client.get_stream("RETR", str(path), kind="A") as stream:
        assert await stream.read() == TEXT.replace(b"\n", b"\r\n")


async def upload_in_ASCII(place: Place) -> None:
    path = place.remote / "file"
    async with place.client.get_stream("STOR", str(path), kind="A") as stream:
        await stream.write(TEXT.replace(b"\n", b"\r\n"))
    assert place.files() == {"file": TEXT}


async def list_names_by_NLST(place: Place) -> None:
    place.put("one", b"x")
    place.put("two", b"x")
    await place.client.change_directory(place.remote)
    async with place.client.get_stream("NLST", kind="A") as stream:
        names = set((await stream.read()).split())
    assert names - {b".", b".."} == {b"one", b"two"}


async def store_under_a_unique_name(place: Place) -> None:
    # Over a connection of its own: after it pure-ftpd 1.0.50 replaces files by APPE.
    async with place.connect() as client:
        await client.change_directory(place.remote)
        async with client.get_stream("STOU") as stream:
            await stream.write(CONTENT)
    assert list(place.files().values()) == [CONTENT]


async def refused_download_stream(place: Place) -> None:
    with pytest.raises(ReplyError):
        async with place.client.download_stream(place.remote / "missing") as stream:
            await stream.read()
    async with place.client.download_stream(place.put("file")) as stream:
        assert await stream.read() == CONTENT


async def refused_upload_stream(place: Place) -> None:
    with pytest.raises(ReplyError):
        async with place.client.upload_stream(place.remote / "missing" / "file") as stream:
            await stream.write(CONTENT)
    async with place.client.upload_stream(place.remote / "file") as stream:
        await stream.write(CONTENT)
    assert place.files() == {"file": CONTENT}


async def twenty_streams_in_a_row(place: Place) -> None:
    for number in range(10):
        async with place.client.upload_stream(place.remote / str(number)) as stream:
            await stream.write(CONTENT[number:])
        async with place.client.download_stream(place.remote / str(number)) as stream:
            assert await stream.read() == CONTENT[number:]


async def a_large_stream_up_and_down(place: Place) -> None:
    async with place.client.upload_stream(place.remote / "large") as stream:
        await stream.write(LARGE)
    assert place.files() == {"large": LARGE}
    async with place.client.download_stream(place.remote / "large") as stream:
        assert await stream.read() == LARGE
