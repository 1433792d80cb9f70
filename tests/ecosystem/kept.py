"""Where counts and limits are kept: in a file, or in a redis-server of the module's own."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from importlib.util import find_spec
from pathlib import Path

import pytest

from support.clocks import ASYNCIO, TRIO, Backend
from support.redis import Redis, redis_running

#: coredis leaves the memory streams of its own to the garbage collector.
MARKS = [
    pytest.mark.anyio,
    pytest.mark.usefixtures("collected"),
    pytest.mark.filterwarnings("ignore:Unclosed <MemoryObject:ResourceWarning"),
]

BACKENDS = [pytest.param(ASYNCIO, id="asyncio"), pytest.param(TRIO, id="trio")]


@pytest.fixture(params=BACKENDS)
def anyio_backend(request: pytest.FixtureRequest) -> Backend:
    backend: Backend = request.param
    return backend


@pytest.fixture(scope="module")
def redis(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Redis]:
    if find_spec("coredis") is None:
        pytest.skip("coredis is not installed (nox -s ecosystem does)")
    with redis_running(tmp_path_factory.mktemp("redis")) as server:
        yield server


@pytest.fixture(params=["sqlite", "redis"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "redis":
        server: Redis = request.getfixturevalue("redis")
        return server.url
    return f"sqlite://{tmp_path}/counts"


@pytest.fixture
def name(request: pytest.FixtureRequest) -> str:
    return f"what {request.node.name} shares"


@pytest.fixture
def forget(request: pytest.FixtureRequest, url: str, tmp_path: Path) -> Callable[[], None]:
    """What has all that was kept be lost: a file is removed, Redis is started anew."""
    if url.startswith("sqlite"):

        def remove() -> None:
            for file in tmp_path.glob("counts*"):
                file.unlink()

        return remove
    server: Redis = request.getfixturevalue("redis")

    def start_anew() -> None:
        server.stop()
        server.start()

    return start_anew
