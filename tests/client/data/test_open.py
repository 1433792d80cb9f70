"""Opening a data connection: TLS and replies in any order. Quirks 5 to 7, 23 to 25, 30 to 37."""

from __future__ import annotations

import ssl
from typing import Any

import anyio
import pytest

from anyftp._errors import (
    FTPTimeoutError,
    IncompleteTransferError,
    PermanentReplyError,
    TLSError,
    TransientReplyError,
)
from anyftp._streams import OptimisticStream, TLSStream
from client.peer import (
    CONTENT,
    Answers,
    Peer,
    epsv,
    rest,
    retr,
    send_data,
    silent,
    tcp_pair,
)
from support.clocks import VIRTUAL_BACKENDS, Backend

pytestmark = pytest.mark.anyio


@pytest.fixture(params=VIRTUAL_BACKENDS)
def anyio_backend(request: pytest.FixtureRequest) -> Backend:
    """Time-outs have an exact length here, and pass at once."""
    backend: Backend = request.param
    return backend


async def read(peer: Peer, **options: Any) -> bytes:
    async with peer.client(**options) as client:
        async with client.download_stream("f") as stream:
            content = await stream.read()
        await client.noop()
    return content


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


async def test_a_server_that_never_says_150() -> None:
    peer = Peer(RETR=silent, ABOR="426 given up\r\n226 done")
    async with peer.client(timeout=0.05) as client:
        with pytest.raises(FTPTimeoutError, match="RETR"):
            await client.download_stream("f")
        await client.noop()


# TLS


async def early_handshake(peer: Peer, argument: str) -> None:
    """Shake hands before the first reply."""
    data = await peer.accept_data()
    await peer.say("150 it comes")
    await data.send(peer.content)
    await data.aclose()
    await peer.say("226 done")


@pytest.mark.parametrize("version", ["TLSv1_2", "TLSv1_3"])
@pytest.mark.parametrize("order", [retr, early_handshake], ids=["after-150", "before-150"])
async def test_the_handshake_and_150_in_either_order(
    order: Answers, version: str, server_tls: ssl.SSLContext, client_tls: ssl.SSLContext
) -> None:
    server_tls.maximum_version = ssl.TLSVersion[version]
    peer = Peer(tls=server_tls, RETR=order)
    with anyio.fail_after(5):
        assert await read(peer, tls="explicit", ssl_context=client_tls) == CONTENT


@pytest.mark.parametrize("version", ["TLSv1_2", "TLSv1_3"])
async def test_the_session_is_resumed_on_every_data_connection(
    version: str, server_tls: ssl.SSLContext, client_tls: ssl.SSLContext
) -> None:
    server_tls.maximum_version = ssl.TLSVersion[version]
    reused = []

    async def check(peer: Peer, argument: str) -> None:
        await peer.say("150 it comes")
        data = await peer.accept_data()
        assert isinstance(data, TLSStream)
        reused.append(data.session_reused)
        await data.aclose()
        await peer.say("226 done")

    peer = Peer(tls=server_tls, RETR=check)
    async with peer.client(tls="explicit", ssl_context=client_tls) as client:
        for _ in range(3):
            async with client.download_stream("f") as stream:
                assert await stream.read() == b""
    assert reused == [True, True, True]


@pytest.mark.parametrize("is_resumable", [True, False])
async def test_a_session_that_was_resumed_is_not_asked_for_again_at_once(
    is_resumable: bool,
    server_tls: ssl.SSLContext,
    client_tls: ssl.SSLContext,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    if not is_resumable:
        server_tls.num_tickets = 0
    ask = vars(TLSStream)["session"].fget
    asked = []

    def counted(stream: TLSStream) -> object:
        asked.append(stream)
        return ask(stream)

    monkeypatch.setattr(TLSStream, "session", property(counted))
    peer = Peer(tls=server_tls)
    async with peer.client(tls="explicit", ssl_context=client_tls) as client:
        for _ in range(3):
            async with client.download_stream("f") as stream:
                assert await stream.read() == CONTENT
        monkeypatch.setattr("anyftp._client._data._endpoint._TICKET_SECONDS", 0.0)
        async with client.download_stream("f") as stream:
            assert await stream.read() == CONTENT
    assert len(asked) == (2 if is_resumable else 4)


async def test_data_connections_are_verified_against_the_control_hosts_name(
    server_tls: ssl.SSLContext, client_tls: ssl.SSLContext
) -> None:
    names = []

    def record(conn: ssl.SSLObject, name: str | None, context: ssl.SSLContext) -> None:
        names.append(name)

    server_tls.sni_callback = record
    peer = Peer(tls=server_tls, EPSV="500 what?")
    await read(peer, tls="explicit", ssl_context=client_tls)
    assert names == ["ftp.example.org"] * 2


@pytest.mark.parametrize("when", ["before-150", "after-150"])
async def test_the_servers_reply_is_the_reason_for_a_failed_handshake(
    when: str, server_tls: ssl.SSLContext, client_tls: ssl.SSLContext
) -> None:
    async def refuse(peer: Peer, argument: str) -> None:
        peer.protects_data = False
        if when == "after-150":
            await peer.say("150 it comes")
        data = await peer.accept_data()
        data.close()
        await anyio.sleep(0.02)
        await peer.say("522 SSL connection failed: session reuse required")

    peer = Peer(tls=server_tls, RETR=refuse)
    async with peer.client(tls="explicit", ssl_context=client_tls) as client:
        with pytest.raises(PermanentReplyError, match="reuse required"):
            await client.download_stream("f")
        await client.noop()


async def test_a_server_that_sends_data_in_clear_text_after_prot_p(
    server_tls: ssl.SSLContext, client_tls: ssl.SSLContext
) -> None:
    async def clear(peer: Peer, argument: str) -> None:
        peer.protects_data = False
        await send_data(peer, peer.content)

    peer = Peer(tls=server_tls, RETR=clear)
    async with peer.client(tls="explicit", ssl_context=client_tls) as client:
        with pytest.raises(TLSError, match="did not answer in TLS"):
            await client.download_stream("f")
        await client.noop()


async def test_another_certificate_on_the_data_connection(
    server_tls: ssl.SSLContext, client_tls: ssl.SSLContext
) -> None:
    import trustme

    other = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    trustme.CA().issue_cert("ftp.example.org").configure_cert(other)

    async def impostor(peer: Peer, argument: str) -> None:
        peer.tls = other
        await peer.say("150 it comes")
        await peer.accept_data()

    peer = Peer(tls=server_tls, RETR=impostor)
    async with peer.client(tls="explicit", ssl_context=client_tls) as client:
        with pytest.raises(TLSError, match="certificate"):
            await client.download_stream("f")
        await client.noop()


async def test_t9_a_handshake_that_never_ends(
    server_tls: ssl.SSLContext, client_tls: ssl.SSLContext
) -> None:
    async def stall(peer: Peer, argument: str) -> None:
        await peer.say("150 it comes")

    peer = Peer(tls=server_tls, RETR=stall, ABOR="426 given up\r\n226 done")
    options: dict[str, Any] = {"timeout": 0.1, "close_timeout": 1.0}
    async with peer.client(tls="explicit", ssl_context=client_tls, **options) as client:
        with pytest.raises(FTPTimeoutError, match="handshake"):
            await client.download_stream("f")
        await client.noop()


async def test_an_empty_upload_over_tls_completes_its_handshake(
    server_tls: ssl.SSLContext, client_tls: ssl.SSLContext
) -> None:
    peer = Peer(tls=server_tls)
    async with (
        peer.client(tls="explicit", ssl_context=client_tls) as client,
        client.upload_stream("f"),
    ):
        pass
    assert peer.received == b""
    assert peer.ended_well


async def test_the_end_of_an_earlier_transfer_makes_a_data_connection_suspect() -> None:
    """pyftpdlib may send the data of a transfer that was given up over the next connection."""

    async def epsv_and_a_stale_end(peer: Peer, argument: str) -> None:
        await peer.say(f"229 here (|||{peer.open_port()}|)\r\n226 done at last")

    peer = Peer(EPSV=(epsv_and_a_stale_end, epsv))
    assert await read(peer) == CONTENT
    assert peer.commands == ["TYPE I", "EPSV", "EPSV", "RETR f", "NOOP"]


# Connections that are not used


async def ended_in_reset(stream: OptimisticStream) -> bool:
    try:
        await stream.receive()
    except anyio.BrokenResourceError:
        return True
    except anyio.EndOfStream:
        return False
    raise AssertionError("it brought data")


async def test_a_data_connection_that_is_not_used_is_reset() -> None:
    """The port may be another session's by now, who must not take this for an empty upload."""

    async def late(peer: Peer, argument: str) -> None:
        await epsv(peer, argument)
        await peer.say("226 the end of an earlier transfer")

    peer = Peer(EPSV=(late, epsv))
    peer.make_pair = tcp_pair
    async with peer.client() as client:
        async with client.download_stream("f") as stream:
            assert await stream.read() == CONTENT
        assert peer.commands == ["TYPE I", "EPSV", "EPSV", "RETR f"]
        assert await ended_in_reset(peer.open_ends[1])


async def test_a_data_connection_whose_command_is_not_sent_is_reset() -> None:
    peer = Peer(REST="502 never")
    peer.make_pair = tcp_pair
    async with peer.client() as client:
        with pytest.raises(PermanentReplyError):
            await client.download_stream("f", offset=3)
        assert await ended_in_reset(peer.open_ends[1])
