"""StreamIO over asyncio's streams: aioftp's calls, no buffer in between."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Awaitable, Callable

import pytest

import anyftp_compat as aioftp
from compat.conftest import connected_pair

pytestmark = pytest.mark.anyio


def reader_of(data: bytes = b"", *, is_whole: bool = False) -> asyncio.StreamReader:
    reader = asyncio.StreamReader()
    if data:
        reader.feed_data(data)
    if is_whole:
        reader.feed_eof()
    return reader


def stream_of(data: bytes = b"", *, is_whole: bool = False, **options: float) -> aioftp.StreamIO:
    reader = reader_of(data, is_whole=is_whole)
    return aioftp.StreamIO(reader, None, **options)  # type: ignore[arg-type]  # never written to


READS: dict[str, Callable[[aioftp.StreamIO], Awaitable[bytes]]] = {
    "read": lambda stream: stream.read(10),
    "read-all": lambda stream: stream.read(),
    "readline": lambda stream: stream.readline(),
    "readexactly": lambda stream: stream.readexactly(4),
}


async def test_arguments_by_position_and_by_name() -> None:
    reader = reader_of()
    by_position = aioftp.StreamIO(reader, None, 1.0, 2.0, 3.0)  # type: ignore[arg-type]
    assert (by_position.read_timeout, by_position.write_timeout) == (2.0, 3.0)
    by_name = aioftp.StreamIO(reader=reader, writer=None, timeout=5)  # type: ignore[arg-type]
    assert (by_name.read_timeout, by_name.write_timeout) == (5, 5)
    assert by_name.reader is reader
    assert by_name.writer is None


async def test_zero_is_taken_for_not_given_as_in_aioftp() -> None:
    assert stream_of(timeout=5, read_timeout=0).read_timeout == 5


async def test_reading() -> None:
    stream = stream_of(b"first\nsecond\nrest", is_whole=True)
    assert await stream.readline() == b"first\n"
    assert await stream.read(3) == b"sec"
    assert await stream.readexactly(4) == b"ond\n"
    assert await stream.read() == b"rest"
    assert await stream.read() == b""
    assert await stream.readline() == b""


async def test_reader_and_stream_may_be_mixed() -> None:
    stream = stream_of(b"one\ntwo\nthree\nfour\n", is_whole=True)
    assert await stream.readline() == b"one\n"
    assert await stream.reader.readline() == b"two\n"
    assert await stream.read(2) == b"th"
    assert await stream.reader.read(4) == b"ree\n"
    assert await stream.readexactly(5) == b"four\n"


async def test_a_short_stream_raises_asyncios_error() -> None:
    stream = stream_of(b"abc", is_whole=True)
    with pytest.raises(asyncio.IncompleteReadError) as caught:
        await stream.readexactly(5)
    assert (caught.value.partial, caught.value.expected) == (b"abc", 5)


@pytest.mark.parametrize("name", READS)
async def test_a_read_that_times_out_loses_nothing(name: str) -> None:
    reader = reader_of()
    stream = aioftp.StreamIO(reader, None, timeout=0.02)  # type: ignore[arg-type]
    if name != "read":
        reader.feed_data(b"ab")
    with pytest.raises(asyncio.TimeoutError):
        await READS[name](stream)
    reader.feed_data(b"cd\n")
    reader.feed_eof()
    assert await stream.read() == (b"cd\n" if name == "read" else b"abcd\n")


@pytest.mark.parametrize("name", READS)
async def test_a_cancelled_read_loses_nothing(name: str) -> None:
    reader = reader_of()
    stream = aioftp.StreamIO(reader, None)  # type: ignore[arg-type]
    if name != "read":
        reader.feed_data(b"ab")
    task = asyncio.ensure_future(READS[name](stream))
    await asyncio.sleep(0.01)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    reader.feed_data(b"cd\n")
    reader.feed_eof()
    assert await stream.read() == (b"cd\n" if name == "read" else b"abcd\n")


async def test_writing_to_who_does_not_read_times_out() -> None:
    async with connected_pair() as (near, _):
        stream = aioftp.StreamIO(*near, write_timeout=0.05)
        with pytest.raises(asyncio.TimeoutError):
            await stream.write(bytes(1 << 28))


async def test_close_is_synchronous() -> None:
    async with connected_pair() as (near, far):
        stream = aioftp.StreamIO(*near)
        assert not inspect.iscoroutinefunction(stream.close)
        stream.close()
        assert near[1].is_closing()
        assert await far[0].read() == b""


@pytest.mark.parametrize("kind", [aioftp.StreamIO, aioftp.ThrottleStreamIO])
async def test_start_tls_in_place(
    kind: type[aioftp.StreamIO], server_tls: object, client_tls: object
) -> None:
    import ssl

    assert isinstance(server_tls, ssl.SSLContext)
    assert isinstance(client_tls, ssl.SSLContext)
    async with connected_pair() as (near, far):
        stream = kind(*near, timeout=5)
        writer = stream.writer
        await asyncio.gather(
            stream.start_tls(client_tls, "localhost"), far[1].start_tls(server_tls)
        )
        assert stream.writer is writer
        assert writer.get_extra_info("ssl_object") is not None
        far[1].write(b"secret\n")
        assert await stream.readline() == b"secret\n"


async def test_plain_bytes_before_tls_are_not_taken_for_protected_ones(client_tls: object) -> None:
    async with connected_pair() as (near, far):
        far[1].write(b"220 injected\r\n")
        await far[1].drain()
        await asyncio.sleep(0.05)
        stream = aioftp.StreamIO(*near)
        with pytest.raises(ConnectionError, match="plain bytes"):
            await stream.start_tls(client_tls, "localhost")  # type: ignore[arg-type]
        assert near[1].is_closing()


async def test_iterator_ends_with_an_empty_read() -> None:
    stream = stream_of(b"abcde", is_whole=True)
    iterator = aioftp.AsyncStreamIterator(lambda: stream.read(2))
    assert [block async for block in iterator] == [b"ab", b"cd", b"e"]
