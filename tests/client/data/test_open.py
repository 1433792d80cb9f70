"""Opening a data connection: TLS and replies in any order. Quirks 5 to 7, 23 to 25, 30 to 37."""

from __future__ import annotations

import anyio
import pytest

from anyftp._errors import (
    FTPTimeoutError,
    IncompleteTransferError,
    PermanentReplyError,
    TransientReplyError,
)
from client.data.opened import read
from client.peer import (
    CONTENT,
    Peer,
    epsv,
    rest,
    retr,
    silent,
)
from support.clocks import VIRTUAL_BACKENDS, Backend
from support.patient_clocks import patient

pytestmark = pytest.mark.anyio


@pytest.fixture(params=VIRTUAL_BACKENDS)
def anyio_backend(request: pytest.FixtureRequest) -> Backend:
    """Time-outs have an exact length here, and pass at once."""
    backend: Backend = request.param
    return backend


# Orders of the replies


async def test_125_instead_of_150() -> None:
    async def retr_125(peer: Peer, argument: str) -> None:
        await peer.say("125 transfer starting")
        data = await peer.accept_data()
        await data.send(peer.content)
        data.close()
        await peer.say("250 instead of 226")

    assert await read(Peer(RETR=retr_125)) == CONTENT


@pytest.mark.parametrize(
    "replies", ["226 done", "150 it comes\r\n226 done", "150 it comes\r\n150 truly\r\n200 done"]
)
async def test_the_final_reply_comes_before_the_data(replies: str) -> None:
    async def hasty(peer: Peer, argument: str) -> None:
        await peer.say(replies)
        data = await peer.accept_data()
        await anyio.sleep(0.02)
        await data.send(peer.content)
        data.close()

    assert await read(Peer(RETR=hasty)) == CONTENT


async def test_the_data_come_before_the_first_reply() -> None:
    async def eager(peer: Peer, argument: str) -> None:
        data = await peer.accept_data()
        await data.send(peer.content)
        data.close()
        await anyio.sleep(0.02)
        await peer.say("150 it came")
        await peer.say("226 done")

    assert await read(Peer(RETR=eager)) == CONTENT


@pytest.mark.parametrize(
    ("reply", "error"),
    [
        ("550 no such file", PermanentReplyError),
        ("450 busy", TransientReplyError),
        ("530 not logged in", PermanentReplyError),
    ],
)
async def test_a_refusal_closes_the_data_connection(reply: str, error: type[Exception]) -> None:
    peer = Peer(RETR=(reply, retr))
    async with peer.client() as client:
        with pytest.raises(error, match=reply[4:]):
            await client.download_stream("f")
        data = await peer.accept_data()
        with pytest.raises(anyio.EndOfStream):
            await data.receive()
        async with client.download_stream("f") as stream:
            assert await stream.read() == CONTENT


async def test_425_is_met_with_one_more_try() -> None:
    peer = Peer(RETR=("425 port in use", retr))
    assert await read(peer) == CONTENT
    assert peer.commands == ["TYPE I", "EPSV", "RETR f", "EPSV", "RETR f", "NOOP"]


async def test_425_twice_is_an_error() -> None:
    async with Peer(RETR="425 port in use").client() as client:
        with pytest.raises(TransientReplyError, match="425"):
            await client.download_stream("f")


async def test_an_offset_goes_right_before_the_command() -> None:
    peer = Peer()
    async with peer.client() as client, client.download_stream("f", offset=100) as stream:
        assert await stream.read() == CONTENT[100:]
    assert peer.commands == ["TYPE I", "EPSV", "REST 100", "RETR f"]


async def test_an_offset_refused() -> None:
    peer = Peer(REST="501 not here")
    async with peer.client() as client:
        with pytest.raises(PermanentReplyError, match="REST"):
            await client.download_stream("f", offset=100)
        await client.noop()
    assert "RETR f" not in peer.commands


async def first_replies_then_data(peer: Peer, argument: str) -> None:
    """Say nothing to REST before the next command is there."""
    if not peer.commands.count(f"REST {argument}") > 1:
        return await rest(peer, argument)
    assert await peer.next_command() == "RETR f"
    await rest(peer, argument)
    await retr(peer, "f")
    return None


async def test_once_offsets_were_taken_the_command_follows_at_once() -> None:
    peer = Peer(REST=first_replies_then_data)
    async with peer.client(timeout=2) as client:
        for _ in range(2):
            async with client.download_stream("f", offset=100) as stream:
                assert await stream.read() == CONTENT[100:]
        await client.noop()


async def test_an_offset_refused_after_others_were_taken_gives_nothing_from_elsewhere() -> None:
    peer = Peer(REST=(rest, "554 not there"))
    async with peer.client() as client:
        async with client.download_stream("f", offset=100) as stream:
            assert await stream.read() == CONTENT[100:]
        with pytest.raises(PermanentReplyError, match="REST"):
            await client.download_stream("f", offset=200)
        async with client.download_stream("f") as stream:
            assert await stream.read() == CONTENT


async def test_an_upload_waits_for_the_reply_to_its_offset() -> None:
    peer = Peer(REST=(rest, "554 not there"))
    async with peer.client() as client:
        async with client.download_stream("f", offset=100) as stream:
            assert await stream.read() == CONTENT[100:]
        with pytest.raises(PermanentReplyError, match="REST"):
            await client.upload_stream("f", offset=200)
    assert not [command for command in peer.commands if command.startswith("STOR")]


async def test_an_offset_is_not_left_to_the_next_transfer_by_a_cancellation() -> None:
    scope = anyio.CancelScope()

    async def cancelled_meanwhile(peer: Peer, argument: str) -> None:
        scope.cancel()
        await anyio.lowlevel.checkpoint()
        await rest(peer, argument)

    peer = Peer(REST=(cancelled_meanwhile, rest))
    async with peer.client() as client:
        with scope:
            await client.download_stream("f", offset=100)
        assert scope.cancelled_caught
        async with client.download_stream("f") as stream:
            assert await stream.read() == CONTENT
    assert peer.commands[-3:] == ["EPSV", "REST 0", "RETR f"]


async def test_after_a_rest_of_the_users_own_the_server_says_how_much_comes() -> None:
    async def tell_the_size_of_the_file(peer: Peer, argument: str) -> None:
        await peer.say(f"150 Opening data connection ({len(CONTENT)} bytes)")
        data = await peer.accept_data()
        await data.send(CONTENT[100:])
        data.close()
        await peer.say("226 Done")

    async with Peer(RETR=tell_the_size_of_the_file).client() as client:
        await client.send_command("REST", "100")
        assert (await client.receive_reply()).code == "350"
        async with client.download_stream("f") as stream:
            assert await stream.read() == CONTENT[100:]
        with pytest.raises(IncompleteTransferError):  # the next one begins at the beginning
            async with client.download_stream("f") as stream:
                await stream.read()


async def test_a_refused_offset_leaves_nothing_to_take_back() -> None:
    peer = Peer(REST="501 not here")
    async with peer.client() as client:
        with pytest.raises(PermanentReplyError, match="REST"):
            await client.download_stream("f", offset=100)
        async with client.download_stream("f") as stream:
            assert await stream.read() == CONTENT
    assert peer.commands[-2:] == ["EPSV", "RETR f"]


@patient
async def test_a_server_that_never_says_150() -> None:
    peer = Peer(RETR=silent, ABOR="426 given up\r\n226 done")
    async with peer.client(timeout=0.05) as client:
        with pytest.raises(FTPTimeoutError, match="RETR"):
            await client.download_stream("f")
        await client.noop()


async def test_the_end_of_an_earlier_transfer_makes_a_data_connection_suspect() -> None:
    """pyftpdlib may send the data of a transfer that was given up over the next connection."""

    async def epsv_and_a_stale_end(peer: Peer, argument: str) -> None:
        await peer.say(f"229 here (|||{peer.open_port()}|)\r\n226 done at last")

    peer = Peer(EPSV=(epsv_and_a_stale_end, epsv))
    assert await read(peer) == CONTENT
    assert peer.commands == ["TYPE I", "EPSV", "EPSV", "RETR f", "NOOP"]
