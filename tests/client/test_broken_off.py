"""A server, or what lies before it, breaks off: at a byte of a reply or of data, in each manner.

For each operation of `everything`, the connection ends (FIN), with a 421 before or without, is
reset, falls silent, or brings garbage or 1yz for ever from that byte on. Whatever the byte: the
call is over within a bound; what it says has succeeded has, content compared; no half of a file has
a final name here; nothing was deleted unless all had come; and the next command gets its own reply,
or says that the client is disconnected. A few cases are drawn for each operation, the same ones
each time; `ANYFTP_SWEEP=n` tries each n-th byte of the control connection in each manner, from
`ANYFTP_SWEEP_FROM` on (so that n runs of step n are all bytes), and of the data the first and last
twenty bytes and fifty in between. The clocks jump when nothing is on its
way: silence costs nothing, and no load is taken for it.
"""

from __future__ import annotations

import os
import random
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path, PurePosixPath
from typing import NamedTuple

import anyio
import pytest

from anyftp import Client, FTPError, FTPTimeoutError
from client.everything import BIG, COMMANDS, SMALL, TRANSFERS, Ground, Operation, is_in_step
from client.relay import Manner, Relay, Side
from client.test_cancellation import our_server
from support.clocks import Backend
from support.patient_clocks import PATIENT_BACKENDS, busy_threads_counted

STEP = int(os.environ.get("ANYFTP_SWEEP", "0"))
FIRST = int(os.environ.get("ANYFTP_SWEEP_FROM", "0"))

pytestmark = [pytest.mark.anyio, pytest.mark.timeout(3600 if STEP else 120)]

#: Seconds: of the client, and in which each call has to be over.
TIMEOUT, CLOSE_TIMEOUT, BOUND = 30.0, 10.0, 1200.0

MANNERS: dict[Side, list[Manner]] = {
    "control": ["fin", "reset", "silence", "garbage", "not-yet", "goodbye"],
    "data": ["fin", "reset", "silence"],
}
#: How many cases are drawn for each operation on each backend.
CASES = 4

EXPECTED = (
    FTPError,
    TimeoutError,
    anyio.BrokenResourceError,
    anyio.EndOfStream,
    anyio.IncompleteRead,  # a user's `readexactly` tells, too
)

#: Where a plain data connection ends cleanly and the server confirms, nothing says that this
#: was not all: `Listing.is_whole` tells what can be told, and text has no size on the wire.
NOBODY_CAN_TELL = {"list_", "list_by_list", "list_recursively", "get_stream"}
NOBODY_CAN_TELL |= {"download_stream_by_hand", "download_text"}

#: These believe a listing that ends with a line.
OF_LISTINGS = {"download_a_tree", "download_a_tree_by_two"}

#: What a stream that is written brings there is for the user to look at: nobody knows the size.
_OF_THE_USER = {"upload_stream", "append_stream", "abort", "upload_text"}


@pytest.fixture(params=PATIENT_BACKENDS)
def anyio_backend(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Backend]:
    with busy_threads_counted(monkeypatch):
        yield request.param


class Break(NamedTuple):
    """What is done to a connection, and at which byte that goes over its kind."""

    side: Side
    position: int
    manner: Manner


class Stage:
    """A server, a ground, and runs of one operation with the connection broken off or not."""

    def __init__(self, operation: Operation, folder: Path, host: str, port: int) -> None:
        self.operation = operation
        self.mine, self.stored = folder / "mine", folder / "stored"
        self.address = host, port

    async def run(self, case: Break | None) -> dict[Side, int]:
        """One run; gives the bytes that went over each kind of connection in it."""
        failure: Exception | None = None
        moved: dict[Side, int] = {}
        async with anyio.create_task_group() as group:
            relay = Relay(group)
            client = Client(
                dialler=relay.dial,
                timeout=TIMEOUT,
                close_timeout=CLOSE_TIMEOUT,
                confirmation_timeout=TIMEOUT,
            )
            try:
                await client.connect(*self.address)
                await client.login("alice", "wonder-land")
                before = dict(relay.counts)
                if case is not None:
                    relay.side, relay.manner = case.side, case.manner
                    relay.position = before[case.side] + case.position
                await self._try_it(client, relay)
                moved = {kind: relay.counts[kind] - before[kind] for kind in before}
            except Exception as error:
                failure = error  # raised outside, so that tests do not meet the group
            finally:
                await client.aclose()
                await relay.aclose()
                group.cancel_scope.cancel()
        if failure is not None:
            raise AssertionError(str(case)) from failure
        return moved

    async def _try_it(self, client: Client, relay: Relay) -> None:
        ground = Ground(client, self.stored, PurePosixPath("/"), self.mine, beat_seconds=1.0)
        ground.reset()
        with anyio.move_on_after(BOUND) as scope:
            try:
                await self.operation(ground)
            except EXPECTED:
                pass
            except AssertionError:  # the operation's own, about what it was given
                if self.operation.__name__ not in NOBODY_CAN_TELL:
                    raise
            else:
                self._check_success(ground, relay)
            if self.operation.__name__ not in NOBODY_CAN_TELL:
                ground.check_mine()
            # Where nonsense follows the half of a reply nobody can tell what the server has said.
            if relay.side == "data" or relay.manner in ("fin", "reset", "goodbye"):
                await is_in_step(ground)
            elif relay.manner == "silence":
                with suppress(FTPTimeoutError):
                    await is_in_step(ground)

        assert not scope.cancelled_caught

    def _check_success(self, ground: Ground, relay: Relay) -> None:
        name = self.operation.__name__
        if name.startswith(("upload", "mirror_to_there")) and name not in _OF_THE_USER:
            ground.check_stored()
        if name in OF_LISTINGS and not relay.ended_with_line:
            assert (self.mine / "tree" / "big").read_bytes() == BIG
            assert (self.mine / "tree" / "d" / "small").read_bytes() == SMALL
        if name == "mirror_to_here":
            assert (self.mine / "big").read_bytes() == BIG


def chosen(operation: Operation, backend: str, totals: dict[Side, int]) -> list[Break]:
    """Where and how it breaks off: a few cases drawn by chance, the same each time, or a sweep."""
    cases = [(side, manner) for side in MANNERS for manner in MANNERS[side] if totals[side]]
    if STEP:  # data are all alike, but for where they begin and end
        step = max(STEP, totals["data"] // 50)
        every = range(totals["data"])
        places = {
            "control": range(FIRST, totals["control"], STEP),
            "data": sorted({*every[::step], *every[:20], *every[-20:]}),
        }
        return [Break(side, at, manner) for side, manner in cases for at in places[side]]
    draw = random.Random(f"{operation.__name__} {backend}")
    drawn = draw.sample(cases, min(len(cases), CASES))
    return [Break(side, draw.randrange(totals[side]), manner) for side, manner in drawn]


@pytest.mark.parametrize(
    "operation", [*COMMANDS, *TRANSFERS], ids=lambda operation: operation.__name__
)
async def test_broken_off_at_any_byte(
    operation: Operation, tmp_path: Path, anyio_backend_name: str
) -> None:
    (tmp_path / "mine").mkdir(parents=True)
    failures: list[Exception] = []
    async with our_server(tmp_path / "stored", None) as (host, port):
        stage = Stage(operation, tmp_path, host, port)
        totals = await stage.run(None)
        for case in chosen(operation, anyio_backend_name, totals):
            try:
                await stage.run(case)
            except AssertionError as error:
                failures.append(error)
    if failures:
        raise AssertionError([str(failure) for failure in failures]) from failures[0]
