"""Servers that mean harm: the attacks of SECURITY P1, P2, P6, P7, D11, D14, T9, T10, A9 and A10.

The others on clients are where their subject is: P3 to P5 and D12 in test_budgets.py, D1 in
test_dial.py, D5 in test_active.py, T1 and T3 in test_login.py, T4 and T11 in test_protection.py.
"""

from __future__ import annotations

import logging
import random
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import anyio
import pytest

from anyftp import Client, ConnectionLost, FTPError, FTPTimeoutError, LocalProtocolError
from anyftp._client._session._lifecycle import open_sibling
from anyftp._errors import IncompleteTransferError, TLSError
from client.calls import CALLS
from client.peer import CONTENT, Peer, listing, silent
from support.clocks import VIRTUAL_BACKENDS

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize("ending", ["\r\n", "\r", "\n", "\0"], ids=["crlf", "cr", "lf", "nul"])
async def test_p1_no_argument_smuggles_a_second_command(ending: str, tmp_path: Path) -> None:
    (tmp_path / "mine").write_bytes(CONTENT)
    (tmp_path / "tree").mkdir()

    async def user(peer: Peer, argument: str) -> None:
        await peer.say("332 account?" if argument == "needs-account" else "331 password?")

    async with Peer(USER=user).client() as client:
        for name, call in CALLS.items():
            with pytest.raises(LocalProtocolError):
                await call(client, f"x{ending}XEVIL y", tmp_path)
            assert client.is_connected, name
            await client.noop()


@pytest.mark.parametrize("name", ["a\rXEVIL", "a\0XEVIL", "a/../XEVIL", "..", "a\x0bXEVIL"])
async def test_p2_names_of_a_listing_smuggle_nothing(name: str, tmp_path: Path) -> None:
    async def mlsd(peer: Peer, argument: str) -> None:
        await listing(f"type=file;size=3; {name}", "type=file;size=3; good")(peer, argument)

    peer = Peer(MLSD=mlsd, DELE="550 a folder", RMD="550 not empty")
    async with peer.client() as client:
        for attempt in (client.remove("d"), client.download("d/", tmp_path)):
            with suppress(FTPError):
                await attempt
            await client.noop()
    lines = [line for line in peer.commands if line.split()[0] not in ("DELE", "RETR", "SIZE")]
    assert not [line for line in lines if "XEVIL" in line]
    assert not [line for line in peer.commands if line.split("/")[-1].startswith("XEVIL")]
    assert not [path for path in tmp_path.rglob("*") if path.name == "XEVIL"]


ODD = [
    b"\r\n",
    b"\r\n\r\n\r\n",
    b"what?\r\n",
    b"99 too short\r\n",
    b"999 no such code\r\n",
    b"000 neither\r\n",
    b"257\r\n",
    b"257 no quotes at all\r\n",
    b'257 "unended\r\n',
    b"257-first\r\n250 another code\r\n",
    b"227 Entering (1,2,3,4,5,999)\r\n",
    b"227 Entering (1,2,3,4,0,0)\r\n",
    b"227 Entering (1,2,3)\r\n",
    b"229 Entering (|||0|)\r\n",
    b"229 Entering (|||70000|)\r\n",
    b"229 Entering (!!!99999999999999999999!)\r\n",
    b"213 -5\r\n",
    b"213 99999999999999999999999999999999999999\r\n",
    b"213 20269999999999\r\n",
    b"250-\r\n type=;;;=; \r\n250 end\r\n",
    "213 \N{ARABIC-INDIC DIGIT THREE}\r\n".encode(),
    bytes(range(256)) + b"\r\n",
]


@pytest.mark.parametrize("anyio_backend", VIRTUAL_BACKENDS)
@pytest.mark.parametrize("reply", ODD, ids=range(len(ODD)))
async def test_p6_replies_without_sense_are_errors_of_ours(reply: bytes) -> None:
    calls: list[Callable[[Client], Awaitable[object]]] = [
        lambda client: client.get_current_directory(),
        lambda client: client.size("f"),
        lambda client: client.modified("f"),
        lambda client: client.stat("f"),
        lambda client: client.list().collect(),
        lambda client: client.features(),
        lambda client: client.hash("f"),
        lambda client: client.noop(),
    ]
    verbs = ("PWD", "SIZE", "MDTM", "MLST", "EPSV", "PASV", "FEAT", "HASH", "NOOP", "LIST", "MLSD")
    for call in calls:
        peer = Peer()
        peer.answers |= dict.fromkeys(verbs, reply)
        peer.refused_ports = set(range(50_000)) - {21}
        async with peer.client(timeout=0.3, close_timeout=0.1) as client:
            with suppress(FTPError), anyio.fail_after(100):
                await call(client)


@pytest.mark.parametrize("seed", range(12))
async def test_p7_replies_too_many_are_never_another_commands(seed: int) -> None:
    """At random: replies before the data, twice, and unasked; each answer is marked."""
    chance = random.Random(seed)

    async def busily(peer: Peer, argument: str) -> None:
        early = chance.choice(["150 it comes", "150 it comes\r\n226 done", "226 done"])
        await peer.say(early)
        data = await peer.accept_data()
        await data.send(CONTENT)
        await data.aclose()
        if "226" not in early:
            await peer.say("226 done")
        for _ in range(chance.randrange(3)):
            await peer.say("226 done once more")

    async def where(peer: Peer, argument: str) -> None:
        await peer.say('257 "/here"' + chance.choice(["", "\r\n250 and that", "\r\n550 not"]))

    async with Peer(RETR=busily, PWD=where).client(close_timeout=0.5, timeout=5) as client:
        for _ in range(6):
            async with client.download_stream("f") as data:
                assert await data.read() == CONTENT
            await anyio.wait_all_tasks_blocked()  # nothing more comes before the next command
            assert str(await client.get_current_directory()) == "/here"
            await anyio.wait_all_tasks_blocked()


@pytest.mark.parametrize("verb", ["PWD", "TYPE", "EPSV", "RETR"])
async def test_p7_a_421_at_any_time_ends_everything(verb: str) -> None:
    peer = Peer()
    peer.answers[verb] = "421 shutting down"
    async with peer.client() as client:
        with suppress(ConnectionLost):
            await client.get_current_directory()
        with pytest.raises(ConnectionLost, match="421 shutting down"):
            await client.download_stream("f")
        with pytest.raises(ConnectionLost, match="421 shutting down"):
            await client.noop()


async def _all_but_426(peer: Peer, argument: str) -> None:
    await peer.say("150 it comes")
    data = await peer.accept_data()
    await data.send(CONTENT)
    await data.aclose()
    await peer.say("426 or was it")


@pytest.mark.parametrize(
    ("answers", "error"),
    [
        ({"MLSD": listing("type=file;size=9999; f")}, IncompleteTransferError),
        ({"MLSD": listing("type=file;size=9999; f"), "RETR": _all_but_426}, FTPError),
    ],
    ids=["226 for less", "426 for all"],
)
async def test_d11_an_end_too_early_is_no_success(
    answers: dict[str, Any], error: type[Exception], tmp_path: Path
) -> None:
    peer = Peer()
    peer.answers |= answers
    async with peer.client() as client:
        with pytest.raises(error):
            await client.download("d/", tmp_path / "d")
        assert not [path for path in (tmp_path / "d").rglob("*") if path.is_file()]
        await client.noop()


async def test_d14_a_server_that_shuts_its_side_only_has_ended() -> None:
    async def half(peer: Peer, argument: str) -> None:
        await peer.say("150 it comes")
        data = await peer.accept_data()
        await data.send(CONTENT)
        await data.send_eof()
        await peer.say("226 done")
        with anyio.move_on_after(5), suppress(anyio.EndOfStream, anyio.BrokenResourceError):
            while True:  # it reads on, until the client closes
                await data.receive()

    async with Peer(RETR=half).client(close_timeout=0.3) as client:
        async with client.download_stream("f") as data:
            assert await data.read() == CONTENT
        await client.noop()


@pytest.mark.parametrize("anyio_backend", VIRTUAL_BACKENDS)
async def test_t9_a_handshake_on_the_control_connection_that_never_ends(
    client_tls: ssl.SSLContext,
) -> None:
    async def stall(peer: Peer, argument: str) -> None:
        await peer.say("234 go ahead")
        await anyio.sleep_forever()

    peer = Peer(AUTH=stall)
    async with peer.running():
        client = Client(dialler=peer.dial, ssl_context=client_tls, connection_timeout=0.3)
        began = anyio.current_time()
        with pytest.raises(FTPTimeoutError, match="TLS handshake"):
            await client.connect("ftp.example.org", tls="explicit")
        assert anyio.current_time() - began == pytest.approx(0.3)
        assert not client.is_connected


@asynccontextmanager
async def two_ways(
    server_tls: ssl.SSLContext, client_tls: ssl.SSLContext
) -> AsyncIterator[tuple[Peer, Client]]:
    peer = Peer(tls=server_tls)
    async with peer.client(tls="explicit", ssl_context=client_tls) as client:
        yield peer, client


async def test_t10_further_connections_have_the_first_ones_protection_and_login(
    server_tls: ssl.SSLContext, client_tls: ssl.SSLContext
) -> None:
    async with two_ways(server_tls, client_tls) as (peer, client):
        session = client._connected()
        sibling = await open_sibling(session, "/home")
        lines = ["AUTH TLS", "USER alice", "PASS wonder-land", "PBSZ 0", "PROT P", "CWD /home"]
        assert peer.commands == lines
        assert sibling.protection.tls is session.protection.tls is client_tls
        assert (sibling.host, sibling.port) == (session.host, session.port)
        assert sibling.protection.covers_data
        await sibling.control.aclose()
        # Never less protected, should the server have changed its mind.
        peer.answers["AUTH"] = "502 not any more"
        peer.commands.clear()
        with pytest.raises(TLSError):
            await open_sibling(session, "/home")
        assert not [line for line in peer.commands if line.startswith(("USER", "PASS"))]


async def test_a9_no_clean_up_waits_for_a_server_that_has_stopped(
    server_tls: ssl.SSLContext, client_tls: ssl.SSLContext
) -> None:
    async def stop(peer: Peer, argument: str) -> None:
        await peer.say("150 send it")
        await peer.accept_data()
        await anyio.sleep_forever()

    peer = Peer(tls=server_tls, STOR=stop, QUIT=silent)
    async with peer.client(tls="explicit", ssl_context=client_tls, close_timeout=0.2) as client:
        with anyio.fail_after(10):
            with anyio.CancelScope() as scope:
                async with client.upload_stream("f") as upload:
                    await upload.write(CONTENT)
                    scope.cancel()
                    await upload.write(bytes(10_000_000))
            with pytest.raises(ConnectionLost):
                await client.noop()
            await client.quit()


async def test_a10_the_password_is_in_no_error_log_or_repr(
    caplog: pytest.LogCaptureFixture,
) -> None:
    secret, told = "cor-rect-horse", []
    caplog.set_level(logging.DEBUG)
    for answers in (
        {"PASS": "530 no"},
        {"PASS": "999"},
        {"PASS": "332 account?", "ACCT": "530 no"},
        {"USER": "530 no"},
        {"PASS": "421 away"},
    ):
        peer = Peer()
        peer.answers |= answers
        async with peer.client(login=False) as client:
            try:
                await client.login("alice", secret, secret)
            except FTPError as error:
                told += [str(error), repr(error), repr(error.__cause__), repr(error.__context__)]
            told += [repr(client), repr(client._session), repr(client._options)]
    assert len(told) > 15
    assert secret not in "".join(told) + caplog.text
