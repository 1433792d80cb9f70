"""Our end of a data connection until it is in use, or is given up."""

from __future__ import annotations

import ssl
from contextlib import suppress
from pathlib import Path
from typing import Any

import anyio
import pytest

from anyftp import Client
from anyftp._errors import (
    FTPTimeoutError,
    PermanentReplyError,
    TLSError,
)
from anyftp._streams import OptimisticStream, TLSStream
from client.data.opened import read
from client.peer import (
    CONTENT,
    Answers,
    Peer,
    epsv,
    retr,
    send_data,
    tcp_pair,
)
from support.clocks import VIRTUAL_BACKENDS, Backend

pytestmark = pytest.mark.anyio


@pytest.fixture(params=VIRTUAL_BACKENDS)
def anyio_backend(request: pytest.FixtureRequest) -> Backend:
    """Time-outs have an exact length here, and pass at once."""
    backend: Backend = request.param
    return backend


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


@pytest.mark.parametrize("ahead", ["REST", "SIZE"])
async def test_who_is_cancelled_before_what_goes_ahead_is_answered_lets_the_handshake_finish(
    ahead: str, tmp_path: Path, server_tls: ssl.SSLContext, client_tls: ssl.SSLContext
) -> None:
    """vsftpd ends the session when a handshake is cut short."""
    # Of TLS 1.3 the server's tickets come after the handshake, when nobody may be there any more.
    server_tls.maximum_version = ssl.TLSVersion.TLSv1_2
    asked, may_go_on, shakes = anyio.Event(), anyio.Event(), 0

    async def late(peer: Peer, argument: str) -> None:
        asked.set()
        await may_go_on.wait()
        await peer.say("350 from there" if ahead == "REST" else f"213 {len(CONTENT)}")

    async def shaking(peer: Peer, argument: str) -> None:
        nonlocal shakes
        await peer.say("150 it comes")
        data = await peer.accept_data()
        shakes += 1
        with suppress(anyio.BrokenResourceError):
            await data.send(CONTENT)
            await data.aclose()
        await peer.say("226 done")

    async def once(client: Client) -> None:
        if ahead == "SIZE":
            await client.download("f", tmp_path / "f")
        else:
            async with client.download_stream("f", offset=1) as stream:
                await stream.read()

    peer = Peer(tls=server_tls, RETR=shaking, SIZE=f"213 {len(CONTENT)}")
    async with peer.client(tls="explicit", ssl_context=client_tls) as client:
        await once(client)
        peer.answers[ahead] = late
        async with anyio.create_task_group() as group:
            group.start_soon(once, client)
            await asked.wait()
            group.cancel_scope.cancel()
            may_go_on.set()
        await client.noop()
    assert shakes == 2


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
