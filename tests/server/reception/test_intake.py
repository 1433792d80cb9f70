"""Commands as they come in: how fast they may, what is held, what cannot wait."""

from __future__ import annotations

import math
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import anyio
import pytest

from anyftp._protocol import Command
from anyftp._server import Session
from anyftp._server._reception._clock import Clock
from anyftp._server._reception._intake import CommandRate, Intake
from anyftp._server._refusals import Dismissed, Refused
from anyftp._server._session._control import Control
from anyftp._server._session._transfer import Transfer
from anyftp._streams import StreamIO
from anyftp.testing import memory_stream_pair
from server.probe import server_of


@pytest.mark.parametrize("now", [0.0, 5.0, 1e6])
def test_a_second_s_worth_at_once_then_one_after_the_other(now: float) -> None:
    rate = CommandRate(10.0)
    assert [rate.delay(now) for _ in range(10)] == [0.0] * 10
    assert rate.delay(now) == pytest.approx(0.1)
    assert rate.delay(now) == pytest.approx(0.2)


def test_idling_saves_up_no_more_than_a_second() -> None:
    rate = CommandRate(10.0)
    rate.delay(0.0)
    delays = [rate.delay(3600.0) for _ in range(12)]
    assert delays == [*[0.0] * 10, pytest.approx(0.1), pytest.approx(0.2)]


def test_a_sleep_that_lasts_too_long_is_no_pause() -> None:
    assert 30.0 < seconds_until_dismissed(CommandRate(1000.0), oversleeping=2.0) < 32.0


def test_no_limit() -> None:
    rate = CommandRate(None)
    assert not any(rate.delay(0.0) for _ in range(100_000))


def test_who_never_lets_up_is_dismissed() -> None:
    assert 30.0 < seconds_until_dismissed(CommandRate(10.0)) < 32.0


def seconds_until_dismissed(rate: CommandRate, *, oversleeping: float = 1.0) -> float:
    """Give commands without a break until that is too much."""
    now = 0.0
    try:
        while now < 100.0:
            now += rate.delay(now) * oversleeping
    except Dismissed:
        return now
    raise AssertionError("nobody was dismissed")


def test_who_lets_up_in_between_is_not() -> None:
    rate = CommandRate(10.0)
    now = 0.0
    for _ in range(100):
        for _ in range(20):
            now += rate.delay(now)
        now += 1.1
    assert now > 100.0


def test_before_the_login() -> None:
    rate = CommandRate.before_login()
    assert rate.is_before_login
    assert sum(rate.delay(0.0) == 0.0 for _ in range(100)) == 20


def test_one_without_end_of_patience_only_waits() -> None:
    rate = CommandRate(10.0, patience=math.inf)
    with pytest.raises(AssertionError, match="nobody was dismissed"):
        seconds_until_dismissed(rate)


@asynccontextmanager
async def intake() -> AsyncIterator[tuple[Intake, Session, StreamIO]]:
    """The commands of a session that nobody obeys, and the client's end of its connection."""
    here, there = memory_stream_pair()
    shared = server_of()._shared
    session = Session(
        shared=shared,
        control=Control(there, max_line=64, send_timeout=60.0),
        peer_host="192.0.2.7",
        local_host="192.0.2.1",
        server_host="192.0.2.1",
        began=anyio.current_time(),
        throttles={},
    )
    async with StreamIO(here) as client, StreamIO(there):
        alarm = Clock().alarm(lambda now: None)
        yield Intake(session, alarm, CommandRate(None)), session, client


async def read(commands: Intake) -> None:
    """Until there is one more command, or no more will come."""
    before = len(commands.held)
    while len(commands.held) == before and not commands.is_at_end:
        if (more := commands.read()) is not None:
            await more


@pytest.mark.anyio
async def test_commands_are_held_in_their_order_and_no_more_than_a_hundred() -> None:
    async with intake() as (commands, _, client):
        await client.write(b"".join(b"NOOP %d\r\n" % number for number in range(200)))
        while not commands.is_full:
            await read(commands)
        assert [str(one) for one in commands.held] == [f"NOOP {number}" for number in range(100)]
        assert not commands.is_at_end


@pytest.mark.anyio
async def test_what_is_no_command_is_held_in_its_place() -> None:
    async with intake() as (commands, session, client):
        session.state.log_in()
        await client.write(b"NOOP\r\n" + b"x" * 100 + b"\r\nNO\0OP\r\nQUIT\r\n")
        for _ in range(4):
            await read(commands)
        kinds = [type(one) for one in commands.held]
        assert kinds == [Command, Refused, Refused, Command]
        assert session.ending.has_quit


@pytest.mark.anyio
@pytest.mark.parametrize(
    "lines", [b"ABOR\r\n", b"NOOP\r\nABOR\r\n", b"USER x\r\nPASS y\r\nabor\r\n"]
)
async def test_abor_ends_the_transfer_whatever_stands_before_it(lines: bytes) -> None:
    async with intake() as (commands, session, client):
        transfer = session.transfer = Transfer("RETR", "f", "/f", anyio.CancelScope())
        await client.write(lines)
        for _ in lines.splitlines():
            assert not transfer.scope.cancel_called
            await read(commands)
        assert transfer.scope.cancel_called


@pytest.mark.anyio
@pytest.mark.parametrize("has_quit", [False, True])
async def test_who_is_gone_wants_no_transfer_unless_it_has_said_quit(has_quit: bool) -> None:
    async with intake() as (commands, session, client):
        transfer = session.transfer = Transfer("STOR", "f", "/f", anyio.CancelScope())
        if has_quit:
            await client.write(b"QUIT\r\n")
            await read(commands)
        await client.aclose()
        await read(commands)
        assert commands.is_at_end
        assert transfer.scope.cancel_called != has_quit
