"""Our client at work on every server, on every backend, in clear text and over TLS.

Each test is one session: the operations of `interop.operations` one after the other, over one
client. An operation that fails names itself, and the rest are run nevertheless. Where
`interop.differences` says that a server lacks an operation, it must end as it is said there; where
it works only now and then, it must end in time, in a way that the client promises.
"""

from __future__ import annotations

import contextlib
import random
import shutil
import ssl
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import anyio
import pytest

from anyftp import (
    Client,
    ConnectionLost,
    FTPError,
    LocalProtocolError,
    PermanentReplyError,
    ReplyError,
    TLSError,
)
from interop.daemons import Daemon, StartDaemon
from interop.differences import difference, uncertainty
from interop.operations import OPERATIONS, Operation, Place
from interop.peers import LACKS, Lack, Peer, peers
from support.backends import BY_NAME
from support.tasks import nothing_left_over

pytestmark = [pytest.mark.anyio, pytest.mark.matrix]

CONTENT = random.Random(3659).randbytes(300_000) + b"\r\n\xff\xf4\x00\n" * 500

#: Seconds for one operation. None of them takes more than two or three where nothing else runs.
PATIENCE = 30.0

#: Seconds after which an operation is cancelled whose server may leave it hanging: a confirmation
#: of an upload is waited for for a minute.
DEADLINE = 10.0


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
        if uncertainty(self.peer, name) is not None:
            return _problem(await self.error_of(name, _as_promised(operation)))
        expected = difference(self.peer, name)
        error = await self.error_of(name, operation)
        if expected is None:
            return _problem(error)
        if error is None or expected.error not in _kinds(error):
            return f"{error!r}, not {expected.error}, as its difference says: {expected.why}"
        return _problem(await self.error_of(f"{name}, instead", expected.instead))

    async def error_of(self, name: str, operation: Operation) -> BaseException | None:
        stored, remote = self.daemon.folder()
        mine = self.folder / name
        mine.mkdir()
        place = Place(self.daemon, self.client, stored, remote, mine, self.connect)
        try:
            with anyio.fail_after(PATIENCE):
                await operation(place)
                await check_in_step(self.client)
        except (Exception, pytest.fail.Exception) as error:
            if not self.client.is_connected:
                await self.reconnect()
            return error
        finally:  # here, since to remove all when the server ends would take long
            shutil.rmtree(stored, ignore_errors=True)
            shutil.rmtree(mine)
        return None

    async def reconnect(self) -> None:
        await self.client.aclose()
        self.client = new_client(self.peer, self.context)
        tls = None if self.peer.tls == "off" else self.peer.tls
        await self.client.connect(self.daemon.host, self.daemon.port, tls=tls)
        await self.client.login(self.daemon.user, self.daemon.password)


def new_client(peer: Peer, context: ssl.SSLContext, timeout: float = 10) -> Client:
    return Client(
        timeout=timeout,
        connection_timeout=10,
        ssl_context=context,
        active=peer.is_active,
    )


async def check_in_step(client: Client) -> None:
    """The next replies belong to the next commands."""
    assert client.is_connected
    await client.change_directory("/")
    assert str(await client.get_current_directory()) == "/"


def _as_promised(operation: Operation) -> Operation:
    """Over a client of its own an operation succeeds, fails in an orderly way, or is cancelled."""

    async def run(place: Place) -> None:
        async with nothing_left_over(), place.connect(timeout=3) as client:
            with contextlib.suppress(FTPError), anyio.move_on_after(DEADLINE):
                await operation(replace(place, client=client))
            if client.is_connected:
                with contextlib.suppress(ConnectionLost):
                    await check_in_step(client)
            if not client.is_connected:
                with pytest.raises((ConnectionLost, LocalProtocolError)):
                    await client.get_current_directory()

    return run


def _kinds(error: BaseException) -> list[str]:
    """What a difference may call an error."""
    if isinstance(error, ReplyError):
        return [error.code]
    return [kind.__name__ for kind in type(error).__mro__]


def _problem(error: BaseException | None) -> str | None:
    return None if error is None else f"{type(error).__name__}: {error}"


@pytest.mark.timeout(240)
@pytest.mark.parametrize(
    ("peer", "anyio_backend"),
    [pytest.param(peer, BY_NAME[name], id=f"{peer}-{name}") for peer, name in peers()],
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


@pytest.mark.parametrize("anyio_backend", [BY_NAME["trio"]], ids=["trio"])
@pytest.mark.parametrize("lack", LACKS, ids=str)
async def test_a_way_that_is_not_there(
    lack: Lack, ftp_daemon: StartDaemon, tmp_path: Path, client_tls: ssl.SSLContext
) -> None:
    """Nothing is run in it, for the reason that is printed; but the client says so clearly."""
    if lack.refusal is None:
        daemon = ftp_daemon(lack.peer.server, **lack.peer.wanted)
        pytest.fail(f"{lack} is there: {daemon}")
    daemon = ftp_daemon(lack.peer.server)
    client = new_client(lack.peer, client_tls)
    session = Session(lack.peer, daemon, client_tls, tmp_path, client)
    with pytest.raises((TLSError, PermanentReplyError), match=lack.refusal):
        async with session.connect() as client:
            await client.list("/")
    pytest.skip(f"{lack.peer.server} has no {lack.way}: {lack.why} ({lack.refusal})")


@pytest.mark.timeout(60)
@pytest.mark.parametrize("anyio_backend", BY_NAME.values(), ids=BY_NAME)
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
