"""AUTH, PBSZ, PROT, CCC, client certificates; attacks are in test_attacks_tls."""

from __future__ import annotations

import contextlib
import hashlib
import os
import ssl
from collections.abc import Callable
from pathlib import Path
from typing import Any

import anyio
import pytest
import trustme

from anyftp._fs import MemoryFileSystem
from anyftp._net import PeerCertificate, ServerCertificate
from anyftp._net._tls import ClientCertificates
from anyftp._server import Server, TLSPolicy, User, UserTable
from anyftp._streams import SocketStream, TLSStream
from server.probe import Probe, logged_in, server_of, serving
from server.tls_probe import client_context, secure_data, session_of

pytestmark = pytest.mark.anyio

LARGE = os.urandom(2_000_000)


@pytest.fixture(params=[ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3], ids=["1.2", "1.3"])
def client_tls(ca: trustme.CA, request: pytest.FixtureRequest) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.maximum_version = context.minimum_version = request.param
    ca.configure_trust(context)
    return context


async def test_there_and_back(server_tls: ssl.SSLContext, client_tls: ssl.SSLContext) -> None:
    async with (
        serving(server_of(ssl_context=server_tls)) as address,
        await Probe.connect(address) as probe,
    ):
        await probe.reply()
        await (await probe.start_tls(client_tls)).log_in_again()
        for content in (b"", b"small", LARGE):
            async with await secure_data(probe, client_tls, "STOR f") as data:
                await data.write(content)
            assert (await probe.reply())[:3] == "226"
            async with await secure_data(probe, client_tls, "RETR f") as data:
                assert await data.read() == content
            assert (await probe.reply())[:3] == "226"


async def test_implicit(server_tls: ssl.SSLContext, client_tls: ssl.SSLContext) -> None:
    async with (
        serving(server_of(ssl_context=server_tls, implicit_tls=True)) as address,
        await Probe.connect(address) as probe,
    ):
        await probe.stream.start_tls(client_tls, "127.0.0.1")
        await probe.log_in()
        async with await secure_data(probe, client_tls, "STOR f") as data:
            await data.write(b"x")
        assert (await probe.reply())[:3] == "226"
        assert (await probe.ask("AUTH TLS"))[:3] == "503"


async def test_the_order_of_commands(
    server_tls: ssl.SSLContext, client_tls: ssl.SSLContext
) -> None:
    async with (
        serving(server_of(ssl_context=server_tls)) as address,
        await Probe.connect(address) as probe,
    ):
        await probe.reply()
        lines = ["PBSZ 0", "PROT P", "AUTH KERBEROS", "CCC"]
        assert await probe.codes(*lines) == ["503", "503", "504", "533"]
        await probe.log_in_again()
        assert (await probe.ask("AUTH TLS"))[:3] == "234"
        await probe.stream.start_tls(client_tls, "127.0.0.1")
        lines = ["PWD", "AUTH TLS", "PROT P", "PBSZ 0", "PROT S", "PROT X", "PROT C", "CCC"]
        codes = ["530", "503", "503", "200", "536", "504", "200", "534"]
        assert await probe.codes(*lines) == codes


async def test_rein_keeps_tls_and_clears_the_rest(
    server_tls: ssl.SSLContext, client_tls: ssl.SSLContext
) -> None:
    async with (
        serving(server_of(ssl_context=server_tls)) as address,
        await Probe.connect(address) as probe,
    ):
        await probe.reply()
        await (await probe.start_tls(client_tls)).log_in_again()
        assert await probe.codes("REIN", "PWD", "PROT P") == ["220", "530", "503"]


async def test_without_a_certificate_there_is_no_tls() -> None:
    async with logged_in() as probe:
        assert await probe.codes("AUTH TLS", "PBSZ 0", "PROT P", "CCC") == ["502"] * 4


CCC_ALLOWED = TLSPolicy(allow_ccc=True)


async def test_ccc_where_it_is_allowed(
    server_tls: ssl.SSLContext, client_tls: ssl.SSLContext
) -> None:
    """The login and the protection of data stay; a new login needs TLS again."""
    server = server_of(ssl_context=server_tls, require_tls=True, tls_policy=CCC_ALLOWED)
    async with serving(server) as address, await Probe.connect(address) as probe:
        await probe.reply()
        assert (await probe.ask("CCC"))[:3] == "533"
        await probe.start_tls(client_tls)
        assert (await probe.ask("CCC"))[:3] == "530"
        await probe.log_in_again()
        session = session_of(probe)
        assert (await probe.ask("CCC"))[:3] == "200"
        await probe.stream.stop_tls()
        assert isinstance(probe.stream.stream, SocketStream)
        assert await probe.codes("PWD", "CCC", "PROT C") == ["257", "533", "503"]
        async with await secure_data(probe, client_tls, "STOR f", session=session) as data:
            await data.write(b"still private")
        assert (await probe.reply())[:3] == "226"
        assert await probe.codes("USER bob", "PWD") == ["530", "257"]
        await (await probe.start_tls(client_tls)).log_in_again()


async def test_ccc_and_a_client_that_just_goes_on(
    server_tls: ssl.SSLContext, client_tls: ssl.SSLContext
) -> None:
    """Without its close_notify, what looks like clear text may be anyone's."""
    server = server_of(ssl_context=server_tls, tls_policy=CCC_ALLOWED)
    async with serving(server) as address, await Probe.connect(address) as probe:
        await probe.reply()
        await (await probe.start_tls(client_tls)).log_in_again()
        await probe.send("CCC")
        tls = probe.stream.stream
        assert isinstance(tls, TLSStream)
        await tls._transport.send(b"DELE f\r\n")
        assert await probe.is_closed()


@pytest.fixture
def bobs_tls(ca: trustme.CA) -> ssl.SSLContext:
    return client_context(ca, ca.issue_cert("bob@example.org", common_name="bob"))


@pytest.fixture
def certificates(
    certificate_files: tuple[Path, Path, Path],
) -> Callable[[ClientCertificates], ServerCertificate]:
    chain, key, authority = certificate_files
    return lambda wish: ServerCertificate(
        chain, key, client_certificates=wish, client_authorities=authority
    )


def server_for_bob(*certificates: str, **options: Any) -> Server:
    tree = MemoryFileSystem()
    bob = User("bob", "secret", file_system=tree, certificates=certificates)
    return Server([bob, User("carol", "secret", file_system=tree)], login_delay=0.0, **options)


@pytest.mark.parametrize("name", ["CN=bob", "email:bob@example.org", "sha256"])
async def test_login_by_certificate(
    certificates: Callable[[ClientCertificates], ServerCertificate],
    ca: trustme.CA,
    name: str,
) -> None:
    leaf = ca.issue_cert("bob@example.org", common_name="bob")
    der = ssl.PEM_cert_to_DER_cert(leaf.cert_chain_pems[0].bytes().decode())
    name = name if name != "sha256" else f"sha256:{hashlib.sha256(der).hexdigest()}"
    tls = client_context(ca, leaf)
    async with (
        serving(server_for_bob(name, ssl_context=certificates("request"))) as address,
        await Probe.connect(address) as probe,
    ):
        await probe.reply()
        await probe.start_tls(tls)
        assert await probe.codes("USER carol", "PASS wrong") == ["331", "530"]
        assert await probe.codes("USER bob", "PWD", "TYPE I") == ["232", "257", "200"]
        async with await secure_data(probe, tls, "STOR f", resume=True) as data:
            await data.write(b"x")
        assert (await probe.reply())[:3] == "226"
        assert await probe.codes("REIN", "USER bob") == ["220", "232"]


async def test_a3_a_user_manager_that_hangs_over_a_certificate(
    certificates: Callable[[ClientCertificates], ServerCertificate], ca: trustme.CA
) -> None:
    class Hanging(UserTable):
        async def authenticate_certificate(
            self, name: str, certificate: PeerCertificate, host: str
        ) -> User | None:
            await anyio.sleep_forever()
            raise AssertionError

    tls = client_context(ca, ca.issue_cert("bob@example.org", common_name="bob"))
    server = Server(Hanging([]), ssl_context=certificates("request"))
    async with serving(server) as address, await Probe.connect(address) as probe:
        await probe.reply()
        await probe.start_tls(tls)
        await anyio.wait_all_tasks_blocked()
        server.change(login_timeout=0.01)
        assert await probe.ask("USER bob") == "421 The login took too long."
        assert await probe.is_closed()


async def test_a_password_does_where_no_certificate_is_shown(
    certificates: Callable[[ClientCertificates], ServerCertificate], client_tls: ssl.SSLContext
) -> None:
    async with (
        serving(server_for_bob("CN=bob", ssl_context=certificates("request"))) as address,
        await Probe.connect(address) as probe,
    ):
        await probe.reply()
        await (await probe.start_tls(client_tls)).log_in_again()


async def test_without_a_password_only_the_certificate_will_do(
    certificates: Callable[[ClientCertificates], ServerCertificate],
    ca: trustme.CA,
    bobs_tls: ssl.SSLContext,
) -> None:
    bob = User("bob", file_system=MemoryFileSystem(), certificates=["CN=bob"])
    server = Server([bob], login_delay=0.0, ssl_context=certificates("request"))
    carols_tls = client_context(ca, ca.issue_cert("carol@example.org", common_name="carol"))
    async with serving(server) as address:
        for tls, codes in ((carols_tls, ["331", "530"]), (bobs_tls, ["232", "503"])):
            async with await Probe.connect(address) as probe:
                await probe.reply()
                await probe.start_tls(tls)
                assert await probe.codes("USER bob", "PASS x") == codes


async def is_turned_away(probe: Probe, context: ssl.SSLContext) -> bool:
    """Whether the server ends the connection; with TLS 1.3 clients learn it after the handshake."""
    try:
        await probe.stream.start_tls(context, "127.0.0.1")
        await probe.send("NOOP")
        return not await probe.stream.read()
    except (ssl.SSLError, anyio.BrokenResourceError):
        return True


async def test_the_certificate_of_a_stranger_lets_nobody_in(
    certificates: Callable[[ClientCertificates], ServerCertificate], ca: trustme.CA
) -> None:
    forged = trustme.CA().issue_cert("bob@example.org", common_name="bob")
    async with (
        serving(server_for_bob("CN=bob", ssl_context=certificates("request"))) as address,
        await Probe.connect(address) as probe,
    ):
        await probe.reply()
        assert (await probe.ask("AUTH TLS"))[:3] == "234"
        assert await is_turned_away(probe, client_context(ca, forged))


async def test_a_certificate_may_be_required(
    certificates: Callable[[ClientCertificates], ServerCertificate],
    client_tls: ssl.SSLContext,
    bobs_tls: ssl.SSLContext,
) -> None:
    server = server_for_bob("CN=bob", ssl_context=certificates("require"), implicit_tls=True)
    async with serving(server) as address:
        async with await Probe.connect(address) as probe:
            assert await is_turned_away(probe, client_tls)
        async with await Probe.connect(address) as probe:
            await probe.stream.start_tls(bobs_tls, "127.0.0.1")
            assert (await probe.reply())[:3] == "220"
            assert (await probe.ask("USER bob"))[:3] == "232"


async def test_data_connections_show_the_same_certificate(
    certificates: Callable[[ClientCertificates], ServerCertificate],
    ca: trustme.CA,
    client_tls: ssl.SSLContext,
    bobs_tls: ssl.SSLContext,
) -> None:
    carols_tls = client_context(ca, ca.issue_cert("carol@example.org"))
    async with (
        serving(server_for_bob("CN=bob", ssl_context=certificates("request"))) as address,
        await Probe.connect(address) as probe,
    ):
        await probe.reply()
        await probe.start_tls(bobs_tls)
        assert await probe.codes("USER bob", "TYPE I") == ["232", "200"]
        for context, code in ((client_tls, "522"), (carols_tls, "522"), (bobs_tls, "226")):
            data = await secure_data(probe, context, "STOR f")
            if code == "226":
                await data.aclose()
            assert (await probe.reply())[:3] == code
            data.close()


async def test_who_is_turned_away_hears_why_over_implicit_tls(
    server_tls: ssl.SSLContext, client_tls: ssl.SSLContext
) -> None:
    server = server_of(ssl_context=server_tls, implicit_tls=True, max_connections=1)
    async with serving(server) as address, await Probe.connect(address) as first:
        await first.stream.start_tls(client_tls, "127.0.0.1")
        await first.reply()
        async with await Probe.connect(address) as second:
            await second.stream.start_tls(client_tls, "127.0.0.1")
            assert await second.rest() == b"421 Too many connections, try again later.\r\n"
        async with await Probe.connect(address) as third:  # who wants none of it harms nobody
            await third.send("USER bob")
            assert await third.is_closed()
        assert (await first.ask("NOOP"))[:3] == "200"


async def test_a_flood_over_implicit_tls_is_closed_without_a_word(
    server_tls: ssl.SSLContext, client_tls: ssl.SSLContext
) -> None:
    server = server_of(ssl_context=server_tls, implicit_tls=True, max_connections=1)
    async with (
        contextlib.AsyncExitStack() as stack,
        serving(server) as address,
        await Probe.connect(address) as first,
    ):
        await first.stream.start_tls(client_tls, "127.0.0.1")
        await first.reply()
        for _ in range(16):  # they say nothing, and are waited for
            await stack.enter_async_context(await Probe.connect(address))
        async with await Probe.connect(address) as one_more:
            assert await one_more.rest() == b""
        assert (await first.ask("NOOP"))[:3] == "200"
