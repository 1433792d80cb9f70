"""Transfers that were given up before the server had accepted their data connection."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from contextlib import suppress
from tempfile import TemporaryDirectory

import anyio
import pytest

from anyftp import Client, ConnectionLost
from anyftp._client._data._lost_transfer import end_lost_transfer
from anyftp.testing import cancel_at_each_checkpoint
from client.peer import CONTENT, Handler, Peer, drain, epsv, retr
from support.patient_clocks import patient

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


def remembering(scope: anyio.CancelScope) -> Handler:
    """As pyftpdlib 2.2 does with RETR: what it has to send goes over the next data connection."""

    async def retr_or_list(peer: Peer, argument: str) -> None:
        await peer.say("150 File status okay. About to open data connection.")
        peer.answers |= {"EPSV": (send_it_by_the_next, epsv), "RETR": retr}
        scope.cancel()

    return retr_or_list


async def send_it_by_the_next(peer: Peer, argument: str) -> None:
    await epsv(peer, argument)
    data = await peer.accept_data()
    with suppress(anyio.BrokenResourceError):
        await data.send(b"another file" * 5000)
    data.close()
    await peer.say("426 Transfer aborted; 60000 bytes transmitted.")


async def read_a_stream(client: Client) -> None:
    async with client.download_stream("half") as stream:
        await stream.read()


async def download(client: Client) -> None:
    with TemporaryDirectory() as folder:
        await client.download("half", f"{folder}/half")


async def read_a_range(client: Client) -> None:
    async with client.download_stream("half", offset=1, length=1) as stream:
        await stream.read()


async def list_a_folder(client: Client) -> None:
    await client.list("half")


@pytest.mark.parametrize("given_up", [read_a_stream, download, read_a_range, list_a_folder])
async def test_what_a_lost_download_has_left_does_not_come_with_the_next_transfer(
    given_up: Callable[[Client], Awaitable[None]],
) -> None:
    scope = anyio.CancelScope()
    lost = remembering(scope)
    peer = Peer(RETR=lost, MLSD=lost, ABOR="225 ABOR command successful; data channel closed.")
    async with peer.client(timeout=10) as client:
        with scope:
            await given_up(client)
        assert scope.cancelled_caught
        for _ in range(2):
            async with client.download_stream("f") as stream:
                assert await stream.read() == CONTENT


async def test_where_data_have_come_the_server_has_accepted_and_nothing_is_lost() -> None:
    async def send_some(peer: Peer, argument: str) -> None:
        await peer.say("150 it comes")
        await (await peer.accept_data()).send(b"the first lines")
        peer.answers["RETR"] = retr

    peer = Peer(RETR=send_some, ABOR="225 nothing to abort")
    async with peer.client(timeout=10) as client:
        async with client.download_stream("f") as stream:
            assert await stream.readexactly(15)
        async with client.download_stream("f") as stream:
            assert await stream.read() == CONTENT
        assert peer.commands.count("EPSV") == 2


async def test_cancelled_at_every_point_of_ending_it() -> None:
    peer = forgetful()
    async with peer.client(timeout=10) as client:
        session = client._session
        assert session is not None
        await give_up_an_upload(client)
        async for _ in cancel_at_each_checkpoint(lambda: end_lost_transfer(session)):
            assert str(await client.get_current_directory()) == "/home"
            async with client.download_stream("f") as stream:
                assert await stream.read() == CONTENT
            session.unsettled.has_lost_transfer = True
            peer.answers["EPSV"] = (take_the_next_for_it, epsv)


@patient
async def test_a_server_that_never_ends_it_is_disconnected_in_time() -> None:
    async def deaf(peer: Peer, argument: str) -> None:
        await epsv(peer, argument)
        await anyio.sleep_forever()

    async with Peer(EPSV=deaf).client(close_timeout=0.1) as client:
        assert client._session is not None
        client._session.unsettled.has_lost_transfer = True
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
