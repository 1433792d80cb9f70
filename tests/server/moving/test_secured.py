"""TLS on data connections: begun before the command and after it, or not at all."""

from __future__ import annotations

import ssl
from contextlib import suppress

import anyio
import pytest
import trustme
from anyio import lowlevel

from anyftp import TLSPolicy
from anyftp._fs import MemoryFileSystem
from anyftp._net import connect_tcp
from anyftp._streams import StreamIO
from server.probe import Probe, server_of, serving
from server.tls_probe import client_context, logged_in_by_tls, secure_data

pytestmark = pytest.mark.anyio

CONTENT = b"all of it\n" * 20_000
#: When the client begins with TLS on the data connection.
ORDERS = ["before the command", "with the command", "after the reply"]


@pytest.fixture(params=[ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3], ids=["1.2", "1.3"])
def client_tls(request: pytest.FixtureRequest, ca: trustme.CA) -> ssl.SSLContext:
    context = client_context(ca)
    context.maximum_version = request.param
    return context


async def begun(probe: Probe, context: ssl.SSLContext, command: str, order: str) -> StreamIO:
    """A data connection over TLS, made in some order; the reply 150 has come."""
    stream = StreamIO(await connect_tcp(*await probe.data_address()), timeout=Probe.PATIENCE)
    if order == "before the command":
        await stream.start_tls(context, "127.0.0.1")
        assert (await probe.ask(command))[:3] == "150"
    elif order == "with the command":
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(stream.start_tls, context, "127.0.0.1")
            await lowlevel.checkpoint()
            assert (await probe.ask(command))[:3] == "150"
    else:
        assert (await probe.ask(command))[:3] == "150"
        await stream.start_tls(context, "127.0.0.1")
    return stream


@pytest.mark.parametrize("order", ORDERS)
async def test_a_handshake_in_any_order(
    order: str, server_tls: ssl.SSLContext, client_tls: ssl.SSLContext
) -> None:
    tree = MemoryFileSystem()
    async with (
        serving(server_of(tree, ssl_context=server_tls)) as address,
        await logged_in_by_tls(address, client_tls) as probe,
    ):
        for _ in range(2):
            async with await begun(probe, client_tls, "STOR f", order) as data:
                await data.write(CONTENT)
            assert (await probe.reply())[:3] == "226"
            async with await begun(probe, client_tls, "RETR f", order) as data:
                assert await data.read() == CONTENT
            assert (await probe.reply())[:3] == "226"
            async with await begun(probe, client_tls, "NLST", order) as data:
                assert await data.read() == b"f\r\n"
            assert (await probe.reply())[:3] == "226"


async def test_a_handshake_that_fails_before_the_command(
    server_tls: ssl.SSLContext, client_tls: ssl.SSLContext
) -> None:
    async with (
        serving(server_of(ssl_context=server_tls)) as address,
        await logged_in_by_tls(address, client_tls) as probe,
    ):
        async with await probe.open_data() as data:
            await data.write(b"no TLS at all, and more of it")
            assert await data.read() is not None
        assert [(await probe.ask("STOR f"))[:3], (await probe.reply())[:3]] == ["150", "425"]
        async with await begun(probe, client_tls, "STOR f", "before the command") as data:
            await data.write(b"x")
        assert (await probe.reply())[:3] == "226"


@pytest.mark.parametrize("has_connected", [False, True])
async def test_a_session_that_ends_while_a_port_waits(
    has_connected: bool, server_tls: ssl.SSLContext, client_tls: ssl.SSLContext
) -> None:
    server = server_of(ssl_context=server_tls)
    async with serving(server) as address:
        async with await logged_in_by_tls(address, client_tls) as probe:
            data_address = await probe.data_address()
            data = StreamIO(await connect_tcp(*data_address)) if has_connected else None
            assert (await probe.ask("QUIT"))[:3] == "221"
            assert await probe.is_closed()
        with anyio.fail_after(5):
            while server.sessions:
                await anyio.sleep(0.01)
        if data is not None:
            with anyio.fail_after(5):
                assert await data.read() == b""
            data.close()
        with pytest.raises(ConnectionRefusedError):
            await connect_tcp(*data_address)


async def test_another_port_replaces_one_that_somebody_has_connected_to(
    server_tls: ssl.SSLContext, client_tls: ssl.SSLContext
) -> None:
    async with (
        serving(server_of(ssl_context=server_tls)) as address,
        await logged_in_by_tls(address, client_tls) as probe,
        await probe.open_data() as first,
        await begun(probe, client_tls, "STOR f", "before the command") as second,
    ):
        # Reset, if nobody had looked at it yet.
        with anyio.fail_after(5), suppress(anyio.BrokenResourceError):
            assert await first.read() == b""
        await second.aclose()
        assert (await probe.reply())[:3] == "226"


@pytest.mark.parametrize("order", ["PROT C", "PROT P"])
async def test_prot_between_the_port_and_the_transfer(
    order: str, server_tls: ssl.SSLContext, client_tls: ssl.SSLContext
) -> None:
    """What counts is what is in force when the transfer begins."""
    tree = MemoryFileSystem()
    async with (
        serving(server_of(tree, ssl_context=server_tls)) as address,
        await logged_in_by_tls(address, client_tls) as probe,
    ):
        if order == "PROT P":
            assert (await probe.ask("PROT C"))[:3] == "200"
        async with await probe.open_data() as data:
            assert await probe.codes(order, "STOR f") == ["200", "150"]
            if order == "PROT P":
                await data.start_tls(client_tls, "127.0.0.1")
            await data.write(b"content")
        assert (await probe.reply())[:3] == "226"
        assert tree.get("f") == b"content"


async def test_two_who_connect_before_the_command(
    server_tls: ssl.SSLContext, client_tls: ssl.SSLContext
) -> None:
    """Though the first one has done a handshake already."""
    async with (
        serving(server_of(ssl_context=server_tls)) as address,
        await logged_in_by_tls(address, client_tls) as probe,
    ):
        where = await probe.data_address()
        async with StreamIO(await connect_tcp(*where), timeout=Probe.PATIENCE) as first:
            await first.start_tls(client_tls, "127.0.0.1")
            async with StreamIO(await connect_tcp(*where)):
                assert await probe.codes("STOR f") == ["150"]
                assert (await probe.reply())[:3] == "425"


async def seconds_without_prot(
    verb: str, server_tls: ssl.SSLContext, client_tls: ssl.SSLContext
) -> float:
    """How long a client that knows nothing of PROT waits for data, and for what is meant."""
    tree = MemoryFileSystem()
    tree.put("/f", CONTENT)
    server = server_of(tree, ssl_context=server_tls, implicit_tls=True)
    async with serving(server) as address, await Probe.connect(address) as probe:
        await probe.stream.start_tls(client_tls, "127.0.0.1")
        await probe.log_in()
        async with await probe.open_data():
            assert (await probe.ask(verb))[:3] == "150"
            began = anyio.current_time()
            text = await probe.reply()
            assert text == "425 No TLS handshake came: data is protected unless PROT C is sent."
            return anyio.current_time() - began


@pytest.mark.parametrize("verb", ["RETR f", "LIST", "STOR g"])
async def test_implicit_tls_without_prot_says_what_is_meant(
    verb: str,
    server_tls: ssl.SSLContext,
    client_tls: ssl.SSLContext,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("anyftp._server._moving._secured._UNASKED_SECONDS", 0.2)
    await seconds_without_prot(verb, server_tls, client_tls)


@pytest.mark.wallclock
@pytest.mark.one_loop
async def test_a_handshake_that_nobody_has_asked_for_has_three_seconds(
    server_tls: ssl.SSLContext, client_tls: ssl.SSLContext
) -> None:
    assert 2.5 < await seconds_without_prot("STOR g", server_tls, client_tls) < 10.0


async def test_implicit_tls_without_prot_where_clear_text_is_fine(
    server_tls: ssl.SSLContext, client_tls: ssl.SSLContext
) -> None:
    """promise-ftp says no PROT there, and means clear text."""
    policy = TLSPolicy(require_data=False)
    server = server_of(ssl_context=server_tls, implicit_tls=True, tls_policy=policy)
    async with serving(server) as address, await Probe.connect(address) as probe:
        await probe.stream.start_tls(client_tls, "127.0.0.1")
        await probe.log_in()
        async with await probe.open_data() as data:
            assert (await probe.ask("STOR g"))[:3] == "150"
            await data.write(b"clear")
        assert (await probe.reply())[:3] == "226"
        assert await probe.codes("PBSZ 0", "PROT P") == ["200", "200"]
        async with await secure_data(probe, client_tls, "RETR g") as data:
            assert await data.read() == b"clear"
        assert (await probe.reply())[:3] == "226"


@pytest.mark.parametrize("is_secure", [False, True])
async def test_a_port_that_nobody_uses_is_closed(
    is_secure: bool, server_tls: ssl.SSLContext, client_tls: ssl.SSLContext
) -> None:
    server = server_of(ssl_context=server_tls, accept_timeout=0.2)
    async with serving(server) as address, await Probe.connect(address) as probe:
        await probe.reply()
        if is_secure:
            await probe.start_tls(client_tls)
        await probe.log_in_again()
        where = await probe.data_address()
        (session,) = server.sessions
        with anyio.fail_after(10):
            while session.port is not None:
                await anyio.sleep(0.02)
        with pytest.raises(ConnectionRefusedError):
            await connect_tcp(*where)
        assert await probe.codes("STOR f", "NOOP") == ["425", "200"]
