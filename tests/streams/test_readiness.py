"""Closing what is waited for costs nobody else a wake-up, whatever descriptor comes next."""

from __future__ import annotations

import contextlib
import os
import socket
from collections.abc import Awaitable, Callable

import anyio
import pytest
from anyio import wait_all_tasks_blocked
from anyio.lowlevel import checkpoint

from anyftp import SocketStream
from anyftp._net import listen_tcp
from anyftp._streams import Readiness

pytestmark = pytest.mark.anyio

Wait = Callable[[socket.socket], Awaitable[None]]

#: Longer than any wake-up takes.
PATIENCE = 5.0


async def stopped(waiting: Callable[[], Awaitable[object]]) -> None:
    with pytest.raises(anyio.ClosedResourceError):
        await waiting()


async def still_hears(tasks: anyio.abc.TaskGroup) -> None:
    """Sockets that come now, one of which may have a descriptor that was just freed."""
    pairs = [socket.socketpair() for _ in range(4)]
    streams = [SocketStream(ours) for ours, _ in pairs]

    async def speak() -> None:
        await wait_all_tasks_blocked()
        for _, theirs in pairs:
            theirs.send(b"x")

    async def listen(stream: SocketStream) -> None:
        assert await stream.receive(1) == b"x"

    try:
        with anyio.fail_after(PATIENCE):
            tasks.start_soon(speak)
            async with anyio.create_task_group() as listeners:
                for stream in streams[1:]:
                    listeners.start_soon(listen, stream)
                await listen(streams[0])  # without a turn for anybody in between
    finally:
        for stream, (_, theirs) in zip(streams, pairs, strict=True):
            stream.close()
            theirs.close()


async def test_a_reader_of_a_closed_stream() -> None:
    ours, theirs = socket.socketpair()
    stream = SocketStream(ours)
    with theirs:
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(stopped, stream.receive)
            await wait_all_tasks_blocked()
            stream.close()
            assert stream.raw_socket.fileno() == -1
            await still_hears(tasks)


async def test_the_peer_of_a_closed_stream_hears_of_it_at_once() -> None:
    ours, theirs = socket.socketpair()
    stream = SocketStream(ours)
    theirs.setblocking(False)
    with theirs:
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(stopped, stream.receive)
            await wait_all_tasks_blocked()
            stream.close()
            assert theirs.recv(1) == b""  # though the reader has not been awake since


async def test_a_writer_of_a_closed_stream() -> None:
    ours, theirs = socket.socketpair()
    stream = SocketStream(ours)

    async def send() -> None:
        await stream.send(bytes(10_000_000))

    with theirs:
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(stopped, send)
            await wait_all_tasks_blocked()
            stream.close()
            await still_hears(tasks)


async def test_a_reader_that_was_woken_already() -> None:
    ours, theirs = socket.socketpair()
    stream = SocketStream(ours)

    async def receive() -> None:
        with contextlib.suppress(anyio.ClosedResourceError):
            await stream.receive(1)

    with theirs:
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(receive)
            await wait_all_tasks_blocked()
            theirs.send(b"x")
            await checkpoint()
            stream.close()
            await still_hears(tasks)


async def test_a_reader_that_was_cancelled_already() -> None:
    ours, theirs = socket.socketpair()
    stream = SocketStream(ours)
    with theirs:
        async with anyio.create_task_group() as outer, anyio.create_task_group() as tasks:
            tasks.start_soon(stream.receive)
            await wait_all_tasks_blocked()
            tasks.cancel_scope.cancel()
            stream.close()
            with anyio.CancelScope(shield=True):
                await still_hears(outer)


async def test_a_listener_that_was_closed() -> None:
    listener = await listen_tcp("127.0.0.1")
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(stopped, listener.accept)
        await wait_all_tasks_blocked()
        listener.close()
        await still_hears(tasks)


async def test_the_descriptor_goes_when_the_last_who_waits_is_awake() -> None:
    ours, theirs = socket.socketpair()
    descriptor = ours.fileno()
    readiness = Readiness(ours)
    ours.setblocking(False)
    while True:
        try:
            ours.send(bytes(100_000))
        except BlockingIOError:
            break

    async def wait(until: Wait) -> None:
        with pytest.raises(anyio.ClosedResourceError):
            await readiness.wait(until)

    with theirs:
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(wait, anyio.wait_readable)
            tasks.start_soon(wait, anyio.wait_writable)
            await wait_all_tasks_blocked()
            readiness.close()
            assert ours.fileno() == -1
            with socket.socket(fileno=os.dup(descriptor)):  # it is there yet
                pass
        with pytest.raises(OSError, match="Bad file descriptor"):
            os.dup(descriptor)


def test_without_an_event_loop() -> None:
    ours, theirs = socket.socketpair()
    Readiness(ours).close()
    assert ours.fileno() == -1
    assert theirs.recv(1) == b""
    theirs.close()
