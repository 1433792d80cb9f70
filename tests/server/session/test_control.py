"""The control connection by itself: lines, replies, closing."""

from __future__ import annotations

import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import anyio
import pytest

from anyftp._errors import ConnectionLost, FTPTimeoutError, RemoteProtocolError
from anyftp._protocol import Reply
from anyftp._server._session._control import Control
from anyftp._streams import SocketStream

pytestmark = pytest.mark.anyio


@asynccontextmanager
async def pair(
    *, max_line: int = 20, send_timeout: float = 0.2
) -> AsyncIterator[tuple[Control, SocketStream]]:
    ours, theirs = socket.socketpair()
    peer = SocketStream(theirs)
    control = Control(SocketStream(ours), max_line=max_line, send_timeout=send_timeout)
    yield control, peer
    peer.close()
    await control.aclose()


async def next_line(control: Control) -> bytes:
    while (line := control.take_line()) is None:
        await control.until_more()
    return line


async def test_lines_come_one_by_one() -> None:
    async with pair() as (control, peer):
        await peer.send(b"one\r\ntwo\nthr")
        assert await next_line(control) == b"one"
        assert control.has_pending
        assert await next_line(control) == b"two"
        assert control.has_pending
        await peer.send(b"ee\r\n")
        assert await next_line(control) == b"three"
        assert not control.has_pending


async def test_a_long_line_is_told_in_its_place() -> None:
    async with pair() as (control, peer):
        await peer.send(b"one\r\n" + b"x" * 100 + b"\r\ntwo\r\n")
        assert await next_line(control) == b"one"
        with pytest.raises(RemoteProtocolError):
            await next_line(control)
        assert control.nbytes_discarded >= 100
        assert await next_line(control) == b"two"


async def test_the_end_is_a_loss() -> None:
    async with pair() as (control, peer):
        await peer.send(b"one\r\ntwo")
        peer.close()
        assert await next_line(control) == b"one"
        with pytest.raises(ConnectionLost):
            await next_line(control)


async def test_a_cancelled_receive_loses_nothing() -> None:
    async with pair() as (control, peer):
        await peer.send(b"on")
        with anyio.move_on_after(0.02):
            await next_line(control)
        await peer.send(b"e\r\n")
        assert await next_line(control) == b"one"


async def test_a_peer_that_reads_nothing() -> None:
    async with pair() as (control, _):
        with pytest.raises(FTPTimeoutError):
            await control.send(Reply("200", ("x" * 10_000_000,)))


async def test_a_peer_that_is_gone() -> None:
    async with pair() as (control, peer):
        peer.close()
        with pytest.raises(ConnectionLost):
            await control.send(Reply("200", ("x" * 10_000_000,)))


async def test_replies_of_two_tasks_do_not_mix() -> None:
    async with pair(send_timeout=5.0) as (control, peer):
        async with anyio.create_task_group() as tasks:
            for code in ("226", "200"):
                tasks.start_soon(control.send, Reply(code, (code[0] * 3_000_000,)))
            received = b""
            while received.count(b"\r\n") < 2:
                received += await peer.receive()
        assert {len(set(line[4:])) for line in received.splitlines()} == {1}


async def test_after_a_reply_that_was_cut_short_comes_no_other() -> None:
    async with pair(send_timeout=5.0) as (control, peer):
        with anyio.move_on_after(0.1):
            await control.send(Reply("200", ("x" * 10_000_000,)))
        for _ in range(2):
            with pytest.raises(ConnectionLost):
                await control.send(Reply("226"))
        control.close()
        received = b""
        with suppress(anyio.EndOfStream, anyio.BrokenResourceError):
            while True:
                received += await peer.receive()
        assert b"\r\n" not in received


async def test_what_is_no_line_holds_up_nobody_else() -> None:
    """A client that sends without ever ending a line, faster than it is read."""
    has_run = False

    async def run() -> None:
        nonlocal has_run
        await anyio.lowlevel.checkpoint()
        has_run = True

    async with pair() as (control, peer):
        with anyio.move_on_after(0.2):
            await peer.send(b"x" * 10_000_000)
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(run)
            with pytest.raises(RemoteProtocolError):
                await next_line(control)
            with anyio.move_on_after(0.2):
                await next_line(control)
            assert has_run


async def test_a_receive_that_is_cancelled_between_two_parts_loses_none() -> None:
    """At whichever step: every part of a line that was taken in stays."""
    async with pair(max_line=200) as (control, peer):
        text = b""
        for number in range(50):
            text += b"%d," % number
            await peer.send(b"%d," % number)
            with anyio.CancelScope() as scope:
                scope.cancel()
                await next_line(control)
        await peer.send(b"\r\n")
        assert await next_line(control) == text
