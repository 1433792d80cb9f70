from __future__ import annotations

import ssl
from typing import Any

import pytest

from anyftp._client import Client
from anyftp._errors import (
    ConnectionLost,
    LocalProtocolError,
    PermanentReplyError,
    RemoteProtocolError,
    TLSError,
    TransientReplyError,
)
from client.peer import CONTENT, Peer, epsv, hang_up

pytestmark = pytest.mark.anyio

LOGIN = ["USER alice", "PASS wonder-land"]


@pytest.mark.parametrize(
    ("answers", "commands"),
    [
        pytest.param({}, LOGIN, id="user-and-password"),
        pytest.param({"USER": "230 come in"}, LOGIN[:1], id="230-straight-after-user"),
        pytest.param({"PASS": "202 superfluous"}, LOGIN, id="202-after-password"),
        pytest.param(
            {"PASS": ("331 once more", "230 welcome")}, [*LOGIN, LOGIN[1]], id="331-twice"
        ),
        pytest.param(
            {"PASS": "332 account?", "ACCT": "230 welcome"}, [*LOGIN, "ACCT wonder"], id="332-acct"
        ),
        pytest.param(
            {"USER": "332 account?", "ACCT": "230 welcome"},
            [LOGIN[0], "ACCT wonder"],
            id="332-after-user",
        ),
        pytest.param({"PASS": "230-hello\r\n 226 art\r\n230 in"}, LOGIN, id="many-lines"),
    ],
)
async def test_ways_to_log_in(answers: dict[str, Any], commands: list[str]) -> None:
    peer = Peer(**answers)
    async with peer.client(login=False) as client:
        await client.login("alice", "wonder-land", "wonder")
    assert peer.commands == commands


@pytest.mark.parametrize(
    ("answers", "error", "verb"),
    [
        pytest.param({"PASS": "530 wrong"}, PermanentReplyError, "PASS", id="wrong-password"),
        pytest.param({"USER": "530 TLS required"}, PermanentReplyError, "USER", id="tls-required"),
        pytest.param({"USER": "430 too many users"}, TransientReplyError, "USER", id="too-many"),
    ],
)
async def test_a_refused_login(answers: dict[str, Any], error: type[Exception], verb: str) -> None:
    peer = Peer(**answers)
    async with peer.client(login=False) as client:
        with pytest.raises(error, match=verb) as caught:
            await client.login("alice", "wonder-land")
        assert "wonder-land" not in str(caught.value)
        await client.noop()


async def test_a_server_that_asks_for_ever_is_given_up() -> None:
    peer = Peer(PASS="331 password?")
    async with peer.client(login=False) as client:
        with pytest.raises(Exception, match="331"):
            await client.login("alice", "secret")
    assert len(peer.commands) == 5


@pytest.mark.parametrize("secret", ["new\nline", "return\r", "nul\0", "a\r\nDELE b"])
async def test_a10_line_breaks_in_a_password_are_refused_and_not_shown(secret: str) -> None:
    peer = Peer()
    async with peer.client(login=False) as client:
        with pytest.raises(LocalProtocolError) as caught:
            await client.login("alice", secret)
        assert secret[:3] not in str(caught.value)
        assert peer.commands == ["USER alice"]
        await client.login("alice", "fine")


async def test_utf8_is_agreed_on_before_a_user_whose_name_needs_it() -> None:
    peer = Peer()
    async with peer.client(login=False) as client:
        await client.login("Jürgen", "x")
    assert peer.commands[0] == "OPTS UTF8 ON"


# The greeting


async def test_120_comes_before_220() -> None:
    peer = Peer(greeting="120 in a minute\r\n220 now")
    async with peer.client(login=False) as client:
        assert client.is_connected


async def test_a_greeting_of_many_lines() -> None:
    art = "".join(f"220-{'*' * n}\r\n" for n in range(200))
    peer = Peer(greeting=f"{art}\r\n  o\r\n500 not the end\r\n220 ready")
    async with peer.running():
        client = Client(dialler=peer.dial)
        lines = await client.connect("ftp.example.org")
        await client.quit()
    assert lines[-1] == "ready"
    assert len(lines) == 204


@pytest.mark.parametrize(
    ("greeting", "error"),
    [
        pytest.param("421 too many connections", ConnectionLost, id="421"),
        pytest.param("530 go away", PermanentReplyError, id="refused"),
        pytest.param("SSH-2.0-OpenSSH_9.2", RemoteProtocolError, id="not-ftp"),
        pytest.param("220-" + "x" * 9000, RemoteProtocolError, id="long-line"),
        pytest.param("220-x\r\n" * 2000, RemoteProtocolError, id="endless"),
        pytest.param("999 what", RemoteProtocolError, id="no-such-code"),
    ],
)
async def test_greetings_that_are_no_welcome(greeting: str, error: type[Exception]) -> None:
    peer = Peer(greeting=greeting)
    with pytest.raises(error):
        async with peer.client():
            pass


async def test_the_text_of_a_421_is_told_and_its_reply_is_the_cause() -> None:
    peer = Peer(greeting="421 at most 3 from your address")
    with pytest.raises(ConnectionLost, match="at most 3 from your address") as caught:
        async with peer.client():
            pass
    assert isinstance(caught.value.__cause__, TransientReplyError)


# TLS


async def test_explicit_tls(server_tls: ssl.SSLContext, client_tls: ssl.SSLContext) -> None:
    peer = Peer(tls=server_tls)
    async with peer.client(login=False, tls="explicit", ssl_context=client_tls) as client:
        await client.login("alice", "wonder-land")
        assert peer.commands == ["AUTH TLS", *LOGIN, "PBSZ 0", "PROT P"]
        async with client.download_stream("f") as stream:
            assert await stream.read() == CONTENT


async def test_implicit_tls(server_tls: ssl.SSLContext, client_tls: ssl.SSLContext) -> None:
    peer = Peer(tls=server_tls, implicit=True)
    async with peer.client(login=False, tls="implicit", ssl_context=client_tls) as client:
        await client.login("alice", "wonder-land")
        assert peer.commands == [*LOGIN, "PBSZ 0", "PROT P"]
        async with client.download_stream("f") as stream:
            assert await stream.read() == CONTENT


async def test_an_implicit_server_need_not_know_prot(
    server_tls: ssl.SSLContext, client_tls: ssl.SSLContext
) -> None:
    peer = Peer(tls=server_tls, implicit=True, PROT="502 what?", PBSZ="502 what?")
    async with (
        peer.client(tls="implicit", ssl_context=client_tls) as client,
        client.download_stream("f") as stream,
    ):
        assert await stream.read() == CONTENT


async def test_auth_ssl_where_auth_tls_is_unknown(
    server_tls: ssl.SSLContext, client_tls: ssl.SSLContext
) -> None:
    async def auth(peer: Peer, argument: str) -> None:
        if argument == "TLS":
            return await peer.say("504 unknown mechanism")
        await peer.say("234 go ahead")
        return await peer.start_tls()

    peer = Peer(tls=server_tls, AUTH=auth)
    async with peer.client(tls="explicit", ssl_context=client_tls) as client:
        await client.noop()


@pytest.mark.parametrize("reply", ["500 what?", "534 no", "431 later", "230 in", "220 ok", "334 ?"])
async def test_t3_tls_refused_is_an_error_and_nothing_else_is_sent(
    reply: str, client_tls: ssl.SSLContext
) -> None:
    peer = Peer(AUTH=reply)
    with pytest.raises(TLSError, match=reply[:3]):
        async with peer.client(tls="explicit", ssl_context=client_tls):
            pass
    assert {command.split()[0] for command in peer.commands} == {"AUTH"}


@pytest.mark.parametrize("reply", ["536 no", "500 what?", "431 later"])
async def test_data_never_goes_in_clear_text_because_prot_is_refused(
    reply: str, server_tls: ssl.SSLContext, client_tls: ssl.SSLContext
) -> None:
    peer = Peer(tls=server_tls, PROT=reply)
    with pytest.raises(TLSError, match=reply[:3]):
        async with peer.client(tls="explicit", ssl_context=client_tls):
            pass


@pytest.mark.parametrize("injected", ["230 in\r\n", "230-in", "x"])
async def test_t1_replies_injected_before_tls_are_noticed(
    injected: str, server_tls: ssl.SSLContext, client_tls: ssl.SSLContext
) -> None:
    async def auth(peer: Peer, argument: str) -> None:
        await peer.say(f"234 go ahead\r\n{injected}".encode())

    peer = Peer(tls=server_tls, AUTH=auth)
    with pytest.raises(RemoteProtocolError, match="clear text"):
        async with peer.client(tls="explicit", ssl_context=client_tls):
            pass


async def test_a_certificate_of_another_name(
    server_tls: ssl.SSLContext, client_tls: ssl.SSLContext
) -> None:
    peer = Peer(tls=server_tls)
    async with peer.running():
        client = Client(dialler=peer.dial, ssl_context=client_tls)
        with pytest.raises(TLSError, match="certificate"):
            await client.connect("other.example.org", tls="explicit")
        assert not client.is_connected


async def test_a_certificate_of_an_unknown_authority(server_tls: ssl.SSLContext) -> None:
    peer = Peer(tls=server_tls)
    with pytest.raises(TLSError, match="certificate"):
        async with peer.client(tls="explicit"):
            pass


async def test_t9_quirk_39_a_clear_text_server_on_the_implicit_port(
    client_tls: ssl.SSLContext,
) -> None:
    peer = Peer()
    with pytest.raises(TLSError, match="did not answer in TLS"):
        async with peer.client(tls="implicit", ssl_context=client_tls):
            pass


async def test_a_server_that_hangs_up_at_auth(client_tls: ssl.SSLContext) -> None:
    peer = Peer(AUTH=hang_up)
    with pytest.raises(ConnectionLost):
        async with peer.client(tls="explicit", ssl_context=client_tls):
            pass


async def test_upgrading_after_the_login_protects_data_at_once(
    server_tls: ssl.SSLContext, client_tls: ssl.SSLContext
) -> None:
    peer = Peer(tls=server_tls, EPSV=epsv)
    async with peer.client(ssl_context=client_tls) as client:
        await client.upgrade_to_tls()
        assert peer.commands == ["AUTH TLS", "PBSZ 0", "PROT P"]
        async with client.download_stream("f") as stream:
            assert await stream.read() == CONTENT


@pytest.mark.parametrize("reply", ["500 what?", "502 no", "534 no"])
async def test_tls_preferred_and_refused(reply: str, client_tls: ssl.SSLContext) -> None:
    peer = Peer(AUTH=reply)
    async with (
        peer.client(tls="prefer", ssl_context=client_tls) as client,
        client.download_stream("f") as stream,
    ):
        assert await stream.read() == CONTENT
    assert "PROT P" not in peer.commands


async def test_tls_preferred_and_to_be_had(
    server_tls: ssl.SSLContext, client_tls: ssl.SSLContext
) -> None:
    peer = Peer(tls=server_tls)
    async with peer.client(login=False, tls="prefer", ssl_context=client_tls) as client:
        await client.login()
    assert "PROT P" in peer.commands


async def test_tls_preferred_is_no_excuse_for_a_wrong_certificate(
    server_tls: ssl.SSLContext,
) -> None:
    with pytest.raises(TLSError, match="certificate"):
        async with Peer(tls=server_tls).client(tls="prefer"):
            pass


async def test_data_in_clear_text_by_request(
    server_tls: ssl.SSLContext, client_tls: ssl.SSLContext
) -> None:
    peer = Peer(tls=server_tls)
    options: dict[str, Any] = {"tls": "explicit", "ssl_context": client_tls, "login": False}
    async with peer.client(**options, protect_data=False) as client:
        await client.login()
        async with client.download_stream("f") as stream:
            assert await stream.read() == CONTENT
    assert "PROT C" in peer.commands
    assert not peer.protects_data


async def test_text_before_the_greeting_is_passed_over() -> None:
    async with Peer(greeting="\r\n*** Welcome ***\r\n\r\n220 ready").client() as client:
        await client.noop()


async def test_a_server_that_wants_to_know_who_is_asking_for_utf8() -> None:
    peer = Peer(OPTS=("503 CLNT first", "200 done"), CLNT="200 noted")
    async with peer.client() as client:
        await client.list()
    assert peer.commands[:3] == ["OPTS UTF8 ON", "CLNT anyftp", "OPTS UTF8 ON"]
