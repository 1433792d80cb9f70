"""Attacks on the server's TLS, one test or more for each row of the catalogue (T2 to T14).

T1, T3, T4, T10 and T11 are attacks on clients: test_login.py and test_open.py in tests/client.
"""

from __future__ import annotations

import os
import ssl
from pathlib import Path

import anyio
import pytest
import trustme

from anyftp._fs import LocalFileSystem, MemoryFileSystem
from anyftp._net import ServerCertificate, client_context, connect_tcp, server_context
from anyftp._server import TLSPolicy
from anyftp._server._session._handshake import NO_APPLICATION_PROTOCOL
from anyftp._streams import StreamIO
from server import tls_probe
from server.probe import Probe, server_of, serving
from server.tls_probe import logged_in_by_tls, secure_data, session_of
from support.patient_clocks import patient

pytestmark = pytest.mark.anyio

LARGE = os.urandom(2_000_000)


@pytest.fixture(params=[ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3], ids=["1.2", "1.3"])
def client_tls(ca: trustme.CA, request: pytest.FixtureRequest) -> ssl.SSLContext:
    context = tls_probe.client_context(ca)
    context.maximum_version = context.minimum_version = request.param
    return context


@pytest.fixture
def certificate(certificate_files: tuple[Path, Path, Path]) -> ServerCertificate:
    chain, key, _ = certificate_files
    return ServerCertificate(chain, key)


async def test_t2_commands_behind_auth_are_never_run(server_tls: ssl.SSLContext) -> None:
    tree = MemoryFileSystem()
    async with (
        serving(server_of(tree, ssl_context=server_tls)) as address,
        await Probe.connect(address) as probe,
    ):
        await probe.reply()
        await probe.send("AUTH TLS", "USER bob", "PASS secret", "MKD d")
        assert await probe.is_closed()
        assert tree.names() == []


async def test_t2_a_hello_behind_auth_is_not_taken_either(
    server_tls: ssl.SSLContext, client_tls: ssl.SSLContext
) -> None:
    """Bytes of TLS that came before 234 may be anybody's."""
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    hello = client_tls.wrap_bio(incoming, outgoing, server_hostname="127.0.0.1")
    with pytest.raises(ssl.SSLWantReadError):
        hello.do_handshake()
    async with (
        serving(server_of(ssl_context=server_tls)) as address,
        await Probe.connect(address) as probe,
    ):
        await probe.reply()
        await probe.stream.write(b"AUTH TLS\r\n" + outgoing.read())
        assert await probe.is_closed()


@pytest.mark.parametrize("size", [0, 100, 500_000])
@pytest.mark.parametrize("accepts", [False, True])
async def test_t5_an_upload_without_close_notify(
    server_tls: ssl.SSLContext,
    client_tls: ssl.SSLContext,
    tmp_path: Path,
    size: int,
    accepts: bool,
) -> None:
    server = server_of(
        LocalFileSystem(tmp_path),
        ssl_context=server_tls,
        tls_policy=TLSPolicy(accept_truncated_uploads=accepts),
    )
    async with serving(server) as address, await logged_in_by_tls(address, client_tls) as probe:
        data = await secure_data(probe, client_tls, "STOR f")
        await data.write(LARGE[:size])
        data.close()
        assert (await probe.reply())[:3] == ("226" if accepts else "426")
        assert os.listdir(tmp_path) == (["f"] if accepts else [])
        assert not accepts or (tmp_path / "f").read_bytes() == LARGE[:size]


ALPN = [
    # policy, what the client offers, whether it gets in
    ("if-offered", [], True),
    ("if-offered", ["ftp"], True),
    ("if-offered", ["h2", "ftp"], True),
    ("if-offered", ["x-filezilla-ftp"], True),
    ("if-offered", ["http/1.1"], False),
    ("if-offered", ["h2", "http/1.1", "smtp"], False),
    ("required", [], False),
    ("required", ["ftp-data"], True),
    ("off", ["http/1.1"], True),
]


@pytest.mark.parametrize(("policy", "protocols", "gets_in"), ALPN)
async def test_t6_who_does_not_want_ftp_is_sent_away(
    certificate: ServerCertificate, ca: trustme.CA, policy: str, protocols: list[str], gets_in: bool
) -> None:
    context = tls_probe.client_context(ca)
    if protocols:
        context.set_alpn_protocols(protocols)
    tls_policy = TLSPolicy(alpn=policy)  # type: ignore[arg-type]
    server = server_of(ssl_context=certificate, implicit_tls=True, tls_policy=tls_policy)
    async with serving(server) as address, await Probe.connect(address) as probe:
        if not gets_in:
            with pytest.raises(ssl.SSLError, match=r"(?i)no.application.protocol"):
                await probe.stream.start_tls(context, "127.0.0.1")
            return
        await probe.stream.start_tls(context, "127.0.0.1")
        assert (await probe.reply())[:3] == "220"


async def test_t6_nothing_of_ours_goes_out_before(certificate: ServerCertificate) -> None:
    """Not even a certificate: the alert is the first byte and the last."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.set_alpn_protocols(["h2", "http/1.1"])
    outgoing = ssl.MemoryBIO()
    browser = context.wrap_bio(ssl.MemoryBIO(), outgoing, server_hostname="ftp.example.org")
    with pytest.raises(ssl.SSLWantReadError):
        browser.do_handshake()
    hello = outgoing.read()
    async with (
        serving(server_of(ssl_context=certificate, implicit_tls=True)) as address,
        await Probe.connect(address) as probe,
    ):
        for place in range(0, len(hello), 100):  # in pieces, as networks like it
            await probe.stream.write(hello[place : place + 100])
        assert await probe.stream.read() == NO_APPLICATION_PROTOCOL


async def test_t6_data_connections_are_no_way_around(
    certificate: ServerCertificate, client_tls: ssl.SSLContext, ca: trustme.CA
) -> None:
    tree = MemoryFileSystem()
    tree.put("/page", b"<script>")
    browser = tls_probe.client_context(ca)
    browser.set_alpn_protocols(["http/1.1"])
    async with (
        serving(server_of(tree, ssl_context=certificate)) as address,
        await logged_in_by_tls(address, client_tls) as probe,
    ):
        with pytest.raises(ssl.SSLError, match=r"(?i)no.application.protocol"):
            await secure_data(probe, browser, "RETR page")
        assert (await probe.reply())[:3] == "425"
        data = await secure_data(probe, client_tls, "RETR page")
        assert await data.read() == b"<script>"
        data.close()
        assert (await probe.reply())[:3] == "226"


async def refused(probe: Probe, context: ssl.SSLContext, session: ssl.SSLSession | None) -> None:
    """A data connection with this session gets not a byte."""
    stream = StreamIO(await connect_tcp(*await probe.data_address()), timeout=Probe.PATIENCE)
    assert (await probe.ask("RETR f"))[:3] == "150"
    try:
        await stream.start_tls(context, "127.0.0.1", session=session)
        assert await stream.read() == b""
    except (anyio.BrokenResourceError, ssl.SSLError):
        pass
    stream.close()
    assert (await probe.reply())[:3] == "522"


async def test_t7_data_must_resume_the_session_of_its_own_control_connection(
    certificate: ServerCertificate, client_tls: ssl.SSLContext
) -> None:
    policy = TLSPolicy(session_reuse="required")
    async with (
        serving(server_of(ssl_context=certificate, tls_policy=policy)) as address,
        await logged_in_by_tls(address, client_tls) as probe,
        await logged_in_by_tls(address, client_tls) as thief,
    ):
        async with await secure_data(probe, client_tls, "STOR f", resume=True) as data:
            await data.write(b"mine")
        assert (await probe.reply())[:3] == "226"
        await refused(probe, client_tls, None)
        await refused(probe, client_tls, session_of(thief))


async def test_t7_who_has_resumed_once_resumes_ever_after(
    certificate: ServerCertificate, client_tls: ssl.SSLContext
) -> None:
    """If-offered: a client that cannot resume gets in, one that can is protected."""
    policy = TLSPolicy(session_reuse="if-offered")
    async with (
        serving(server_of(ssl_context=certificate, tls_policy=policy)) as address,
        await logged_in_by_tls(address, client_tls) as probe,
        await logged_in_by_tls(address, client_tls) as thief,
    ):
        for resume in (False, True, True):
            async with await secure_data(probe, client_tls, "STOR f", resume=resume) as data:
                await data.write(b"mine")
            assert (await probe.reply())[:3] == "226"
        await refused(probe, client_tls, None)
        await refused(probe, client_tls, session_of(thief))
        assert (await thief.ask("REIN"))[:3] == "220"


async def test_t7_one_context_for_all_takes_the_session_of_any_client(
    server_tls: ssl.SSLContext, client_tls: ssl.SSLContext
) -> None:
    """Not what one wants: the reason why `ServerCertificate` makes one for each."""
    policy = TLSPolicy(session_reuse="required")
    tree = MemoryFileSystem()
    tree.put("/f", b"content")
    async with (
        serving(server_of(tree, ssl_context=server_tls, tls_policy=policy)) as address,
        await logged_in_by_tls(address, client_tls) as probe,
        await logged_in_by_tls(address, client_tls) as other,
    ):
        data = await secure_data(probe, client_tls, "RETR f", session=session_of(other))
        assert await data.read() == b"content"
        data.close()
        assert (await probe.reply())[:3] == "226"


async def test_t7_the_policy_off(
    certificate: ServerCertificate, client_tls: ssl.SSLContext
) -> None:
    """The default: clients that share their sessions resume some connections and not others."""
    async with (
        serving(server_of(ssl_context=certificate)) as address,
        await logged_in_by_tls(address, client_tls) as probe,
    ):
        for resume in (True, False, True):
            async with await secure_data(probe, client_tls, "STOR f", resume=resume) as data:
                await data.write(b"mine")
            assert (await probe.reply())[:3] == "226"


async def test_t8_uploads_arrive_whole_though_the_client_reads_no_tickets(
    server_tls: ssl.SSLContext, ca: trustme.CA
) -> None:
    """With tickets of TLS 1.3 unread, closing would reset the connection."""
    client_tls = tls_probe.client_context(ca)
    tree = MemoryFileSystem()
    async with (
        serving(server_of(tree, ssl_context=server_tls)) as address,
        await logged_in_by_tls(address, client_tls) as probe,
    ):
        for number in range(40):
            data = await secure_data(probe, client_tls, "STOR f", resume=number >= 20)
            await data.write(LARGE[: 1_000_000 + number])
            await data.send_eof()
            data.close()
            assert (await probe.reply())[:3] == "226"
            assert tree.get("f") == LARGE[: 1_000_000 + number]
    assert server_tls.num_tickets == 2


async def test_t9_plain_bytes_on_the_implicit_port(server_tls: ssl.SSLContext) -> None:
    async with (
        serving(server_of(ssl_context=server_tls, implicit_tls=True)) as address,
        await Probe.connect(address) as probe,
    ):
        await probe.send("USER bob")
        assert await probe.stream.read() == b""


@patient
@pytest.mark.parametrize("beginning", [b"", b"\x16", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc"])
async def test_t9_a_handshake_that_never_ends(server_tls: ssl.SSLContext, beginning: bytes) -> None:
    server = server_of(ssl_context=server_tls, implicit_tls=True, handshake_timeout=0.1)
    async with serving(server) as address, await Probe.connect(address) as probe:
        await probe.stream.write(beginning)
        assert await probe.is_closed()


@patient
@pytest.mark.parametrize("beginning", [b"", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc"])
async def test_t9_a_handshake_on_data_that_never_ends(
    server_tls: ssl.SSLContext, client_tls: ssl.SSLContext, beginning: bytes
) -> None:
    server = server_of(ssl_context=server_tls, handshake_timeout=1.0)
    async with (
        serving(server) as address,
        await logged_in_by_tls(address, client_tls) as probe,
        await probe.open_data() as data,
    ):
        await data.write(beginning)
        assert await probe.codes("STOR f", "NOOP") == ["150", "200"]
        assert (await probe.reply())[:3] == "425"


async def test_t9_clear_text_on_a_private_data_connection(
    server_tls: ssl.SSLContext, client_tls: ssl.SSLContext
) -> None:
    async with (
        serving(server_of(ssl_context=server_tls)) as address,
        await logged_in_by_tls(address, client_tls) as probe,
    ):
        async with await probe.open_data() as data:
            assert (await probe.ask("STOR f"))[:3] == "150"
            await data.write(b"in the clear")
            assert (await probe.reply())[:3] == "425"
        assert (await probe.ask("SIZE f"))[:3] == "550"


async def test_t12_no_way_back_to_clear_text(
    server_tls: ssl.SSLContext, client_tls: ssl.SSLContext
) -> None:
    async with (
        serving(server_of(ssl_context=server_tls, require_tls=True)) as address,
        await logged_in_by_tls(address, client_tls) as probe,
    ):
        lines = ["CCC", "AUTH TLS", "PROT C", "EPSV", "LIST"]
        assert await probe.codes(*lines) == ["534", "503", "534", "229", "150"]


async def test_t12_clear_data_where_tls_is_required(
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
        for verb in ("LIST", "NLST", "MLSD", "RETR f", "STOR f", "APPE f", "STOU"):
            assert await probe.codes("EPSV", verb) == ["229", "522"]


@pytest.mark.parametrize("login", [False, True])
@pytest.mark.parametrize("data", [False, True])
async def test_t12_logins_and_data_are_separate_matters(
    server_tls: ssl.SSLContext, login: bool, data: bool
) -> None:
    server = server_of(
        ssl_context=server_tls, require_tls=login, tls_policy=TLSPolicy(require_data=data)
    )
    async with serving(server) as address, await Probe.connect(address) as probe:
        await probe.reply()
        assert (await probe.ask("USER bob"))[:3] == ("530" if login else "331")
        if not login:
            await probe.log_in_again()
            assert await probe.codes("EPSV", "STOR f") == ["229", "522" if data else "150"]


async def test_t13_old_versions_compression_and_renegotiation(
    certificate_files: tuple[Path, Path, Path],
) -> None:
    chain, key, _ = certificate_files
    for context in (server_context(chain, key), ServerCertificate(chain, key)(), client_context()):
        assert context.minimum_version == ssl.TLSVersion.TLSv1_2
        assert context.options & ssl.OP_NO_COMPRESSION
        assert context.options & ssl.OP_NO_RENEGOTIATION


async def test_t13_a_context_of_ones_own_is_hardened(
    server_tls: ssl.SSLContext, client_tls: ssl.SSLContext
) -> None:
    assert not server_tls.options & ssl.OP_NO_RENEGOTIATION
    async with (
        serving(server_of(ssl_context=server_tls)) as address,
        await logged_in_by_tls(address, client_tls),
    ):
        assert server_tls.options & ssl.OP_NO_RENEGOTIATION


async def test_t13_tls_1_1_is_not_spoken(certificate: ServerCertificate, ca: trustme.CA) -> None:
    context = tls_probe.client_context(ca)
    with pytest.warns(DeprecationWarning, match=r"TLSv1_1"):
        context.minimum_version = context.maximum_version = ssl.TLSVersion.TLSv1_1
    context.set_ciphers("DEFAULT:@SECLEVEL=0")
    async with (
        serving(server_of(ssl_context=certificate, implicit_tls=True)) as address,
        await Probe.connect(address) as probe,
    ):
        with pytest.raises((ssl.SSLError, anyio.BrokenResourceError)):
            await probe.stream.start_tls(context, "127.0.0.1")


async def test_t14_a_login_in_clear_text_ends_at_user(
    server_tls: ssl.SSLContext, client_tls: ssl.SSLContext
) -> None:
    """Before the password has been sent."""
    async with (
        serving(server_of(ssl_context=server_tls, require_tls=True)) as address,
        await Probe.connect(address) as probe,
    ):
        await probe.reply()
        assert await probe.codes("USER bob", "PASS secret") == ["530", "503"]
        await (await probe.start_tls(client_tls)).log_in_again()
