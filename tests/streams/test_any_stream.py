"""What comes in as a stream, and what does not."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable
from typing import Any

import anyio
import pytest
from anyio.abc import ByteStream, ObjectStream
from anyio.streams.stapled import StapledObjectStream

import anyftp
from anyftp import StreamIO, ThrottleStreamIO, TLSStream
from anyftp._streams._any_stream import as_byte_stream, as_optimistic
from anyftp.testing import (
    BYTE_STREAM_CHECKS,
    STREAM_IO_CHECKS,
    Skipped,
    memory_stream_pair,
    run_check,
)
from streams.stacks import Contexts, PlainStream
from streams.test_contract import IS_OLD_ANYIO, modern
from support.clocks import VIRTUAL_BACKENDS, Backend

__all__ = ["modern"]

pytestmark = pytest.mark.anyio


@pytest.fixture(params=VIRTUAL_BACKENDS)
def anyio_backend(request: pytest.FixtureRequest) -> Backend:
    backend: Backend = request.param
    return backend


class Objects(StapledObjectStream[bytes]):
    """Two memory object streams as one; to close it ends what goes out."""


def object_streams(room: float = 20) -> tuple[ObjectStream[bytes], ObjectStream[bytes]]:
    there_send, there = anyio.create_memory_object_stream[bytes](room)
    back_send, back = anyio.create_memory_object_stream[bytes](room)
    return Objects(there_send, back), Objects(back_send, there)


async def close_all(*streams: ObjectStream[bytes]) -> None:
    for stream in streams:
        await stream.aclose()


async def object_pair(**options: Any) -> tuple[StreamIO, StreamIO]:
    left, right = object_streams()
    return StreamIO(left, **options), ThrottleStreamIO(right, **options)


#: An object is sent whole or not at all.
NEVER_CUT = {"writes_cut_short", "closing_wins"}

CHECKS = [
    check for check in (*BYTE_STREAM_CHECKS, *STREAM_IO_CHECKS) if check.__name__ not in NEVER_CUT
]


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
async def test_the_contract_over_objects(check: Any) -> None:
    if IS_OLD_ANYIO and check.__name__ == "aclose_wakes_who_waits":
        pytest.skip("object streams of anyio 4.12 do not wake who waits when they are closed")
    try:
        await run_check(check, object_pair)
    except Skipped as reason:
        pytest.skip(str(reason))


async def test_a_block_that_is_larger_than_asked_for_stays() -> None:
    left, right = object_streams()
    stream = as_byte_stream(right)
    await left.send(b"")
    await left.send(b"abcdef")
    assert [await stream.receive(4), await stream.receive(4)] == [b"abcd", b"ef"]
    await close_all(left, right)


async def test_objects_that_are_no_bytes_are_refused() -> None:
    left, right = object_streams()
    await left.send("text")  # type: ignore[arg-type]  # that is the point
    with pytest.raises(TypeError, match="must give bytes, not str"):
        await StreamIO(right).read(1)
    await close_all(left, right)


class Writer:
    """The shape of one."""

    async def drain(self) -> None:
        """Nothing."""

    def write(self, data: bytes) -> None:
        """Nothing."""


class Half(anyio.abc.ByteReceiveStream):
    """A stream in one direction."""

    async def receive(self, max_bytes: int = 65536) -> bytes:
        raise anyio.EndOfStream

    async def aclose(self) -> None:
        """Nothing."""


def _asyncio_reader() -> asyncio.StreamReader:
    loop = asyncio.new_event_loop()
    try:
        return asyncio.StreamReader(loop=loop)
    finally:
        loop.close()


NO_STREAMS: dict[str, Callable[[], Any]] = {
    "nothing": lambda: None,
    "an object": object,
    "text": lambda: "text",
    "bytes": lambda: b"bytes",
    "the class": lambda: ByteStream,
    "half a stream": Half,
}
PAIRS: dict[str, Callable[[], Any]] = {
    "a reader": _asyncio_reader,
    "a tuple": lambda: (_asyncio_reader(), object()),
}
CLASSES = [StreamIO, ThrottleStreamIO]


@pytest.mark.parametrize("make", NO_STREAMS.values(), ids=NO_STREAMS)
@pytest.mark.parametrize("kind", CLASSES)
async def test_what_is_no_stream_is_refused_at_once(kind: Any, make: Any) -> None:
    with pytest.raises(TypeError, match="open in both directions"):
        kind(make())


@pytest.mark.parametrize("make", PAIRS.values(), ids=PAIRS)
@pytest.mark.parametrize("kind", CLASSES)
async def test_readers_and_writers_are_told_where_to_go(kind: Any, make: Any) -> None:
    complaint = r"\(reader, writer\) is for anyftp_compat.StreamIO"
    for arguments in ([make()], [make(), object()], [make(), Writer()]):
        with pytest.raises(TypeError, match=complaint):
            kind(*arguments)
        with pytest.raises(TypeError, match=complaint):
            kind(*arguments, throttles={}, timeout=3)
    with pytest.raises(TypeError, match=complaint):
        kind(object(), Writer(), timeout=3)


async def test_tls_refuses_it_too(modern: Contexts) -> None:
    with pytest.raises(TypeError, match="stream must be"):
        await TLSStream.wrap(object(), modern.client)  # type: ignore[arg-type]


async def test_a_dialler_that_gives_none_is_found_out() -> None:
    async def dial(host: str, port: int) -> Any:
        return object()

    with pytest.raises(TypeError, match="stream must be"):
        async with anyftp.Client.context("a.test", dialler=dial):
            pass


async def test_ours_stay_as_they_are() -> None:
    left, right = memory_stream_pair()
    assert as_optimistic(left) is left
    assert as_byte_stream(left) is left
    plain = PlainStream(right)
    assert as_byte_stream(plain) is plain
    assert StreamIO(plain).stream is plain
    left.close()
    right.close()


def test_trio_is_not_loaded_for_those_who_do_not_use_it() -> None:
    import subprocess

    program = "import anyftp, sys; assert 'trio' not in sys.modules"
    subprocess.run([sys.executable, "-c", program], check=True)
