"""Standard output from within an event loop, whose reader may be slow or have stopped reading."""

from __future__ import annotations

import sys
from typing import BinaryIO

import anyio.to_thread

from anyftp._cli._display._entries import name_bytes
from anyftp._cli._given._pipes import is_waited_for, write_all


async def print_name(name: str, *, before: str = "", end: str = "\n") -> None:
    """Write `name_bytes`. Cancellation: a part of them has been written."""
    await write_out(name_bytes(name, before=before, end=end))


async def print_text(text: str) -> None:
    """Write a line of text in the encoding of standard output. Cancellation: as of `print_name`."""
    encoding = sys.stdout.encoding or "utf-8"
    await write_out(f"{text}\n".encode(encoding, sys.stdout.errors or "backslashreplace"))


async def write_out(block: bytes) -> None:
    """Write bytes. Cancellation: a part of them has been written."""
    sys.stdout.flush()  # what was printed before comes before
    number = _descriptor()
    if number is not None and is_waited_for(number):
        await write_all(number, block)
    else:
        await anyio.to_thread.run_sync(_write, sys.stdout.buffer, block)


def _descriptor() -> int | None:
    """The number of standard output, if it has one."""
    try:
        return sys.stdout.fileno()
    except (OSError, ValueError):
        return None


def _write(output: BinaryIO, block: bytes) -> None:
    """Write and flush, so that a reader who has gone is noticed here and not at exit."""
    output.write(block)
    output.flush()
