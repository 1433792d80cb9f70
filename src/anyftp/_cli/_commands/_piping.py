"""Remote files to standard output: all of them, their beginnings, their ends."""

from __future__ import annotations

import errno
import os
import sys
from collections import deque
from collections.abc import AsyncGenerator, Iterable
from contextlib import aclosing

import anyio

import anyftp
from anyftp import FileSystemError
from anyftp._cli._display._output import write_out
from anyftp._cli._ending._failure import named
from anyftp._cli._given._pipes import is_waited_for, write_all
from anyftp._cli._reaching._each import at_each
from anyftp._cli._reaching._remote import Remote

BLOCK = 1 << 18
#: Of a file that is looked at from its end, this much is fetched first, and then ever more.
LAST_BLOCK = 1 << 16
#: How often we look whether somebody reads a pipe.
_READER_SECONDS = 0.05
_WRITING = os.O_WRONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)


async def to_output(client: anyftp.Client, place: Remote) -> None:
    """Write a whole file. Cancellation: the transfer is broken off."""
    async with client.download_stream(place.url.path, kind=place.url.kind) as stream:
        async for block in stream.iter_by_block(BLOCK):
            await write_out(block)


async def to_device(path: str, places: Iterable[Remote]) -> None:
    """Write whole files, one after the other, to a pipe or device, which is opened once.

    Cancellation: the transfer is broken off, or the waiting for somebody to read the pipe.
    """
    with os.fdopen(await _opened(path), "wb", buffering=0) as device:

        async def copy(client: anyftp.Client, place: Remote) -> None:
            url = place.url
            async with client.download_stream(url.path, kind=url.kind) as stream:
                async for block in stream.iter_by_block(BLOCK):
                    with named(path):
                        await write_all(device.fileno(), block)

        await at_each(places, copy)


async def _opened(path: str) -> int:
    """A descriptor to write to, once a pipe has a reader, as a shell opens it.

    The system would wait for one in a call that nothing interrupts.
    """
    while True:
        try:
            with named(path):
                descriptor = os.open(path, _WRITING)
        except FileSystemError as error:
            if error.errno != errno.ENXIO:
                raise
            await anyio.sleep(_READER_SECONDS)
        else:
            if sys.platform != "win32" and not is_waited_for(descriptor):
                os.set_blocking(descriptor, True)
            return descriptor


async def head_lines(client: anyftp.Client, path: str, count: int) -> None:
    """Write the first lines. Cancellation: the transfer is broken off."""
    async with client.download_stream(path) as stream:
        while count and (block := await stream.read(BLOCK)):
            lines = block.split(b"\n", count)
            is_enough = len(lines) > count
            await write_out(block[: len(block) - len(lines[-1])] if is_enough else block)
            count -= len(lines) - 1


async def head_bytes(client: anyftp.Client, path: str, count: int) -> None:
    """Write the first bytes. Cancellation: the transfer is broken off."""
    async with client.download_stream(path) as stream:
        while count > 0 and (block := await stream.read(min(count, BLOCK))):
            await write_out(block)
            count -= len(block)


async def tail_bytes(client: anyftp.Client, path: str, count: int) -> None:
    """Write the last bytes, and fetch no others. Cancellation: the transfer is broken off."""
    offset = max(await client.size(path) - count, 0)  # which tells whether it is there at all
    if count:
        async with aclosing(_from(client, path, offset)) as blocks:
            async for block in blocks:
                await write_out(block)


async def tail_lines(client: anyftp.Client, path: str, count: int) -> None:
    """Write the last lines; no more is fetched than twice what they take.

    Cancellation: the transfer is broken off.
    """
    size, nbytes = await client.size(path), LAST_BLOCK
    if not count:
        return
    while True:
        offset = max(size - nbytes, 0)
        lines: deque[bytes] = deque(maxlen=count + 1)  # one more: the first may be cut
        rest = b""
        async with aclosing(_from(client, path, offset)) as blocks:
            async for block in blocks:
                *whole, rest = (rest + block).split(b"\n")
                lines.extend(line + b"\n" for line in whole)
        if rest:
            lines.append(rest)
        if offset == 0 or len(lines) > count:
            return await write_out(b"".join(list(lines)[-count:]))
        nbytes *= 4


async def _from(client: anyftp.Client, path: str, offset: int) -> AsyncGenerator[bytes, None]:
    async with client.download_stream(path, offset=offset) as stream:
        async for block in stream.iter_by_block(BLOCK):
            yield block
