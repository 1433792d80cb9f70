"""Servers that say more than they are asked: the loop goes on, and each call has its bound.

A flood goes on until the client hangs up. What is measured is the longest piece of work between two
turns of another task, in seconds of this thread's CPU time: other programs do not count.
"""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any

import anyio
import pytest
from anyio.abc import TaskStatus

from anyftp import Client, FTPError, FTPTimeoutError, RemoteProtocolError
from client.peer import Peer, send_data
from support.clocks import BRISK_BACKENDS, VIRTUAL_BACKENDS, Backend

pytestmark = pytest.mark.anyio

#: Longer than anything may hold the loop.
LIMIT_SECONDS = 0.05


@pytest.fixture(params=BRISK_BACKENDS)
def anyio_backend(request: pytest.FixtureRequest) -> Backend:
    """Without asyncio's debug mode, which is what would hold the loop."""
    backend: Backend = request.param
    return backend


class Watchdog:
    """Notes how long it is not let run."""

    def __init__(self) -> None:
        self.longest = 0.0

    async def run(self, *, task_status: TaskStatus[None]) -> None:
        task_status.started()
        while True:
            start = time.thread_time()
            await anyio.sleep(0)
            self.longest = max(self.longest, time.thread_time() - start)


def flood(block: bytes, *, first: bytes = b"") -> Callable[[Peer, str], Awaitable[None]]:
    """A handler that never stops."""

    async def say_it(peer: Peer, argument: str) -> None:
        await peer.say(first + block if first else block)
        with suppress(anyio.BrokenResourceError, anyio.ClosedResourceError):
            while True:
                await peer.say(block)

    return say_it


async def transfer_with(peer: Peer, argument: str) -> None:
    await send_data(peer, b"x" * 100)
    await flood(b"150 x\r\n" * 500)(peer, argument)


async def read_all(client: Client) -> None:
    async with client.download_stream("f") as stream:
        await stream.read()


SHORT = b"200 x\r\n" * 500
NOT_YET = b"150 x\r\n" * 500

FLOODS: dict[str, tuple[dict[str, Any], Callable[[Client], Awaitable[object]]]] = {
    "finals": ({"NOOP": flood(SHORT)}, Client.noop),
    "not-yet": ({"NOOP": flood(NOT_YET)}, Client.noop),
    "421-is-not-reached": ({"NOOP": flood(SHORT, first=b"200 x\r\n")}, Client.noop),
    "lines-of-one-reply": ({"PWD": flood(b"257-x\r\n" * 500)}, Client.get_current_directory),
    "no-lines": ({"PWD": flood(b"257-" + b"x" * 4000)}, Client.get_current_directory),
    "no-replies": ({"PWD": flood(b"\r\n" * 2000)}, Client.get_current_directory),
    "features": ({"FEAT": flood(b" MLST\r\n" * 500, first=b"211-x\r\n")}, Client.features),
    "after-data": ({"RETR": transfer_with}, read_all),
    "abort": ({"RETR": flood(b"426 x\r\n" * 500)}, read_all),
    "quit": ({"QUIT": flood(NOT_YET)}, Client.quit),
}


@pytest.mark.parametrize("name", FLOODS)
async def test_a_flood_of_replies_holds_nobody_up(name: str) -> None:
    answers, call = FLOODS[name]
    watchdog = Watchdog()
    with anyio.fail_after(15):
        async with Peer(**answers).client(timeout=2, close_timeout=0.3) as client:
            async with anyio.create_task_group() as group:
                await group.start(watchdog.run)
                for _ in range(3):  # what was left over is the next command's to meet
                    with suppress(FTPError):
                        await call(client)
                group.cancel_scope.cancel()
            assert watchdog.longest < LIMIT_SECONDS


async def test_a_flood_is_interrupted_at_once() -> None:
    """Cancellation is heard, although there is always something to read."""
    async with Peer(NOOP=flood(NOT_YET)).client() as client:
        with anyio.move_on_after(0.01) as scope:
            with suppress(RemoteProtocolError):
                await client.noop()
            await anyio.sleep(1)
        assert scope.cancelled_caught


@pytest.mark.parametrize("anyio_backend", VIRTUAL_BACKENDS, indirect=True)
async def test_not_yet_every_half_second_has_an_end() -> None:
    """Each prolongs the time-out, all of them together to ten times of it."""

    async def not_yet(peer: Peer, argument: str) -> None:
        while True:
            await peer.say("150 still at it")
            await anyio.sleep(0.5)

    async with Peer(NOOP=not_yet).client(timeout=2) as client:
        start = anyio.current_time()
        with pytest.raises(FTPTimeoutError, match="final reply to NOOP: nothing within 20 s"):
            await client.noop()
        assert anyio.current_time() - start == pytest.approx(20)


@pytest.mark.parametrize("anyio_backend", VIRTUAL_BACKENDS, indirect=True)
async def test_a_server_may_take_its_time_if_it_says_so() -> None:
    async def slowly(peer: Peer, argument: str) -> None:
        for _ in range(12):
            await peer.say("150 still at it")
            await anyio.sleep(1.5)
        await peer.say("200 done")

    async with Peer(NOOP=slowly).client(timeout=2) as client:
        await client.noop()
