"""Uploads that were given up before the server had accepted their data connection."""

from __future__ import annotations

import anyio
import pytest

from anyftp import Client, ConnectionLost
from anyftp._client._data._lost_upload import end_lost_upload
from anyftp.testing import cancel_at_each_checkpoint
from client.peer import CONTENT, Peer, drain, epsv

pytestmark = pytest.mark.anyio


async def forget(peer: Peer, argument: str) -> None:
    """As pyftpdlib 2.2 when it finds the data connection reset: say no more."""
    await peer.say("150 File status okay. About to open data connection.")
    peer.answers["EPSV"] = (take_the_next_for_it, epsv)


async def take_the_next_for_it(peer: Peer, argument: str) -> None:
    await epsv(peer, argument)
    await drain(await peer.accept_data())
    await peer.say("226 Transfer complete.")


def forgetful() -> Peer:
    return Peer(STOR=forget, ABOR="225 ABOR command successful; data channel closed.")


async def give_up_an_upload(client: Client) -> None:
    with anyio.CancelScope() as scope:
        async with client.upload_stream("half") as stream:
            scope.cancel()
            await stream.write(CONTENT)
    assert scope.cancelled_caught


async def test_quirk_57_a_lost_upload_does_not_get_the_next_data_connection() -> None:
    peer = forgetful()
    async with peer.client(timeout=10) as client:
        await give_up_an_upload(client)
        await client.noop()
        for _ in range(2):
            async with client.download_stream("f") as stream:
                assert await stream.read() == CONTENT
        lost = ["EPSV", "STOR half", "ABOR", "PWD", "NOOP", "EPSV"]
        assert peer.commands == ["TYPE I", *lost, "EPSV", "RETR f", "EPSV", "RETR f"]


async def test_cancelled_at_every_point_of_ending_it() -> None:
    peer = forgetful()
    async with peer.client(timeout=10) as client:
        session = client._session
        assert session is not None
        await give_up_an_upload(client)
        async for _ in cancel_at_each_checkpoint(lambda: end_lost_upload(session)):
            assert str(await client.get_current_directory()) == "/home"
            async with client.download_stream("f") as stream:
                assert await stream.read() == CONTENT
            session.unsettled.has_upload = True
            peer.answers["EPSV"] = (take_the_next_for_it, epsv)


async def test_a_server_that_never_ends_it_is_disconnected_in_time() -> None:
    async def deaf(peer: Peer, argument: str) -> None:
        await epsv(peer, argument)
        await anyio.sleep_forever()

    async with Peer(EPSV=deaf).client(close_timeout=0.1) as client:
        assert client._session is not None
        client._session.unsettled.has_upload = True
        with anyio.fail_after(10), pytest.raises(ConnectionLost, match="given up"):
            await client.download_stream("f")
        assert not client.is_connected


@pytest.mark.parametrize(
    "replies",
    [
        pytest.param("225 nothing to abort", id="nothing-was-lost"),
        pytest.param("226 aborted", id="226"),
        pytest.param("426 broken off\r\n226 aborted", id="426-and-226"),
    ],
)
async def test_servers_that_have_lost_nothing(replies: str) -> None:
    """Where 225 leaves it open, a moment is lost."""

    peer = Peer(STOR="150 send it", ABOR=replies)
    async with peer.client() as client:
        await give_up_an_upload(client)
        async with client.download_stream("f") as stream:
            assert await stream.read() == CONTENT
        nports = peer.commands.count("EPSV")
        assert nports == (3 if replies.startswith("225") else 2)
