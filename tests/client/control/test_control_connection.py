"""Quirks of FEATURES e) 1 to 17 that live on the control connection, and what cancelling leaves."""

from __future__ import annotations

from typing import Any

import anyio
import pytest

from anyftp._errors import (
    ConnectionLost,
    PermanentReplyError,
    ReplyError,
)
from client.peer import Answers, Peer, hang_up, silent
from support.clocks import VIRTUAL_BACKENDS, Backend

pytestmark = pytest.mark.anyio


@pytest.fixture(params=VIRTUAL_BACKENDS)
def anyio_backend(request: pytest.FixtureRequest) -> Backend:
    """Time-outs have an exact length here, and pass at once."""
    backend: Backend = request.param
    return backend


async def test_a_command_answered_twice() -> None:
    async with Peer(CWD="200 ok\r\n250 ok again").client() as client:
        await client.change_directory("a")
        assert str(await client.get_current_directory()) == "/home"


async def test_a_second_answer_that_comes_late() -> None:
    async def cwd(peer: Peer, argument: str) -> None:
        await peer.say("250 changed")
        await anyio.sleep(0.05)
        await peer.say("550 or not")

    async with Peer(CWD=cwd).client() as client:
        await client.change_directory("a")
        await anyio.sleep(0.1)
        assert str(await client.get_current_directory()) == "/home"


@pytest.mark.parametrize(
    ("answers", "match"),
    [
        pytest.param({"NOOP": "421 idle too long"}, "idle too long", id="421-for-an-answer"),
        pytest.param({"NOOP": hang_up}, "closed", id="closed-for-an-answer"),
    ],
)
async def test_the_server_leaves(answers: dict[str, Any], match: str) -> None:
    async with Peer(**answers).client() as client:
        with pytest.raises(ConnectionLost, match=match):
            await client.noop()
        assert not client.is_connected
        with pytest.raises(ConnectionLost, match=match):
            await client.size("a")


@pytest.mark.parametrize("words", [None, "421 timeout"], ids=["silently", "with-421"])
async def test_the_server_left_while_we_were_idle(words: str | None) -> None:
    peer = Peer()
    async with peer.client() as client:
        if words:
            await peer.say(words)
        assert peer.control is not None
        peer.control.close()
        await anyio.sleep(0.01)
        with pytest.raises(ConnectionLost, match="timeout" if words else "closed"):
            await client.noop()
    assert peer.commands == []


async def test_a_421_behind_a_refusal() -> None:
    async with Peer(CWD="550 no\r\n421 and goodbye").client() as client:
        with pytest.raises(PermanentReplyError):
            await client.change_directory("a")
        with pytest.raises(ConnectionLost, match="goodbye"):
            await client.noop()


async def test_the_reply_to_a_cancelled_command_is_not_taken_for_the_next_ones() -> None:
    async def late(peer: Peer, argument: str) -> None:
        await anyio.sleep(0.1)
        await peer.say('257 "/wrong" is the answer to another question')

    async with Peer(MKD=late).client() as client:
        with anyio.move_on_after(0.02):
            await client.command("MKD", "a")
        assert str(await client.get_current_directory()) == "/home"


async def test_many_cancelled_commands() -> None:
    async def late(peer: Peer, argument: str) -> None:
        await anyio.sleep(0.01)
        await peer.say(f"213 {argument}")

    async with Peer(SIZE=late).client() as client:
        for number in range(10):
            with anyio.move_on_after(0.003):
                await client.command("SIZE", str(number))
        assert (await client.command("SIZE", "11")).text == "11"


async def test_a_command_cancelled_before_it_is_sent() -> None:
    peer = Peer()
    async with peer.client() as client:
        with anyio.CancelScope() as scope:
            scope.cancel()
            await client.noop()
        assert scope.cancelled_caught
        assert str(await client.get_current_directory()) == "/home"
    assert peer.commands == ["PWD"]


async def test_two_tasks_at_once() -> None:
    async def slow(peer: Peer, argument: str) -> None:
        await anyio.sleep(0.05)
        await peer.say("200 done")

    async with Peer(NOOP=slow).client() as client, anyio.create_task_group() as group:
        group.start_soon(client.noop)
        await anyio.sleep(0.01)
        with pytest.raises(anyio.BusyResourceError):
            await client.get_current_directory()


# Leaving


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param("221 goodbye", id="221"),
        pytest.param("421 goodbye", id="421"),
        pytest.param(hang_up, id="closed"),
        pytest.param(silent, id="silence"),
        pytest.param("500 what?", id="500"),
        pytest.param("nonsense", id="nonsense"),
    ],
)
async def test_quit_is_never_an_error_and_takes_no_time(answer: Answers) -> None:
    peer = Peer(QUIT=answer)
    async with peer.client(close_timeout=0.1) as client:
        with anyio.fail_after(1):
            await client.quit()
        assert not client.is_connected
    assert peer.commands == ["QUIT"]


async def test_refusals_tell_what_was_asked() -> None:
    async with Peer(DELE="553-no\r\n553 not yours").client() as client:
        with pytest.raises(PermanentReplyError) as caught:
            await client.remove_file("a b")
    assert str(caught.value) == "DELE 'a b': the server answered 553 no not yours"
    assert caught.value.received_codes == ("553",)
    assert (caught.value.command, caught.value.path) == ("DELE", "a b")
    assert caught.value.info == ["no", "not yours"]
    assert isinstance(caught.value, ReplyError)
