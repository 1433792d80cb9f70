"""TLS of a whole session: logging in again, certificates both ways, ALPN. SECURITY T3, T4, T11."""

from __future__ import annotations

import datetime
import socket
import ssl
from typing import Any

import anyio
import pytest
import trustme
from anyio.abc import SocketAttribute
from anyio.streams.tls import TLSAttribute

from anyftp import Server, User
from anyftp._client import Client
from anyftp._errors import PermanentReplyError, TLSError
from anyftp._fs import MemoryFileSystem
from anyftp._net import client_context
from client.peer import CONTENT, Peer

pytestmark = pytest.mark.anyio


async def read(client: Client) -> bytes:
    async with client.download_stream("f") as stream:
        return await stream.read()


def forgetful(**answers: Any) -> dict[str, Any]:
    """A server for which USER, and REIN, undo PROT (RFC 4217, 11)."""

    def undo(reply: str) -> Any:
        async def answer(peer: Peer, argument: str) -> None:
            peer.protects_data = False
            await peer.say(reply)

        return answer

    return {"USER": undo("331 password?"), "REIN": undo("220 anew"), **answers}


# Logging in again


async def test_a_second_login_protects_data_again(
    server_tls: ssl.SSLContext, client_tls: ssl.SSLContext
) -> None:
    peer = Peer(tls=server_tls, **forgetful())
    async with peer.client(tls="explicit", ssl_context=client_tls) as client:
        assert await read(client) == CONTENT
        peer.commands.clear()
        await client.login("bob", "builder")
        assert peer.commands == ["USER bob", "PASS builder", "PBSZ 0", "PROT P"]
        assert await read(client) == CONTENT
        assert peer.protects_data


async def test_a_login_after_rein_protects_data_again(
    server_tls: ssl.SSLContext, client_tls: ssl.SSLContext
) -> None:
    peer = Peer(tls=server_tls, **forgetful())
    async with peer.client(tls="explicit", ssl_context=client_tls) as client:
        await client.command("REIN")
        await client.login("bob", "builder")
        peer.commands.clear()
        assert await read(client) == CONTENT
        assert peer.commands == ["TYPE I", "EPSV", "RETR f"]


@pytest.mark.parametrize("how", ["login", "rein", "upgrade"])
async def test_t4_after_a_refused_prot_nothing_goes_in_clear_text(
    how: str, server_tls: ssl.SSLContext, client_tls: ssl.SSLContext
) -> None:
    """Whoever catches the error and goes on gets the same error, not a transfer in clear text."""
    peer = Peer(tls=server_tls, PROT="536 no", **forgetful())
    options: dict[str, Any] = {"ssl_context": client_tls, "login": how == "upgrade"}
    async with peer.client(tls=None if how == "upgrade" else "explicit", **options) as client:
        with pytest.raises(TLSError, match="PROT P: 536"):
            await (client.upgrade_to_tls() if how == "upgrade" else client.login())
        if how == "rein":
            await client.command("REIN")
        for _ in range(2):
            with pytest.raises(TLSError, match="PROT P: 536"):
                await read(client)
            with pytest.raises(TLSError, match="PROT P: 536"):
                await client.list()
        await client.noop()
    assert not {"RETR", "MLSD", "EPSV"} & {command.split()[0] for command in peer.commands}


@pytest.mark.parametrize("second", ["503 once is enough", "534 no"])
async def test_a_second_auth_that_is_refused_leaves_the_first(
    second: str, server_tls: ssl.SSLContext, client_tls: ssl.SSLContext
) -> None:
    peer = Peer(tls=server_tls)
    async with peer.client(tls="explicit", ssl_context=client_tls) as client:
        peer.answers["AUTH"] = second
        with pytest.raises(TLSError, match=second[:3]):
            await client.upgrade_to_tls()
        assert await read(client) == CONTENT
        assert peer.protects_data


# Who is who


@pytest.mark.parametrize("mode", ["explicit", "implicit"])
async def test_the_servers_name_and_the_protocol_are_sent(
    mode: Any, server_tls: ssl.SSLContext, certificate_files: Any
) -> None:
    """SECURITY T6, on the client's side: SNI and ALPN, on control and data connections."""
    names: list[str | None] = []

    def record(conn: ssl.SSLObject, name: str | None, context: ssl.SSLContext) -> None:
        names.append(name)

    server_tls.sni_callback = record
    server_tls.set_alpn_protocols(["http/1.1", "ftp"])
    context = client_context(cafile=certificate_files[2])
    peer = Peer(tls=server_tls, implicit=mode == "implicit")
    async with peer.client(tls=mode, ssl_context=context) as client:
        assert await read(client) == CONTENT
        ssl_object = client.control_stream.extra(TLSAttribute.ssl_object)
        assert ssl_object.selected_alpn_protocol() == "ftp"
    assert names == ["ftp.example.org"] * 2


@pytest.mark.parametrize("version", ["TLSv1_2", "TLSv1_3"])
async def test_a_client_certificate(
    version: str, ca: trustme.CA, server_tls: ssl.SSLContext, client_tls: ssl.SSLContext
) -> None:
    ca.configure_trust(server_tls)
    server_tls.verify_mode = ssl.CERT_REQUIRED
    server_tls.maximum_version = ssl.TLSVersion[version]
    ca.issue_cert("alice@example.org").configure_cert(client_tls)
    seen: list[object] = []

    async def user(peer: Peer, argument: str) -> None:
        assert peer.control is not None
        certificate: Any = peer.control.extra(TLSAttribute.ssl_object).getpeercert()
        seen.extend(name for _, name in certificate["subjectAltName"])
        await peer.say("232 you are known")

    peer = Peer(tls=server_tls, USER=user)
    async with peer.client(tls="explicit", ssl_context=client_tls) as client:
        assert await read(client) == CONTENT
    assert seen == ["alice@example.org"]
    assert "PASS wonder-land" not in peer.commands


async def test_a_client_certificate_on_our_server(
    ca: trustme.CA, server_tls: ssl.SSLContext, client_tls: ssl.SSLContext
) -> None:
    ca.configure_trust(server_tls)
    server_tls.verify_mode = ssl.CERT_REQUIRED
    ca.issue_cert("alice@example.org").configure_cert(client_tls)
    server = Server(
        [User(name="alice", password="x", file_system=MemoryFileSystem())], ssl_context=server_tls
    )
    async with anyio.create_task_group() as group:
        ((host, port), *_) = await group.start(server.serve, "127.0.0.1", 0)
        async with Client.context(
            host, port, "alice", "x", tls="explicit", ssl_context=client_tls
        ) as client:
            async with client.upload_stream("f") as stream:
                await stream.write(b"mine")
            assert await read(client) == b"mine"
        group.cancel_scope.cancel()


async def test_data_connections_to_an_address_are_verified_for_the_name(
    ca: trustme.CA, client_tls: ssl.SSLContext
) -> None:
    """Where a name has been looked up, data connections go to its address."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.num_tickets = 0  # who resumes a session shows no certificate
    ca.issue_cert("localhost").configure_cert(context)
    user = User(name="alice", password="x", file_system=MemoryFileSystem())
    server = Server([user], ssl_context=context)
    async with anyio.create_task_group() as group:
        ((_, port), *_) = await group.start(server.serve, "127.0.0.1", 0)
        async with Client.context(
            "localhost", port, "alice", "x", tls="explicit", ssl_context=client_tls
        ) as client:
            async with client.upload_stream("f") as stream:
                await stream.write(b"mine")
            assert await read(client) == b"mine"
        group.cancel_scope.cancel()


async def test_without_the_client_certificate_that_the_server_wants(
    ca: trustme.CA, server_tls: ssl.SSLContext, client_tls: ssl.SSLContext
) -> None:
    ca.configure_trust(server_tls)
    server_tls.verify_mode = ssl.CERT_REQUIRED
    server_tls.maximum_version = ssl.TLSVersion.TLSv1_2
    peer = Peer(tls=server_tls)
    with pytest.raises(TLSError):
        async with peer.client(tls="explicit", ssl_context=client_tls):
            pass


@pytest.mark.parametrize("where", ["control", "data"])
@pytest.mark.parametrize("fault", ["wrong-name", "expired", "other-authority"])
async def test_t11_certificates_are_verified_on_both_connections(
    where: str,
    fault: str,
    ca: trustme.CA,
    server_tls: ssl.SSLContext,
    client_tls: ssl.SSLContext,
) -> None:
    bad = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    past = datetime.datetime(2020, 1, 1, tzinfo=datetime.UTC)
    if fault == "wrong-name":
        ca.issue_cert("other.example.org").configure_cert(bad)
    elif fault == "expired":
        ca.issue_cert("ftp.example.org", not_after=past).configure_cert(bad)
    else:
        trustme.CA().issue_cert("ftp.example.org").configure_cert(bad)

    async def impostor(peer: Peer, argument: str) -> None:
        peer.tls = bad
        await peer.say("150 it comes")
        await peer.accept_data()

    peer = Peer(tls=bad if where == "control" else server_tls, RETR=impostor)
    with pytest.raises(TLSError, match="certificate does not verify"):
        async with peer.client(tls="explicit", ssl_context=client_tls) as client:
            await read(client)
    assert ("RETR f" in peer.commands) == (where == "data")
    assert not any(command.startswith("USER") for command in peer.commands[:1])


# The other side's habits


async def test_features_may_be_others_after_the_login_and_after_auth(
    server_tls: ssl.SSLContext, client_tls: ssl.SSLContext
) -> None:
    """Quirk 56."""
    peer = Peer(
        tls=server_tls,
        FEAT=("530 log in first", "211-x\r\n TVFS\r\n211 .", "211-x\r\n SIZE\r\n211 ."),
    )
    async with peer.client(login=False, ssl_context=client_tls) as client:
        assert await client.features() == {}
        await client.login()
        assert set(await client.features()) == {"TVFS"}
        await client.upgrade_to_tls()
        assert set(await client.features()) == {"SIZE"}
        assert set(await client.features()) == {"SIZE"}
    assert peer.commands.count("FEAT") == 3


async def test_tls_required_to_log_in() -> None:
    """Quirk 38: said at USER, so that the password is never sent."""
    async with Peer(USER="530 TLS required").client(login=False) as client:
        with pytest.raises(PermanentReplyError, match="TLS required"):
            await client.login("alice", "wonder-land")


async def test_the_kernel_watches_idle_control_connections() -> None:
    """Quirk 17: half-open connections are found out."""
    server = Server([User(file_system=MemoryFileSystem())])
    async with anyio.create_task_group() as group:
        ((host, port), *_) = await group.start(server.serve, "127.0.0.1", 0)
        client = Client()
        await client.connect(host, port)
        raw = client.control_stream.extra(SocketAttribute.raw_socket)
        assert raw.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE)
        await client.quit()
        group.cancel_scope.cancel()
