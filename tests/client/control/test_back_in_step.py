"""Getting back in step after a transfer was given up."""

from __future__ import annotations

import anyio
import pytest

from anyftp._errors import (
    ConnectionLost,
    FTPTimeoutError,
    IncompleteTransferError,
    UnconfirmedTransferError,
)
from client.data.transferred import endless, endless_peer, read_until
from client.peer import CONTENT, Hangup, Peer, hang_up, retr
from support.patient_clocks import patient

pytestmark = pytest.mark.anyio

# Giving up: all that servers answer


ABORT_ANSWERS = [
    pytest.param("426 broken off|ABOR|226 aborted", id="426-then-226"),
    pytest.param("ABOR|426 broken off|226 aborted", id="both-after-ABOR"),
    pytest.param("ABOR|226 aborted", id="226-only"),
    pytest.param("ABOR|225 nothing to abort", id="225-only"),
    pytest.param("ABOR|426 broken off", id="426-only"),
    pytest.param("226 sent all|ABOR|226 aborted", id="226-twice"),
    pytest.param("226 sent all|ABOR|500 what?", id="abor-unknown"),
    pytest.param("451 failed|ABOR|502 what?", id="451-and-abor-unknown"),
    pytest.param("426 broken off|ABOR|225-nothing\r\n226 there\r\n225 to abort", id="many-lines"),
]


@pytest.mark.parametrize("replies", ABORT_ANSWERS)
@pytest.mark.parametrize("how", ["cancelled", "failed", "timed-out"])
async def test_d15_after_a_transfer_was_given_up_the_next_command_gets_its_own_reply(
    replies: str, how: str
) -> None:
    peer = endless_peer(replies, TYPE="200 type set")
    async with peer.client() as client:
        with anyio.move_on_after(0.02 if how == "cancelled" else 5):
            await read_until(how, client.download_stream("f"))
        assert (await client.command("NOOP")).text == "here"
        assert str(await client.get_current_directory()) == "/home"
        peer.answers["RETR"] = retr
        async with client.download_stream("f") as stream:
            assert await stream.read() == CONTENT


async def test_without_abor_where_the_server_dislikes_it() -> None:
    peer = endless_peer("426 broken off")
    async with peer.client(send_abort=False) as client:
        await read_until("failed", client.download_stream("f"))
        await client.noop()
    assert "ABOR" not in peer.commands


@patient
@pytest.mark.parametrize(
    "replies",
    [
        pytest.param("", id="silence"),
        pytest.param("ABOR", id="silence-after-abor"),
        pytest.param("150 still|ABOR|150 here", id="no-final-reply"),
    ],
)
async def test_a_server_that_does_not_play_along_is_disconnected_in_time(replies: str) -> None:
    async def deaf(peer: Peer, argument: str) -> None:
        await endless(peer, argument)
        await anyio.sleep_forever()

    peer = endless_peer(replies)
    peer.answers["RETR"] = deaf
    async with peer.client(close_timeout=0.1) as client:
        with anyio.fail_after(1):
            await read_until("failed", client.download_stream("f"))
        assert not client.is_connected
        with pytest.raises(ConnectionLost, match="given up"):
            await client.noop()


async def test_abort_by_hand() -> None:
    peer = endless_peer("426 broken off|ABOR|226 aborted")
    async with peer.client() as client:
        await client.abort()
        assert peer.commands == []
        stream = await client.download_stream("f")
        await stream.read(10)
        await client.abort()
        await client.noop()


async def test_cancelled_while_waiting_for_150() -> None:
    scope = anyio.CancelScope()

    async def cancel(peer: Peer, argument: str) -> None:
        scope.cancel()

    peer = Peer(RETR=cancel, ABOR="426 broken off\r\n226 aborted")
    async with peer.client() as client:
        with scope:
            await client.download_stream("f")
        await client.noop()
    assert "ABOR" in peer.commands


@patient
async def test_cancelled_while_waiting_for_the_passive_port() -> None:
    scope = anyio.CancelScope()

    async def late(peer: Peer, argument: str) -> None:
        scope.cancel()
        await anyio.sleep(0.02)
        await peer.say(f"229 (|||{peer.open_port()}|)")

    peer = Peer(EPSV=late)
    async with peer.client() as client:
        with scope:
            await client.download_stream("f")
        assert str(await client.get_current_directory()) == "/home"
    assert "ABOR" not in peer.commands


@patient
async def test_cancelled_while_waiting_for_226() -> None:
    scope = anyio.CancelScope()

    async def late(peer: Peer, argument: str) -> None:
        await peer.say("150 it comes")
        (await peer.accept_data()).close()
        await at_end.wait()
        scope.cancel()
        await anyio.sleep(0.02)
        await peer.say("226 done")

    peer, at_end = Peer(RETR=late), anyio.Event()
    async with peer.client() as client:
        with scope:
            async with client.download_stream("f") as stream:
                assert await stream.read() == b""
                at_end.set()
        assert str(await client.get_current_directory()) == "/home"
    assert "ABOR" not in peer.commands


@patient
@pytest.mark.parametrize("timeout", [None, 30])
@pytest.mark.parametrize("told", ["", " (4500 bytes)", " (4501 bytes)"])
async def test_a_second_150_is_the_whole_answer_to_a_cut_download(
    told: str, timeout: float | None
) -> None:
    """pure-ftpd says so when something between us cuts the data connection."""

    async def cut(peer: Peer, argument: str) -> None:
        await peer.say(f"150 it comes{told}")
        data = await peer.accept_data()
        await data.send(peer.content)
        data.close()
        await peer.say("150 12.3 kbytes to download")

    error = {"": FTPTimeoutError, " (4500 bytes)": UnconfirmedTransferError}
    async with Peer(RETR=cut).client(timeout=timeout, close_timeout=0.2) as client:
        with anyio.fail_after(5), pytest.raises(error.get(told, IncompleteTransferError)):
            async with client.download_stream("f") as stream:
                await stream.read()
        await client.noop()


async def test_the_server_hangs_up_when_a_transfer_is_given_up() -> None:
    peer = endless_peer("426 goodbye|ABOR", ABOR=hang_up)

    async def leave(peer: Peer, argument: str) -> None:
        await endless(peer, argument)
        raise Hangup

    peer.answers["RETR"] = leave
    async with peer.client() as client:
        await read_until("failed", client.download_stream("f"))
        with pytest.raises(ConnectionLost):
            await client.noop()
