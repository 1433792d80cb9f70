"""Our client at work on every server, on every backend, in clear text and over TLS.

Each test is one session: the operations of `interop.operations` one after the other, over one
client. An operation that fails names itself, and the rest are run nevertheless. Where
`interop.differences` says that a server lacks an operation, it must end as it is said there.
"""

from __future__ import annotations

import contextlib
import random
import shutil
import ssl
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import anyio
import pytest

from anyftp import Client, ReplyError
from interop.daemons import Daemon, StartDaemon
from interop.differences import difference
from interop.operations import OPERATIONS, Operation, Place
from interop.peers import Peer, peers

pytestmark = [pytest.mark.anyio, pytest.mark.matrix]

#: Without asyncio's debug mode, which costs more than all the rest.
BACKENDS: dict[str, tuple[str, dict[str, Any]]] = {
    "asyncio": ("asyncio", {}),
    "uvloop": ("asyncio", {"use_uvloop": True}),
    "trio": ("trio", {}),
}

CONTENT = random.Random(3659).randbytes(300_000) + b"\r\n\xff\xf4\x00\n" * 500

#: Seconds for one operation. None of them takes more than two or three where nothing else runs.
PATIENCE = 30.0


@dataclass
class Session:
    """One client on one server, for operations one after the other."""

    peer: Peer
    daemon: Daemon
    context: ssl.SSLContext
    folder: Path
    client: Client

    @contextlib.asynccontextmanager
    async def connect(
        self, *, login: bool = True, tls: Any = "as here", timeout: float = 10
    ) -> AsyncIterator[Client]:
        """Another client."""
        client = new_client(self.peer, self.context, timeout)
        async with client:
            as_here = None if self.peer.tls == "off" else self.peer.tls
            tls = as_here if tls == "as here" else tls
            await client.connect(self.daemon.host, self.daemon.port, tls=tls)
            if login:
                await client.login(self.daemon.user, self.daemon.password)
            yield client

    async def attempt(self, name: str, operation: Operation) -> str | None:
        """Run an operation; gives what is wrong, None if all is as it should be."""
        expected = difference(self.peer, name)
        if expected is None:
            error = await self.error_of(name, operation)
            return None if error is None else f"{type(error).__name__}: {error}"
        error = await self.error_of(name, operation)
        if error is None or _kind(error) != expected.error:
            return f"{error!r}, not {expected.error}, as its difference says: {expected.why}"
        error = await self.error_of(f"{name}, instead", expected.instead)
        return None if error is None else f"instead: {type(error).__name__}: {error}"

    async def error_of(self, name: str, operation: Operation) -> BaseException | None:
        stored, remote = self.daemon.folder()
        mine = self.folder / name
        mine.mkdir()
        place = Place(self.daemon, self.client, stored, remote, mine, self.connect)
        try:
            with anyio.fail_after(PATIENCE):
                await operation(place)
                await self.check_in_step()
        except (Exception, pytest.fail.Exception) as error:
            if not self.client.is_connected:
                await self.reconnect()
            return error
        finally:  # here, since to remove all when the server ends would take long
            shutil.rmtree(stored, ignore_errors=True)
            shutil.rmtree(mine)
        return None

    async def check_in_step(self) -> None:
        """The next replies belong to the next commands."""
        assert self.client.is_connected
        await self.client.change_directory("/")
        assert str(await self.client.get_current_directory()) == "/"

    async def reconnect(self) -> None:
        await self.client.aclose()
        self.client = new_client(self.peer, self.context)
        tls = None if self.peer.tls == "off" else self.peer.tls
        await self.client.connect(self.daemon.host, self.daemon.port, tls=tls)
        await self.client.login(self.daemon.user, self.daemon.password)


def new_client(peer: Peer, context: ssl.SSLContext, timeout: float = 10) -> Client:
    return Client(
        timeout=timeout, connection_timeout=10, ssl_context=context, active=peer.is_active
    )


def _kind(error: BaseException) -> str:
    return error.code if isinstance(error, ReplyError) else type(error).__name__


@pytest.mark.timeout(240)
@pytest.mark.parametrize(
    ("peer", "anyio_backend"),
    [pytest.param(peer, BACKENDS[name], id=f"{peer}-{name}") for peer, name in peers()],
)
async def test_every_operation(
    peer: Peer,
    ftp_daemon: StartDaemon,
    tmp_path: Path,
    client_tls: ssl.SSLContext,
) -> None:
    daemon = ftp_daemon(peer.server, **peer.wanted)
    session = Session(peer, daemon, client_tls, tmp_path, new_client(peer, client_tls))
    failures = []
    try:
        await session.reconnect()
        for name, operation in OPERATIONS.items():
            problem = await session.attempt(name, operation)
            if problem is not None:
                failures.append(f"{name}: {problem}")
    finally:
        await session.client.aclose()
    if failures:
        pytest.fail("\n".join(failures), pytrace=False)


@pytest.mark.timeout(60)
@pytest.mark.parametrize("anyio_backend", BACKENDS.values(), ids=BACKENDS)
@pytest.mark.parametrize("server", ["vsftpd", "pyftpdlib"])
async def test_no_upload_over_tls_1_3_is_cut_short(
    server: str,
    anyio_backend: tuple[str, dict[str, Any]],
    ftp_daemon: StartDaemon,
    tmp_path: Path,
    client_tls: ssl.SSLContext,
) -> None:
    """A race, so it is run often.

    A client that closes with session tickets unread resets the connection, and the server's kernel
    drops what it has not yet read: vsftpd then says 426, pyftpdlib 226 for half a file.
    """
    peer = Peer(server, "explicit")
    daemon = ftp_daemon(server, **peer.wanted)
    stored, remote = daemon.folder()
    session = Session(peer, daemon, client_tls, tmp_path, new_client(peer, client_tls))
    async with session.connect() as client:
        for number in range(20):
            async with client.upload_stream(remote / f"{number}.bin") as stream:
                await stream.write(CONTENT)
    assert len(list(stored.iterdir())) == 20
    for path in stored.iterdir():
        assert path.read_bytes() == CONTENT
