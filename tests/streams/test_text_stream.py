"""Line ends converted in a stream, whatever the blocks."""

from __future__ import annotations

import socket

import anyio
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from anyftp import StreamThrottle, ThrottleStreamIO
from anyftp._streams import FromCRLF, SocketStream, StreamIO, ToCRLF
from anyftp._streams._text_stream import TextStream
from anyftp.testing import memory_stream_pair

pytestmark = pytest.mark.anyio

BLOCKS = st.lists(st.text("\r\na").map(str.encode).filter(bool), max_size=8)


def pair() -> tuple[StreamIO, SocketStream]:
    ours, theirs = socket.socketpair()
    return StreamIO(TextStream(SocketStream(ours))), SocketStream(theirs)


async def received(stream: SocketStream) -> bytes:
    data = b""
    try:
        while True:
            data += await stream.receive()
    except anyio.EndOfStream:
        return data


@settings(max_examples=30)
@given(blocks=BLOCKS)
async def test_any_blocks_out(blocks: list[bytes]) -> None:
    text, wire = pair()
    async with text, wire:
        for block in blocks:
            await text.write(block)
        await text.send_eof()
        assert await received(wire) == ToCRLF().convert(b"".join(blocks))


@settings(max_examples=30)
@given(blocks=BLOCKS, count=st.integers(1, 5))
async def test_any_blocks_in(blocks: list[bytes], count: int) -> None:
    text, wire = pair()
    converter = FromCRLF()
    async with text, wire:
        read = bytearray()
        for block in blocks:
            await wire.send(block)
        await wire.send_eof()
        while block := await text.read(count):
            read += block
    assert read == converter.convert(b"".join(blocks)) + converter.end()


async def test_more_than_the_peer_takes_at_once() -> None:
    text, wire = pair()
    lines = b"line\n" * 400_000
    got = bytearray()

    async def read_slowly() -> None:
        got.extend(await received(wire))

    async with text, wire, anyio.create_task_group() as group:
        group.start_soon(read_slowly)
        await text.write(lines)
        await text.send_eof()
    assert got == lines.replace(b"\n", b"\r\n")


@pytest.mark.parametrize("count", [1, 10, 1000])
async def test_it_receives_no_further_than_asked(count: int) -> None:
    """A throttle above counts on that: what it has not granted stays on the way."""
    left, right = memory_stream_pair()
    await left.send(b"0123456\r\n" * 1000)
    text = TextStream(right)
    got = 0
    for number in range(1, 8):
        got += len(await text.receive(count))
        assert got <= 9000 - right.nbytes_waiting <= count * number + number + 1
    await text.aclose()


async def test_a_throttled_text_makes_no_burst() -> None:
    """At 64 KiB a second no quarter of a second takes more than 1.1 times its share."""
    left, right = memory_stream_pair(capacity=1 << 20)
    await left.send(b"line\r\n" * 20_000)
    limits = {"x": StreamThrottle.from_limits(1 << 16)}
    async with ThrottleStreamIO(TextStream(right), limits) as stream:
        await stream.read(1 << 16)
        assert right.nbytes_waiting > 120_000 - 1.1 * (1 << 14)


async def test_a_lone_cr_at_the_end_is_not_lost() -> None:
    text, wire = pair()
    async with text, wire:
        await wire.send(b"a\r")
        await wire.send_eof()
        assert await text.read() == b"a\r"


async def test_closing() -> None:
    text, wire = pair()
    text.close()
    with pytest.raises(anyio.ClosedResourceError):
        await text.read()
    await text.aclose()
    with pytest.raises(anyio.EndOfStream):
        await wire.receive()
    await wire.aclose()


async def test_closed_after_the_end_it_is_closed() -> None:
    for is_at_once in (False, True):
        left, right = memory_stream_pair()
        await left.send_eof()
        text = TextStream(right)
        with pytest.raises(anyio.EndOfStream):
            await text.receive()
        if is_at_once:
            text.close()
        else:
            await text.aclose()
        with pytest.raises(anyio.ClosedResourceError):
            await text.receive()
