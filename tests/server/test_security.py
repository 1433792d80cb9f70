"""AUTH, PBSZ, PROT, CCC and TLS on data; SECURITY rows T2, T4, T5, T7, T8, T9, T12, T14."""

from __future__ import annotations

import os
import ssl
from collections.abc import Callable
from pathlib import Path

import anyio
import pytest
import trustme

from anyftp._fs import LocalFileSystem, MemoryFileSystem
from anyftp._net import connect_tcp, server_context
from anyftp._streams import StreamIO, TLSStream
from server.probe import Probe, logged_in, server_of, serving

pytestmark = pytest.mark.anyio

LARGE = os.urandom(2_000_000)


@pytest.fixture(params=[ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3], ids=["1.2", "1.3"])
def client_tls(ca: trustme.CA, request: pytest.FixtureRequest) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.maximum_version = context.minimum_version = request.param
    ca.configure_trust(context)
    return context


async def secure_data(
    probe: Probe, context: ssl.SSLContext, command: str, *, resume: bool = False
) -> StreamIO:
    """EPSV, connect, command, handshake."""
    stream = StreamIO(await connect_tcp(*await probe.data_address()), timeout=5.0)
    assert (await probe.ask(command))[:3] == "150"
    control = probe.stream.stream
    assert isinstance(control, TLSStream)
    session = control.session if resume else None
    await stream.start_tls(context, "127.0.0.1", session=session)
    return stream


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


async def test_plain_bytes_on_the_implicit_port(server_tls: ssl.SSLContext) -> None:
    async with (
        serving(server_of(ssl_context=server_tls, implicit_tls=True)) as address,
        await Probe.connect(address) as probe,
    ):
        await probe.send("USER bob")
        assert await probe.is_closed()


async def test_a_handshake_that_never_ends(server_tls: ssl.SSLContext) -> None:
    server = server_of(ssl_context=server_tls, implicit_tls=True, handshake_timeout=0.1)
    async with serving(server) as address, await Probe.connect(address) as probe:
        assert await probe.is_closed()


async def test_commands_behind_auth_are_never_run(server_tls: ssl.SSLContext) -> None:
    async with (
        serving(server_of(ssl_context=server_tls)) as address,
        await Probe.connect(address) as probe,
    ):
        await probe.reply()
        await probe.send("AUTH TLS", "NOOP")
        assert await probe.is_closed()


async def test_tls_required(server_tls: ssl.SSLContext, client_tls: ssl.SSLContext) -> None:
    async with (
        serving(server_of(ssl_context=server_tls, require_tls=True)) as address,
        await Probe.connect(address) as probe,
    ):
        await probe.reply()
        assert await probe.codes("USER bob", "PASS secret") == ["530", "503"]
        await (await probe.start_tls(client_tls)).log_in_again()
        assert await probe.codes("PROT C", "EPSV", "LIST") == ["534", "229", "150"]


async def test_clear_data_is_refused_where_tls_is_required(
    server_tls: ssl.SSLContext, client_tls: ssl.SSLContext
) -> None:
    async with (
        serving(server_of(ssl_context=server_tls, require_tls=True)) as address,
        await Probe.connect(address) as probe,
    ):
        await probe.reply()
        assert (await probe.ask("AUTH TLS"))[:3] == "234"
        await probe.stream.start_tls(client_tls, "127.0.0.1")
        await probe.log_in_again()
        assert await probe.codes("EPSV", "LIST") == ["229", "522"]


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
        codes = ["530", "503", "503", "200", "536", "504", "200", "533"]
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


@pytest.mark.parametrize("size", [0, 100, 500_000])
async def test_an_upload_cut_off_without_close_notify_is_discarded(
    server_tls: ssl.SSLContext, client_tls: ssl.SSLContext, tmp_path: Path, size: int
) -> None:
    server = server_of(LocalFileSystem(tmp_path), ssl_context=server_tls)
    async with serving(server) as address, await Probe.connect(address) as probe:
        await probe.reply()
        await (await probe.start_tls(client_tls)).log_in_again()
        data = await secure_data(probe, client_tls, "STOR f")
        await data.write(LARGE[:size])
        data.close()
        assert (await probe.reply())[:3] == "426"
        assert os.listdir(tmp_path) == []


async def test_clear_text_on_a_private_data_connection(
    server_tls: ssl.SSLContext, client_tls: ssl.SSLContext
) -> None:
    async with (
        serving(server_of(ssl_context=server_tls)) as address,
        await Probe.connect(address) as probe,
    ):
        await probe.reply()
        await (await probe.start_tls(client_tls)).log_in_again()
        async with await probe.open_data() as data:
            assert (await probe.ask("STOR f"))[:3] == "150"
            await data.write(b"in the clear")
            assert (await probe.reply())[:3] == "425"
        assert (await probe.ask("SIZE f"))[:3] == "550"


async def test_nobody_shakes_hands_on_data(
    server_tls: ssl.SSLContext, client_tls: ssl.SSLContext
) -> None:
    server = server_of(ssl_context=server_tls, handshake_timeout=1.0)
    async with serving(server) as address, await Probe.connect(address) as probe:
        await probe.reply()
        await (await probe.start_tls(client_tls)).log_in_again()
        async with await probe.open_data():
            assert await probe.codes("STOR f", "NOOP") == ["150", "200"]
            assert (await probe.reply())[:3] == "425"


@pytest.fixture
def context_maker(certificate_files: tuple[Path, Path, Path]) -> Callable[[], ssl.SSLContext]:
    chain, key, _ = certificate_files
    return lambda: server_context(chain, key)


async def test_data_must_resume_the_session_of_its_own_control_connection(
    context_maker: Callable[[], ssl.SSLContext], client_tls: ssl.SSLContext
) -> None:
    server = server_of(ssl_context=context_maker, require_session_reuse=True)
    async with (
        serving(server) as address,
        await Probe.connect(address) as probe,
        await Probe.connect(address) as thief,
    ):
        for each in (probe, thief):
            await each.reply()
            await (await each.start_tls(client_tls)).log_in_again()
        async with await secure_data(probe, client_tls, "STOR f", resume=True) as data:
            await data.write(b"mine")
        assert (await probe.reply())[:3] == "226"
        for session in (None, thief.stream.stream.session):  # type: ignore[attr-defined]
            stream = StreamIO(await connect_tcp(*await probe.data_address()), timeout=5.0)
            assert (await probe.ask("RETR f"))[:3] == "150"
            with anyio.CancelScope():
                try:
                    await stream.start_tls(client_tls, "127.0.0.1", session=session)
                    assert await stream.read() == b""
                except (anyio.BrokenResourceError, ssl.SSLError):
                    pass
            stream.close()
            assert (await probe.reply())[:3] == "522"


async def test_uploads_arrive_whole_though_the_client_reads_no_tickets(
    server_tls: ssl.SSLContext, ca: trustme.CA
) -> None:
    """T8: with tickets of TLS 1.3 unread, closing would reset the connection."""
    client_tls = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    ca.configure_trust(client_tls)
    tree = MemoryFileSystem()
    async with (
        serving(server_of(tree, ssl_context=server_tls)) as address,
        await Probe.connect(address) as probe,
    ):
        await probe.reply()
        await (await probe.start_tls(client_tls)).log_in_again()
        for number in range(40):
            data = await secure_data(probe, client_tls, "STOR f", resume=number % 2 == 0)
            await data.write(LARGE[: 1_000_000 + number])
            await data.send_eof()
            data.close()
            assert (await probe.reply())[:3] == "226"
            assert tree.get("f") == LARGE[: 1_000_000 + number]
    assert server_tls.num_tickets == 2
