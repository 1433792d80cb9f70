"""Clients whose subclass makes the connections, or sends the commands, TLS among them."""

# Classes of either package are Any here.
# mypy: allow-subclassing-any, disable-error-code="name-defined"

from __future__ import annotations

import asyncio
import gc
import ssl
from pathlib import Path
from typing import Any
from unittest.mock import AsyncMock

import pytest

import anyftp_compat
from compat.peer import Peer

pytestmark = [
    pytest.mark.anyio,
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]

PACKAGES = [pytest.importorskip("aioftp", reason="aioftp is not installed"), anyftp_compat]


async def use(client: Any, local: Path) -> Any:
    """Everything that has a data connection, and what becomes of it."""
    await client.login("user", "secret")
    async with client.upload_stream("up") as stream:
        await stream.write(b"content")
    async with client.download_stream("up", offset=2) as stream:
        read = await stream.read()
    await client.download("up", local)
    names = [str(path) for path, _ in await client.list()]
    names += [str(path) for path, _ in await client.list(raw_command="LIST")]
    with pytest.raises(Exception, match="550"):
        await client.download_stream("nothing")
    await client.quit()
    gc.collect()  # aioftp leaves sockets open after a refusal
    await asyncio.sleep(0.02)
    return read, names, (local / "up").read_bytes()


def told_by(package: Any) -> tuple[type[Any], list[object]]:
    """A client that tells where it connects, and whether it is connected by then."""
    told: list[object] = []

    class Telling(package.Client):
        async def _open_connection(self, host: str, port: int) -> Any:
            told.append((host, self._stream is not None))
            return await super()._open_connection(host, port)

    return Telling, told


async def test_connections_of_a_subclass_are_told(peer: Peer, tmp_path: Path) -> None:
    results = []
    for package in PACKAGES:
        kind, told = told_by(package)
        client = kind(socket_timeout=5, connection_timeout=5)
        await client.connect("127.0.0.1", peer.port)
        results.append((await use(client, tmp_path), told))
    assert results[0] == results[1]


async def test_connections_of_a_subclass_under_tls(
    tls_peer: Peer, client_tls: ssl.SSLContext, tmp_path: Path
) -> None:
    results = []
    for package in PACKAGES:
        kind, told = told_by(package)
        client = kind(socket_timeout=5)
        await client.connect("127.0.0.1", tls_peer.port)
        await client.upgrade_to_tls(client_tls)
        results.append((await use(client, tmp_path), told))
    assert results[0] == results[1]


async def test_a_name_that_only_the_subclass_can_reach(
    tls_peer: Peer, client_tls: ssl.SSLContext, tmp_path: Path
) -> None:
    """It connects by itself, and protects what it connects as the control connection is."""
    results = []
    for package in PACKAGES:

        class Pinned(package.Client):
            async def _open_connection(self, host: str, port: int) -> Any:
                options: dict[str, Any] = {}
                before = self._stream and self._stream.writer.get_extra_info("ssl_object")
                if before is not None:
                    options = {"ssl": before.context, "server_hostname": host}
                return await asyncio.open_connection("127.0.0.1", port, **options)

        for is_protected in (False, True):
            client = Pinned(socket_timeout=5)
            await client.connect("localhost", tls_peer.port)
            if is_protected:
                await client.upgrade_to_tls(client_tls)
            results.append(await use(client, tmp_path))
    assert results[:2] == results[2:]


async def test_a_mock_that_connects() -> None:
    for package in PACKAGES:
        client = package.Client()
        client._open_connection = AsyncMock(side_effect=ConnectionRefusedError("no"))
        with pytest.raises(ConnectionRefusedError):
            await client.connect("ftp.example.org", 2121)
        client._open_connection.assert_awaited_once_with("ftp.example.org", 2121)


async def test_the_upgrade_goes_through_a_command_of_ones_own(
    tls_peer: Peer, client_tls: ssl.SSLContext, tmp_path: Path
) -> None:
    results = []
    for package in PACKAGES:
        said: list[object] = []

        class Noting(package.Client):
            async def command(self, command: Any = None, *args: Any, **options: Any) -> Any:
                said.append((command and command.split()[0], args, options))  # noqa: B023
                return await super().command(command, *args, **options)

        client = Noting(socket_timeout=5)
        await client.connect("127.0.0.1", tls_peer.port)
        await client.upgrade_to_tls(client_tls)
        results.append((await use(client, tmp_path), said))
    assert results[0] == results[1]
    assert ("AUTH", ("234",), {}) in results[1][1]


async def test_start_tls_of_a_stream_is_called_by_the_upgrade() -> None:
    for package in PACKAGES:

        class Agreeing(package.Client):
            async def command(self, *args: Any, **options: Any) -> Any:
                return None

        client = Agreeing()
        client.server_host = "ftp.example.org"
        client._stream = AsyncMock()
        context = ssl.create_default_context()
        await client.upgrade_to_tls(context)
        client.stream.start_tls.assert_awaited_once_with(
            sslcontext=context, server_hostname="ftp.example.org"
        )


async def test_tls_by_hand(tls_peer: Peer, client_tls: ssl.SSLContext, tmp_path: Path) -> None:
    """As programs did it before there was `upgrade_to_tls`."""
    results = []
    for package in PACKAGES:
        client = package.Client(socket_timeout=5)
        await client.connect("127.0.0.1", tls_peer.port)
        stream = client.stream
        await client.command("AUTH TLS", "234")
        await stream.start_tls(client_tls, "localhost")
        assert client.stream is stream
        assert stream.writer.get_extra_info("ssl_object") is not None
        await client.command("PBSZ 0", "200")
        await client.command("PROT P", "200")
        results.append(await use(client, tmp_path))
    assert results[0] == results[1]


@pytest.mark.parametrize("holder", [asyncio, anyftp_compat.client], ids=["asyncio", "aioftp"])
async def test_what_stands_for_open_connection_is_called(
    holder: Any, peer: Peer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    genuine, told = asyncio.open_connection, []

    async def open_connection(host: str, port: int, **options: Any) -> Any:
        told.append(host)
        return await genuine(host, port, **options)

    monkeypatch.setattr(holder, "open_connection", open_connection)
    client = anyftp_compat.Client(socket_timeout=5)
    await client.connect("127.0.0.1", peer.port)
    await use(client, tmp_path)
    assert len(told) == 7  # control, five transfers, and one that is refused
    assert set(told) == {"127.0.0.1"}


@pytest.mark.parametrize("package", PACKAGES, ids=lambda package: package.__name__)
async def test_what_an_own_connection_brings(package: Any, peer: Peer) -> None:
    """All of it in order, however it is read; and no more is taken in than is asked for."""

    class Own(package.Client):
        async def _open_connection(self, host: str, port: int) -> Any:
            return await asyncio.open_connection(host, port)

    content = b"".join(b"%07d\n" % number for number in range(1 << 19))
    (peer.root / "big").write_bytes(content)
    client = Own(socket_timeout=5)
    await client.connect("127.0.0.1", peer.port)
    await client.login("user", "secret")
    async with client.download_stream("big") as stream:
        pieces = [await stream.readline(), await stream.reader.readline()]
        await asyncio.sleep(0.05)  # nobody reads: the network is full, not the memory
        assert len(stream.reader._buffer) <= 1 << 19
        while len(pieces) < 40:
            pieces += [await stream.read(9000), await stream.reader.readexactly(3000)]
            pieces += [await stream.readexactly(5), await stream.reader.read(70_000)]
        pieces.append(await stream.read())
        assert await stream.read(1) == b""
    assert b"".join(pieces) == content
    async with client.upload_stream("back") as stream:
        await stream.write(content)
    await client.quit()
    for _ in range(100):
        if (peer.root / "back").stat().st_size == len(content):
            break
        await asyncio.sleep(0.02)
    assert (peer.root / "back").read_bytes() == content


async def test_a_download_over_an_own_connection_breaks_off(peer: Peer) -> None:
    """Whoever waits, and whoever leaves, learns that the connection is gone."""

    class Own(anyftp_compat.Client):
        async def _open_connection(self, host: str, port: int) -> Any:
            self.opened = await asyncio.open_connection(host, port)
            return self.opened

    (peer.root / "big").write_bytes(bytes(1 << 22))
    client = Own(socket_timeout=5)
    await client.connect("127.0.0.1", peer.port)
    await client.login("user", "secret")
    stream = await client.download_stream("big")
    assert await stream.read(10) == bytes(10)
    client.opened[1].transport.abort()
    rest = await stream.read()
    assert len(rest) < 1 << 22
    await client.opened[1].wait_closed()
    client.close()
