"""Passive mode: quirks 18 to 23 of FEATURES e)."""

from __future__ import annotations

import errno
import os
import socket
from typing import Any

import anyio
import pytest

from anyftp._client import Client
from anyftp._errors import (
    ConnectionLost,
    DataConnectionError,
    FTPTimeoutError,
    LocalProtocolError,
    RemoteProtocolError,
    ReplyError,
)
from client.peer import CONTENT, Handler, Peer, pasv
from support.clocks import VIRTUAL_BACKENDS, Backend

pytestmark = pytest.mark.anyio


@pytest.fixture(params=VIRTUAL_BACKENDS)
def anyio_backend(request: pytest.FixtureRequest) -> Backend:
    """Time-outs have an exact length here, and pass at once."""
    backend: Backend = request.param
    return backend


async def test_a_url_is_no_host_and_is_not_shown() -> None:
    with pytest.raises(LocalProtocolError, match="not a URL") as caught:
        await Client().connect("ftp://me:sEcReT@example.org/")
    assert "sEcReT" not in str(caught.value)


@pytest.mark.parametrize("port", [-1, 65536])
async def test_ports_that_cannot_be(port: int) -> None:
    client = Client()
    with pytest.raises(LocalProtocolError, match="port must be from 0 to 65535"):
        await client.connect("127.0.0.1", port)
    assert not client.is_connected


async def download_twice(peer: Peer, **options: Any) -> list[str]:
    """Two downloads; what was sent for them."""
    async with peer.client(**options) as client:
        for _ in range(2):
            async with client.download_stream("f") as stream:
                assert await stream.read() == CONTENT
    return peer.commands


def epsv_saying(form: str) -> Handler:
    async def answer(peer: Peer, argument: str) -> None:
        await peer.say(form.format(port=peer.open_port()))

    return answer


def pasv_saying(form: str) -> Handler:
    async def answer(peer: Peer, argument: str) -> None:
        port = peer.open_port()
        await peer.say(form.format(high=port >> 8, low=port & 255))

    return answer


async def test_a_file_takes_epsv_and_retr_and_nothing_else() -> None:
    commands = await download_twice(Peer())
    assert commands == ["TYPE I", "EPSV", "RETR f", "EPSV", "RETR f"]


@pytest.mark.parametrize(
    "refusal",
    ["500 what?", "501 no", "502 no", "503 no", "504 no", "522 (1)", "550 no", "425 no", "200 ?"],
)
async def test_epsv_refused_in_whatever_way_is_remembered(refusal: str) -> None:
    commands = await download_twice(Peer(EPSV=refusal))
    assert commands == ["TYPE I", "EPSV", "PASV", "RETR f", "PASV", "RETR f"]


@pytest.mark.parametrize(
    "reply",
    ["229 nonsense", "229 (|||0|)", "229 (|||70000|)", "227 Entering Passive Mode (10,1,2,3,4,5)"],
)
async def test_epsv_that_tells_no_port(reply: str) -> None:
    commands = await download_twice(Peer(EPSV=reply))
    assert commands == ["TYPE I", "EPSV", "PASV", "RETR f", "PASV", "RETR f"]


@pytest.mark.parametrize(
    "form",
    [
        "229 Entering Extended Passive Mode (|||{port}|)",
        "229 Entering Extended Passive Mode (!!!{port}!)",
        "229 (||{port}|)",
        "229 |||{port}|",
        "229 use (this) (|||{port}|).",
    ],
)
async def test_forms_of_epsv(form: str) -> None:
    commands = await download_twice(Peer(EPSV=epsv_saying(form)))
    assert "PASV" not in commands


@pytest.mark.parametrize(
    "form",
    [
        "227 Entering Passive Mode (10,1,2,3,{high},{low}).",
        "227 Entering Passive Mode 10,1,2,3,{high},{low}",
        "227 =10,1,2,3,{high},{low}",
        "227 ( 10 , 1 , 2 , 3 , {high} , {low} )",
        "227-here\r\n227 (10,1,2,3,{high},{low})",
    ],
)
async def test_forms_of_pasv(form: str) -> None:
    peer = Peer(EPSV="500 what?", PASV=pasv_saying(form))
    await download_twice(peer)
    assert {host for host, _ in peer.dialled} == {"ftp.example.org"}


@pytest.mark.parametrize("reply", ["227 no", "227 (1,2,3,4,0,0)", "227 (1,2,3,4,256,1)", "227 ()"])
async def test_pasv_without_sense(reply: str) -> None:
    async with Peer(EPSV="500 what?", PASV=reply).client() as client:
        with pytest.raises(RemoteProtocolError):
            await client.list()
        await client.noop()


@pytest.mark.parametrize("fault", ["refused", "silent"])
async def test_a_dead_epsv_port(fault: str) -> None:
    peer = Peer()
    (peer.refused_ports if fault == "refused" else peer.silent_ports).add(50_001)
    commands = await download_twice(peer, connection_timeout=0.1)
    assert commands == ["TYPE I", "EPSV", "PASV", "RETR f", "PASV", "RETR f"]


async def test_a_silent_epsv_port_is_not_waited_for_where_there_is_another_way() -> None:
    peer = Peer()
    peer.silent_ports.add(50_001)
    began = anyio.current_time()
    with anyio.fail_after(1000):
        commands = await download_twice(peer)
    assert commands == ["TYPE I", "EPSV", "PASV", "RETR f", "PASV", "RETR f"]
    assert anyio.current_time() - began == pytest.approx(10)


async def test_a_port_that_is_dead_once_is_met_with_one_more_try() -> None:
    peer = Peer()
    peer.refused_ports.add(50_002)
    commands = await download_twice(peer)
    assert commands == ["TYPE I", "EPSV", "RETR f", "EPSV", "EPSV", "RETR f"]


async def test_no_port_answers() -> None:
    peer = Peer()
    peer.refused_ports.update(range(50_000, 50_010))
    async with peer.client() as client:
        with pytest.raises(DataConnectionError, match="port 50002"):
            await client.list()
        await client.noop()
        peer.refused_ports.clear()
        assert len(await client.list()) == 2


async def test_a_refusal_of_pasv_does_not_hide_how_epsv_failed() -> None:
    peer = Peer(PASV="502 no")
    peer.refused_ports.update(range(50_000, 50_010))
    async with peer.client() as client:
        with pytest.raises(DataConnectionError, match="port 50001"):
            await client.list()
        await client.noop()


async def test_every_way_is_refused() -> None:
    async with Peer(EPSV="500 what?", PASV="425 no ports left").client() as client:
        with pytest.raises(ReplyError, match="no ports left"):
            await client.list()
        await client.noop()


async def test_d1_the_address_in_pasv_is_not_dialled() -> None:
    peer = Peer(EPSV="500 what?")
    await download_twice(peer)
    assert {host for host, _ in peer.dialled} == {"ftp.example.org"}


async def test_the_address_in_pasv_is_dialled_on_request() -> None:
    peer = Peer(EPSV="500 what?")
    await download_twice(peer, trust_passive_host=True)
    assert [host for host, _ in peer.dialled[1:]] == ["10.11.12.13"] * 2


async def test_the_address_0_0_0_0_is_never_dialled() -> None:
    form = "227 (0,0,0,0,{high},{low})"
    peer = Peer(EPSV="500 what?", PASV=pasv_saying(form))
    await download_twice(peer, trust_passive_host=True)
    assert {host for host, _ in peer.dialled} == {"ftp.example.org"}


async def test_pasv_only() -> None:
    commands = await download_twice(Peer(PASV=pasv), passive_commands=["PASV"])
    assert "EPSV" not in commands


async def test_a_server_that_leaves_at_epsv_is_not_asked_for_pasv() -> None:
    answers: dict[str, Any] = {"EPSV": "421 no more"}
    peer = Peer(**answers)
    async with peer.client() as client:
        with pytest.raises(ConnectionLost, match="no more"):
            await client.list()
    assert "PASV" not in peer.commands


# The control connection


async def test_nobody_listens() -> None:
    peer = Peer()
    peer.refused_ports.add(21)
    with pytest.raises(ConnectionLost, match=r"ftp\.example\.org port 21"):
        async with peer.client():
            pass


async def test_the_place_that_cannot_be_reached_is_named_once() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # and not listened at
        port = taken.getsockname()[1]
        with pytest.raises(ConnectionLost) as caught:
            async with Client.context("127.0.0.1", port):
                pass
    reason = os.strerror(errno.ECONNREFUSED)
    assert str(caught.value) == f"could not connect to 127.0.0.1 port {port}: {reason}"


async def test_nobody_answers() -> None:
    peer = Peer()
    peer.silent_ports.add(21)
    with pytest.raises(FTPTimeoutError, match="connect"):
        async with peer.client(connection_timeout=0.05):
            pass
