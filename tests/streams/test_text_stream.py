"""Line ends converted in a stream, whatever the blocks."""

from __future__ import annotations

import socket

import anyio
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from anyftp._streams import FromCRLF, SocketStream, StreamIO, TextStream, ToCRLF

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


@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(blocks=BLOCKS)
async def test_any_blocks_out(blocks: list[bytes]) -> None:
    text, wire = pair()
    async with text, wire:
        for block in blocks:
            await text.write(block)
        await text.send_eof()
        assert await received(wire) == ToCRLF().convert(b"".join(blocks))


@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
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
