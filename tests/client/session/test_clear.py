"""CCC: the control connection in clear text, data connections as they were."""

from __future__ import annotations

import contextlib
import ssl
from collections.abc import AsyncIterator
from typing import Any

import anyio
import pytest

from anyftp import (
    Client,
    ConnectionLost,
    FTPTimeoutError,
    LocalProtocolError,
    PermanentReplyError,
    Server,
    TLSPolicy,
    User,
)
from anyftp._fs import MemoryFileSystem
from anyftp._streams import TLSStream
from client.peer import CONTENT, Peer, hang_up, silent
from support.clocks import VIRTUAL_BACKENDS

pytestmark = pytest.mark.anyio


async def ccc(peer: Peer, argument: str) -> None:
    assert isinstance(peer.control, TLSStream)
    await peer.say("200 in clear text from here")
    with contextlib.suppress(anyio.BrokenResourceError, TimeoutError):
        peer.control, received = await peer.control.unwrap()
        peer.take_in(received)


@contextlib.asynccontextmanager
async def protected(
    server_tls: ssl.SSLContext, client_tls: ssl.SSLContext, **answers: Any
) -> AsyncIterator[tuple[Peer, Client]]:
    peer = Peer(tls=server_tls, **{"CCC": ccc, **answers})
    async with peer.client(tls="explicit", ssl_context=client_tls, close_timeout=5) as client:
        yield peer, client


async def test_commands_go_in_clear_text_and_data_stay_protected(
    server_tls: ssl.SSLContext, client_tls: ssl.SSLContext
) -> None:
    async with protected(server_tls, client_tls) as (peer, client):
        await client.clear_command_channel()
        assert not isinstance(client.control_stream, TLSStream)
        assert str(await client.get_current_directory()) == "/home"
        async with client.download_stream("f") as stream:
            assert await stream.read() == CONTENT
        assert peer.protects_data
        assert peer.commands == ["CCC", "PWD", "TYPE I", "EPSV", "RETR f"]


async def test_a_refusal_leaves_everything_protected(
    server_tls: ssl.SSLContext, client_tls: ssl.SSLContext
) -> None:
    async with protected(server_tls, client_tls, CCC="534 not here") as (_, client):
        with pytest.raises(PermanentReplyError, match="534"):
            await client.clear_command_channel()
        assert isinstance(client.control_stream, TLSStream)
        await client.noop()


async def test_in_clear_text_already() -> None:
    peer = Peer()
    async with peer.client() as client:
        with pytest.raises(LocalProtocolError, match="already in clear text"):
            await client.clear_command_channel()
        assert peer.commands == []


async def say_200(peer: Peer, argument: str) -> None:
    await peer.say("200 in clear text from here")


@pytest.mark.parametrize("anyio_backend", VIRTUAL_BACKENDS)
async def test_a_server_that_does_not_end_tls_is_not_waited_for(
    server_tls: ssl.SSLContext, client_tls: ssl.SSLContext
) -> None:
    async def stay(peer: Peer, argument: str) -> None:
        await say_200(peer, argument)
        await anyio.sleep_forever()

    async with protected(server_tls, client_tls, CCC=stay) as (_, client):
        with pytest.raises(FTPTimeoutError, match=r"end of TLS .* 5 s"):
            await client.clear_command_channel()
        assert not client.is_connected


async def test_a_server_that_hangs_up_instead(
    server_tls: ssl.SSLContext, client_tls: ssl.SSLContext
) -> None:
    async def leave(peer: Peer, argument: str) -> None:
        await say_200(peer, argument)
        await hang_up(peer, argument)

    async with protected(server_tls, client_tls, CCC=leave) as (_, client):
        with pytest.raises(ConnectionLost):
            await client.clear_command_channel()
        assert not client.is_connected


@pytest.mark.parametrize("anyio_backend", VIRTUAL_BACKENDS)
async def test_no_reply_in_time(server_tls: ssl.SSLContext, client_tls: ssl.SSLContext) -> None:
    """Nobody knows whether the server has gone over to clear text."""
    peer = Peer(tls=server_tls, CCC=silent)
    async with peer.client(tls="explicit", ssl_context=client_tls, timeout=5) as client:
        with pytest.raises(FTPTimeoutError, match="reply to CCC"):
            await client.clear_command_channel()
        with pytest.raises(ConnectionLost, match="reply to CCC"):
            await client.noop()


@contextlib.asynccontextmanager
async def our_server(server_tls: ssl.SSLContext) -> AsyncIterator[tuple[str, int]]:
    user = User(name="alice", password="wonder-land", file_system=MemoryFileSystem())
    policy = TLSPolicy(allow_ccc=True, session_reuse="required")
    server = Server([user], ssl_context=server_tls, require_tls=True, tls_policy=policy)
    async with anyio.create_task_group() as group:
        [address, *_] = await group.start(server.serve, "127.0.0.1", 0)
        yield address[0], address[1]
        group.cancel_scope.cancel()


@pytest.mark.parametrize("newest", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
async def test_on_our_server_data_connections_resume_the_session(
    newest: ssl.TLSVersion, server_tls: ssl.SSLContext, client_tls: ssl.SSLContext
) -> None:
    client_tls.maximum_version = newest
    async with (
        our_server(server_tls) as (host, port),
        Client.context(
            host, port, "alice", "wonder-land", tls="explicit", ssl_context=client_tls
        ) as client,
    ):
        await client.clear_command_channel()
        async with client.upload_stream("f") as stream:
            await stream.write(CONTENT)
        async with client.download_stream("f") as stream:
            assert await stream.read() == CONTENT
        await client.upgrade_to_tls()
        await client.login("alice", "wonder-land")  # AUTH has undone the first one
        assert await client.size("f") == len(CONTENT)
