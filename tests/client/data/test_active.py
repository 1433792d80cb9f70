"""Active mode. SECURITY D2 and D5 on the client's side."""

from __future__ import annotations

import contextlib
import ssl
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import anyio
import pytest

from anyftp import LocalFileSystem, Server, User
from anyftp._client import Client
from anyftp._errors import (
    ConnectionLost,
    DataConnectionError,
    LocalProtocolError,
    NoDataPort,
    PermanentReplyError,
    TransientReplyError,
)
from anyftp._net import connect_tcp, listen_tcp
from anyftp._protocol import parse_eprt, parse_port
from client.peer import CONTENT, Handler, Peer, silent
from support.patient_clocks import patient
from support.ports import free_ports

pytestmark = pytest.mark.anyio


class Caller(Peer):
    """A scripted server over TCP, which connects to where the client listens."""

    def __init__(self, **answers: Any) -> None:
        super().__init__(**{"EPRT": announced(parse_eprt), "RETR": call_back, **answers})
        self.target = ("", 0)

    @contextlib.asynccontextmanager
    async def on_tcp(self, host: str = "127.0.0.1", **options: Any) -> AsyncIterator[Client]:
        listener = await listen_tcp(host)
        async with self.running():
            assert self._group is not None
            self._group.start_soon(self._accept, listener)
            client = Client(active=True, **options)
            try:
                await client.connect(host, listener.port)
                await client.login()
                self.commands.clear()
                yield client
            finally:
                await client.aclose()
                listener.close()

    async def _accept(self, listener: Any) -> None:
        stream = await listener.accept()
        self.open_ends.append(stream)
        await self._serve(stream)


def announced(parse: Callable[[str], tuple[str, int]]) -> Handler:
    async def remember(peer: Peer, argument: str) -> None:
        assert isinstance(peer, Caller)
        peer.target = parse(argument)
        await peer.say("200 noted")

    return remember


async def call_back(peer: Peer, argument: str) -> None:
    assert isinstance(peer, Caller)
    await peer.say(f"150 it comes ({len(peer.content)} bytes)")
    data = await connect_tcp(*peer.target)
    await data.send(peer.content)
    data.close()
    await peer.say("226 done")


async def read(client: Client) -> bytes:
    async with client.download_stream("f") as stream:
        return await stream.read()


@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
async def test_eprt(host: str) -> None:
    peer = Caller()
    async with peer.on_tcp(host) as client:
        assert await read(client) == CONTENT
        assert await read(client) == CONTENT
        await client.noop()
    kinds = [command.split()[0] for command in peer.commands]
    assert kinds == ["TYPE", "EPRT", "RETR", "EPRT", "RETR", "NOOP"]


async def test_port_where_eprt_is_unknown_is_remembered() -> None:
    peer = Caller(EPRT="500 what?", PORT=announced(parse_port))
    async with peer.on_tcp() as client:
        assert await read(client) == CONTENT
        assert await read(client) == CONTENT
    kinds = [command.split()[0] for command in peer.commands]
    assert kinds == ["TYPE", "EPRT", "PORT", "RETR", "PORT", "RETR"]


async def test_both_are_refused() -> None:
    async with Caller(EPRT="500 what?", PORT="501 no").on_tcp() as client:
        with pytest.raises(PermanentReplyError, match="PORT"):
            await read(client)
        await client.noop()


async def test_the_address_and_ports_by_request() -> None:
    free = free_ports(1)
    peer = Caller()
    options: dict[str, Any] = {
        "active_host": "192.0.2.1",
        "active_ports": range(free, free + 1),
        "connection_timeout": 0.05,
    }
    async with peer.on_tcp(**options) as client:
        peer.answers["RETR"] = "425 cannot connect there"
        with pytest.raises(TransientReplyError, match="cannot connect"):
            await read(client)
        assert peer.target == ("192.0.2.1", free)
        taken = await listen_tcp("127.0.0.1", free)
        with pytest.raises(NoDataPort):
            await read(client)
        taken.close()
        await client.noop()


async def test_d5_a_stranger_is_not_let_in() -> None:
    async def stranger_first(peer: Peer, argument: str) -> None:
        assert isinstance(peer, Caller)
        await peer.say("150 it comes")
        stranger = await connect_tcp(*peer.target, local_address=("127.0.0.2", 0))
        with (
            anyio.move_on_after(5) as patience,
            pytest.raises((anyio.EndOfStream, anyio.BrokenResourceError)),
        ):
            await stranger.receive()
        stranger.close()
        assert not patience.cancelled_caught
        data = await connect_tcp(*peer.target)
        await data.send(b"mine")
        data.close()
        await peer.say("226 done")

    async with Caller(RETR=stranger_first).on_tcp() as client:
        assert await read(client) == b"mine"


@patient
async def test_a_server_that_does_not_connect() -> None:
    async def forget(peer: Peer, argument: str) -> None:
        await peer.say("150 it comes")

    peer = Caller(RETR=forget, ABOR="426 given up\r\n226 done")
    async with peer.on_tcp(connection_timeout=0.05, close_timeout=0.4) as client:
        with pytest.raises(DataConnectionError, match="did not connect"):
            await read(client)
        await client.noop()


@patient
async def test_quirk_58_eprt_is_never_answered() -> None:
    """pyftpdlib forgets one of two sessions that ask at the same moment."""
    peer = Caller(EPRT=silent)
    async with peer.on_tcp(close_timeout=0.1) as client:
        with anyio.move_on_after(0.1) as scope:
            await read(client)
        assert scope.cancelled_caught
        with pytest.raises(ConnectionLost, match="EPRT never came"):
            await client.noop()
        assert not client.is_connected
    assert peer.commands[-1].startswith("EPRT")


@patient
async def test_the_reason_of_a_server_that_cannot_connect() -> None:
    async def fail(peer: Peer, argument: str) -> None:
        await peer.say("150 it comes")
        await anyio.sleep(0.1)
        await peer.say("425 no route to you")

    async with Caller(RETR=fail).on_tcp(connection_timeout=0.05) as client:
        with pytest.raises(TransientReplyError, match="no route to you"):
            await read(client)
        await client.noop()


async def test_over_another_dialler() -> None:
    async with Peer().client(active=True) as client:
        with pytest.raises(LocalProtocolError, match="active"):
            await read(client)


@pytest.mark.parametrize("is_tls", [False, True], ids=["plain", "tls"])
async def test_on_our_server(
    is_tls: bool, tmp_path: Path, server_tls: ssl.SSLContext, client_tls: ssl.SSLContext
) -> None:
    (tmp_path / "served").mkdir()
    (tmp_path / "mine").write_bytes(bytes(300_000))
    files = LocalFileSystem(tmp_path / "served")
    server = Server([User(name="alice", password="x", file_system=files)], ssl_context=server_tls)
    tls: Any = "explicit" if is_tls else None
    async with anyio.create_task_group() as group:
        ((host, port), *_) = await group.start(server.serve, "127.0.0.1", 0)
        async with Client.context(
            host, port, "alice", "x", tls=tls, ssl_context=client_tls, active=True
        ) as client:
            await client.upload(tmp_path / "mine", "f")
            assert [entry.name for entry in await client.list()] == ["f"]
            await client.download("f", tmp_path / "again")
        group.cancel_scope.cancel()
    assert (tmp_path / "again").read_bytes() == bytes(300_000)
