"""Parts of files: `length` beside `offset`, as in HTTP's ranges."""

from __future__ import annotations

from typing import Any

import pytest

from anyftp import LocalProtocolError
from client.peer import CONTENT, Peer

pytestmark = pytest.mark.anyio

RANGES = [(0, 10), (0, 0), (100, 50), (0, len(CONTENT)), (7, len(CONTENT) - 7), (7, 10_000)]


@pytest.mark.parametrize(("offset", "length"), RANGES)
@pytest.mark.parametrize("by", ["read", "receive", "lines", "into", "exactly"])
async def test_a_range_is_read_and_no_more(offset: int, length: int, by: str) -> None:
    wanted = CONTENT[offset : offset + length]
    async with Peer().client(close_timeout=1) as client:
        async with client.download_stream("f", offset=offset, length=length) as stream:
            if by == "read":
                assert await stream.read() == wanted
                assert await stream.read() == b""
                await client.noop()  # the session is free again, in the block still
                assert await stream.read() == b""
            elif by == "receive":
                assert b"".join([block async for block in stream]) == wanted
            elif by == "lines":
                assert b"".join([line async for line in stream.iter_by_line()]) == wanted
            elif by == "into":
                buffer = bytearray(len(CONTENT) + 1)
                read = 0
                while nbytes := await stream.read_into(memoryview(buffer)[read:]):
                    read += nbytes
                assert bytes(buffer[:read]) == wanted
            else:
                assert await stream.readexactly(len(wanted)) == wanted
        for _ in range(2):
            await client.noop()
        async with client.download_stream("f", length=3) as stream:
            assert await stream.read() == CONTENT[:3]


@pytest.mark.parametrize(
    ("options", "match"),
    [
        ({"length": -1}, "length must be at least 0, not -1"),
        ({"length": 1, "kind": "A"}, "length must be None"),
        ({"offset": -1}, "offset must be at least 0, not -1"),
    ],
)
async def test_ranges_that_there_are_not(options: dict[str, Any], match: str) -> None:
    async with Peer().client() as client:
        with pytest.raises(LocalProtocolError, match=match):
            await client.download_stream("f", **options)
