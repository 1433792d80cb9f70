"""Fixtures of the compat layer's tests: asyncio only, and the streams of one connection."""

from __future__ import annotations

import asyncio
import importlib.util
import logging
import shutil
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from compat.asyncio_backends import BACKENDS
from compat.peer import Peer, aioftp_serving, pyftpdlib_serving
from interop.daemons import Certificate, Unavailable, start
from support.clocks import Backend

Pair = tuple[asyncio.StreamReader, asyncio.StreamWriter]


@pytest.fixture(params=BACKENDS)
def anyio_backend(request: pytest.FixtureRequest) -> Backend:
    """aioftp knows asyncio alone, and so does what stands in for it."""
    backend: Backend = request.param
    return backend


@pytest.fixture(autouse=True)
def levels_of_loggers() -> Iterator[None]:
    """Programs set the levels of aioftp's loggers as they like; the next test finds them unset."""
    loggers = [logging.getLogger(name) for name in ("aioftp", "aioftp.client", "aioftp.server")]
    before = [logger.level for logger in loggers]
    yield
    for logger, level in zip(loggers, before, strict=True):
        logger.setLevel(level)


@asynccontextmanager
async def connected_pair() -> AsyncIterator[tuple[Pair, Pair]]:
    """Both ends of a connection on loopback, as asyncio's streams."""
    accepted: asyncio.Future[Pair] = asyncio.get_running_loop().create_future()

    async def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        accepted.set_result((reader, writer))

    server = await asyncio.start_server(accept, "127.0.0.1", 0)
    near = await asyncio.open_connection(*server.sockets[0].getsockname()[:2])
    far = await accepted
    try:
        yield near, far
    finally:
        for _, writer in (near, far):
            writer.close()
        server.close()
        await asyncio.sleep(0.01)


class SleepRecorder:
    """Stands in for `asyncio.sleep`: takes note and returns at once.

    Attributes:
        delays: the seconds asked for.
        end: when the last of them would be over, by the event loop's clock.
    """

    def __init__(self, sleep: Callable[[float], Awaitable[Any]]) -> None:
        self.delays: list[float] = []
        self.end = 0.0
        self._sleep = sleep

    async def really(self, seconds: float) -> None:
        """Sleep, by the event loop's clock."""
        await self._sleep(seconds)

    async def __call__(self, delay: float, result: Any = None) -> Any:
        self.delays.append(delay)
        self.end = max(self.end, asyncio.get_running_loop().time() + delay)
        await self._sleep(0)
        return result


@pytest.fixture
def sleeps(monkeypatch: pytest.MonkeyPatch) -> SleepRecorder:
    """`asyncio.sleep` is replaced by a recorder for this test."""
    recorder = SleepRecorder(asyncio.sleep)
    monkeypatch.setattr(asyncio, "sleep", recorder)
    return recorder


@pytest.fixture(scope="session")
def plain_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Peer]:
    """pyftpdlib; to start it takes longer than most tests."""
    if importlib.util.find_spec("pyftpdlib") is None:
        pytest.skip("pyftpdlib is not installed")
    with pyftpdlib_serving(tmp_path_factory.mktemp("served")) as peer:
        yield peer


@pytest.fixture(scope="session")
def tls_server(
    tmp_path_factory: pytest.TempPathFactory, certificate_files: tuple[Path, Path, Path]
) -> Iterator[Peer]:
    """pyftpdlib with AUTH TLS."""
    pytest.importorskip("OpenSSL", reason="pyOpenSSL is not installed")
    chain, key, _ = certificate_files
    root = tmp_path_factory.mktemp("served-by-tls")
    with pyftpdlib_serving(root, str(chain), str(key)) as peer:
        yield peer


@pytest.fixture(scope="module")
def shared_peer(
    request: pytest.FixtureRequest,
    certificate_files: tuple[Path, Path, Path],
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Peer]:
    """The server of that name, for "user" with the password "secret"."""
    if request.param == "vsftpd":
        files = Certificate(*certificate_files)
        try:
            daemon = start(request.param, files, user="user", password="secret")
        except Unavailable as error:
            pytest.skip(str(error))
        yield Peer(daemon.port, daemon.setup.home)
        daemon.stop()
        return
    pytest.importorskip(request.param, reason=f"{request.param} is not installed")
    serving = aioftp_serving if request.param == "aioftp" else pyftpdlib_serving
    with serving(tmp_path_factory.mktemp("oracle")) as peer:
        yield peer


@pytest.fixture
def peer(plain_server: Peer) -> Peer:
    """pyftpdlib, serving an empty folder."""
    return emptied(plain_server)


@pytest.fixture
def tls_peer(tls_server: Peer) -> Peer:
    """pyftpdlib with AUTH TLS, serving an empty folder."""
    return emptied(tls_server)


def emptied(peer: Peer) -> Peer:
    """The same server without the files of the test before."""
    for path in peer.root.iterdir():
        shutil.rmtree(path) if path.is_dir() else path.unlink()
    return peer
