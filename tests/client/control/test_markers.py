"""Markers: whatever comes before their answer is about what was sent before."""

from __future__ import annotations

import anyio
import pytest

from anyftp import ConnectionLost, Reply
from anyftp._client._control._control_connection import ControlConnection
from anyftp._client._control._markers import (
    confirmation_past_asides,
    read_up_to_marker,
    receive_marked,
    receive_overdue,
    send_marker,
)
from anyftp._client._options._settings import Options
from anyftp.testing import MemoryStream, memory_stream_pair

pytestmark = pytest.mark.anyio


async def connected() -> tuple[ControlConnection, MemoryStream]:
    """A connection, and the server's end of it."""
    ours, theirs = memory_stream_pair()
    return ControlConnection(ours, Options(), "there"), theirs


async def control_that_hears(*replies: str) -> ControlConnection:
    """A connection over which these replies have come by now."""
    control, theirs = await connected()
    await theirs.send("".join(f"{each}\r\n" for each in replies).encode())
    return control


async def test_all_that_comes_before_the_answer_is_given() -> None:
    control = await control_that_hears("426 cut", "226 over", '257 "/"')
    control.ledger.sent("RETR")
    replies = await read_up_to_marker(control, None)
    assert [reply.code for reply in replies] == ["426", "226"]
    assert not control.is_owed


@pytest.mark.parametrize(
    ("replies", "code"),
    [
        pytest.param(("200 yes", "226 done", '257 "/"'), "226", id="aside-first"),
        pytest.param(("226 done", "500 what?", '257 "/"'), "226", id="aside-last"),
        pytest.param(("451 the disk", "200 yes", '257 "/"'), "451", id="failed"),
    ],
)
async def test_a_confirmation_is_found_among_asides(replies: tuple[str, ...], code: str) -> None:
    control = await control_that_hears(*replies)
    control.ledger.sent("RETR")
    control.ledger.sent("NOOP", is_aside=True)
    reply: Reply = await confirmation_past_asides(control, None)
    assert reply.code == code


async def test_no_confirmation_is_the_end() -> None:
    control = await control_that_hears('257 "/"')
    with pytest.raises(ConnectionLost, match="did not confirm"):
        await confirmation_past_asides(control, None)
    assert not control.is_connected


async def test_what_is_overdue_comes() -> None:
    control = await control_that_hears("226 over")
    await receive_overdue(control, "a transfer", 5)
    assert not control.is_owed


async def test_what_is_overdue_never_comes() -> None:
    control, theirs = await connected()

    async def answer() -> None:
        assert await theirs.receive() == b"PWD\r\n"
        await theirs.send(b'257 "/"\r\n')

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(answer)
        await receive_overdue(control, "a transfer", 0.01)
    assert not control.is_owed


async def test_what_is_asked_may_be_the_marker() -> None:
    control = await control_that_hears("426 cut", "226 over", "229 Fine (|||5000|)")
    control.ledger.sent("RETR")
    await send_marker(control, "EPSV", "229")
    assert (await receive_marked(control, None)).code == "229"
    assert not control.is_owed
