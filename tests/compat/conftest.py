"""Fixtures of the compat layer's tests: asyncio only, and the streams of one connection."""

from __future__ import annotations

import asyncio
import importlib.util
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from compat.asyncio_backends import BACKENDS
from compat.peer import Peer, pyftpdlib_serving
from support.clocks import Backend

Pair = tuple[asyncio.StreamReader, asyncio.StreamWriter]


@pytest.fixture(params=BACKENDS)
def anyio_backend(request: pytest.FixtureRequest) -> Backend:
    """aioftp knows asyncio alone, and so does what stands in for it."""
    backend: Backend = request.param
    return backend


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
    """

    def __init__(self, sleep: Callable[[float], Awaitable[Any]]) -> None:
        self.delays: list[float] = []
        self._sleep = sleep

    async def really(self, seconds: float) -> None:
        """Sleep, by the event loop's clock."""
        await self._sleep(seconds)

    async def __call__(self, delay: float, result: Any = None) -> Any:
        self.delays.append(delay)
        await self._sleep(0)
        return result


@pytest.fixture
def sleeps(monkeypatch: pytest.MonkeyPatch) -> SleepRecorder:
    """`asyncio.sleep` is replaced by a recorder for this test."""
    recorder = SleepRecorder(asyncio.sleep)
    monkeypatch.setattr(asyncio, "sleep", recorder)
    return recorder


@pytest.fixture
def peer(tmp_path: Path) -> Iterator[Peer]:
    """pyftpdlib, serving an empty folder."""
    if importlib.util.find_spec("pyftpdlib") is None:
        pytest.skip("pyftpdlib is not installed")
    root = tmp_path / "served"
    root.mkdir()
    with pyftpdlib_serving(root) as peer:
        yield peer


@pytest.fixture
def tls_peer(tmp_path: Path, certificate_files: tuple[Path, Path, Path]) -> Iterator[Peer]:
    """pyftpdlib with AUTH TLS, serving an empty folder."""
    pytest.importorskip("OpenSSL", reason="pyOpenSSL is not installed")
    root = tmp_path / "served-by-tls"
    root.mkdir()
    chain, key, _ = certificate_files
    with pyftpdlib_serving(root, str(chain), str(key)) as peer:
        yield peer
