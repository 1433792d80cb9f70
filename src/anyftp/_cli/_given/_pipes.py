"""Pipes, sockets and terminals: waited for by the event loop, never in a call that blocks.

A thread or a loop that sits in such a call is not to be woken by a signal, and would keep the
process alive for as long as the other end likes. Files and devices are not waited for: they answer
by themselves, and an event loop does not take them.
"""

from __future__ import annotations

import os
import select
import stat
import sys

import anyio
import anyio.lowlevel
import anyio.to_thread

#: Whoever can write at all can write this much (POSIX).
_AT_ONCE: int = getattr(select, "PIPE_BUF", 512)


def is_waited_for(number: int) -> bool:
    """Whether a descriptor is one that others fill or empty when they like."""
    if sys.platform == "win32":
        return False
    mode = os.fstat(number).st_mode
    return stat.S_ISFIFO(mode) or stat.S_ISSOCK(mode) or os.isatty(number)


async def until_readable(number: int) -> None:
    """Wait until something comes, or the end. Cancellation: safe."""
    if is_waited_for(number):
        await anyio.wait_readable(number)
    else:
        await anyio.lowlevel.checkpoint()


async def read_some(number: int, most: int) -> bytes:
    """Read what there is, and wait for it; b"" at the end. Cancellation: nothing is read."""
    if not is_waited_for(number):
        return await anyio.to_thread.run_sync(os.read, number, most)
    while True:
        await anyio.wait_readable(number)
        try:
            return os.read(number, most)
        except BlockingIOError:
            continue  # somebody else was quicker


async def write_all(number: int, block: bytes) -> None:
    """Write a block. Cancellation: a part of it has been written."""
    if is_waited_for(number):
        await _write_when_taken(number, memoryview(block))
    else:
        await anyio.to_thread.run_sync(_write, number, memoryview(block))


async def _write_when_taken(number: int, rest: memoryview) -> None:
    room = select.poll()
    room.register(number, select.POLLOUT)
    while rest:
        if not room.poll(0):
            await anyio.wait_writable(number)
        try:
            rest = rest[os.write(number, rest[:_AT_ONCE]) :]
        except BlockingIOError:  # somebody else was quicker
            await anyio.wait_writable(number)
    await anyio.lowlevel.checkpoint()


def _write(number: int, rest: memoryview) -> None:
    while rest:
        rest = rest[os.write(number, rest) :]
