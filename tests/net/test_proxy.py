from __future__ import annotations

import contextlib
import importlib.util
import random
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import anyio
import pytest

from anyftp import Client, MemoryFileSystem, Server, User, proxy_dialler
from anyftp._errors import (
    ConnectionLost,
    DataConnectionError,
    FTPTimeoutError,
    LocalProtocolError,
    RemoteProtocolError,
)
from anyftp._net import listen_tcp
from anyftp._streams import SocketStream
from net.proxy import PASSWORD, USER, Proxy
from support.ports import dead_port

pytest.importorskip("python_socks", reason="the extra socks is not installed")
pytestmark = pytest.mark.anyio

SCHEMES = ["socks5", "socks5h", "socks4a", "http"]
SECRET = "open%3Asesame"


@contextlib.asynccontextmanager
async def server_and_proxy(proxy: Proxy) -> AsyncIterator[int]:
    """Our server, whose port it gives, and the proxy."""
    server = Server([User(name="alice", password="x", file_system=MemoryFileSystem())])
    failure: Exception | None = None
    async with proxy.running(), anyio.create_task_group() as group:
        ((_, port), *_) = await group.start(server.serve, "127.0.0.1", 0)
        try:
            yield port
        except Exception as error:
            failure = error
        group.cancel_scope.cancel()
    if failure is not None:
        raise failure


@pytest.mark.parametrize("has_password", [False, True], ids=["open", "password"])
@pytest.mark.parametrize("scheme", [*SCHEMES, "socks4"])
async def test_a_session_through_a_proxy(scheme: str, has_password: bool, tmp_path: Path) -> None:
    proxy = Proxy()
    proxy.has_password = has_password
    (tmp_path / "mine").write_bytes(bytes(300_000))
    # SOCKS 4 has the name looked up here, so it must be one that can be.
    host = "localhost" if scheme == "socks4" else "ftp.inside.example"
    async with server_and_proxy(proxy) as port:
        login = f"{USER}:{SECRET}@" if has_password else ""
        dialler = proxy_dialler(f"{scheme}://{login}127.0.0.1:{proxy.port}")
        async with Client.context(host, port, "alice", "x", dialler=dialler) as client:
            assert isinstance(client.control_stream, SocketStream)
            await client.upload(tmp_path / "mine", "f")
            assert [entry.name for entry in await client.list()] == ["f"]
            await client.download("f", tmp_path / "again")
    assert (tmp_path / "again").read_bytes() == bytes(300_000)
    assert len(proxy.asked) == 4
    # EPSV's port belongs to the host as the proxy sees it.
    hosts = {asked[0] for asked in proxy.asked}
    assert hosts <= ({"127.0.0.1"} if scheme == "socks4" else {host})


@pytest.mark.parametrize("scheme", SCHEMES)
async def test_a_greeting_in_one_piece_with_the_proxys_answer(scheme: str) -> None:
    proxy = Proxy()
    proxy.waits_for = 8
    async with server_and_proxy(proxy) as port:
        client = Client(dialler=proxy_dialler(f"{scheme}://127.0.0.1:{proxy.port}"))
        with anyio.fail_after(5):
            assert await client.connect("inside", port)
        client.close()


@pytest.mark.parametrize("scheme", SCHEMES)
async def test_a_refusal_is_one_clear_error(scheme: str) -> None:
    proxy = Proxy()
    proxy.refuses = True
    async with proxy.running() as port:
        client = Client(dialler=proxy_dialler(f"{scheme}://{USER}:{SECRET}@127.0.0.1:{port}"))
        with pytest.raises(ConnectionLost, match=f"proxy 127.0.0.1 port {port}") as caught:
            await client.connect("ftp.inside.example")
    assert "ftp.inside.example port 21" in str(caught.value)
    assert_no_secret(caught.value)


@pytest.mark.parametrize("scheme", ["socks5", "http"])
async def test_a_wrong_password(scheme: str) -> None:
    proxy = Proxy()
    proxy.has_password = True
    async with proxy.running() as port:
        for login in (f"{USER}:wrong-word@", ""):
            client = Client(dialler=proxy_dialler(f"{scheme}://{login}127.0.0.1:{port}"))
            with pytest.raises(ConnectionLost, match="proxy") as caught:
                await client.connect("inside")
            assert "wrong-word" not in repr(caught.value) + str(caught.value.__cause__)


def assert_no_secret(error: BaseException | None) -> None:
    while error is not None:
        shown = str(error) + repr(error)
        assert PASSWORD not in shown
        assert SECRET not in shown
        error = error.__cause__ or error.__context__


@pytest.mark.parametrize("scheme", SCHEMES)
async def test_data_connections_are_refused(scheme: str) -> None:
    proxy = Proxy()
    async with server_and_proxy(proxy) as port:
        dialler = proxy_dialler(f"{scheme}://127.0.0.1:{proxy.port}")
        async with Client.context("inside", port, "alice", "x", dialler=dialler) as client:
            proxy.refuses = True
            with pytest.raises(DataConnectionError, match=f"proxy 127.0.0.1 port {proxy.port}"):
                await client.list()
            await client.noop()


@pytest.mark.parametrize("scheme", SCHEMES)
async def test_nobody_at_the_proxys_port(scheme: str) -> None:
    with dead_port() as port:
        client = Client(dialler=proxy_dialler(f"{scheme}://127.0.0.1:{port}"))
        with pytest.raises(ConnectionLost, match=f"proxy 127.0.0.1 port {port}"):
            await client.connect("inside")


@pytest.mark.parametrize("scheme", SCHEMES)
async def test_a_proxy_that_says_nothing(scheme: str) -> None:
    listener = await listen_tcp("127.0.0.1")
    dialler = proxy_dialler(f"{scheme}://127.0.0.1:{listener.port}")
    client = Client(dialler=dialler, connection_timeout=0.05)
    with pytest.raises(FTPTimeoutError, match="connect to inside"):
        await client.connect("inside")
    listener.close()


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("scheme", SCHEMES)
async def test_a_proxy_that_talks_nonsense(scheme: str, seed: int) -> None:
    proxy = Proxy()
    pieces = [b"\x05", b"\x00", b"\x02", b"\xff", b"HTTP/1.1 ", b"200", b"\r\n", b"\x5a", b"x"]
    proxy.noise = b"".join(random.Random(seed).choices(pieces, k=12)) + b"\r\n\r\n"
    async with proxy.running() as port:
        client = Client(dialler=proxy_dialler(f"{scheme}://{USER}:{SECRET}@127.0.0.1:{port}"))
        # It may as well sound like a yes, and then like no server.
        with pytest.raises((ConnectionLost, RemoteProtocolError)) as caught:
            await client.connect("inside")
        assert_no_secret(caught.value)


async def test_a_header_without_end() -> None:
    proxy = Proxy()
    proxy.noise = b"HTTP/1.1 200 OK\r\nX: " + b"x" * 200_000
    async with proxy.running() as port:
        client = Client(dialler=proxy_dialler(f"http://127.0.0.1:{port}"), timeout=0.1)
        with pytest.raises(ConnectionLost, match="header"):
            await client.connect("inside")


@pytest.mark.parametrize(
    "url",
    [
        "",
        "127.0.0.1:1080",
        "ftp://127.0.0.1:1080",
        "socks5://",
        "socks5://:1080",
        "socks5://host:port",
        "socks5://host:99999",
        "socks5://host:1080/path",
        "socks5://host:1080?query",
        f"socks6://{USER}:{SECRET}@host:1080",
        f"socks5://{USER}:{SECRET}@host:nonsense",
        "socks5://[::1",
    ],
)
def test_what_names_no_proxy(url: str) -> None:
    with pytest.raises(LocalProtocolError, match="a proxy must be SCHEME") as caught:
        proxy_dialler(url)
    assert SECRET not in str(caught.value)


@pytest.mark.parametrize("url", ["socks5://[::1]", "http://host", "socks4a://me@host/"])
def test_what_need_not_be_named(url: str) -> None:
    assert callable(proxy_dialler(url))


def test_the_extra_that_is_missing_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    find: Any = importlib.util.find_spec
    monkeypatch.setattr(
        "anyftp._net._proxy.find_spec", lambda name: None if name == "python_socks" else find(name)
    )
    with pytest.raises(ImportError, match=r'pip install "anyftp\[socks\]"'):
        proxy_dialler("socks5://host")


def test_active_mode_through_a_proxy_is_refused() -> None:
    with pytest.raises(LocalProtocolError, match="active must be False with a proxy"):
        Client(active=True, dialler=proxy_dialler("socks5://127.0.0.1:1080"))
