"""Connections that are lost at each byte, with a word and without, in virtual time.

Whatever is lost when: what is called whole is whole, what is not is an error of the documented
tree, it comes within a bound, and no half file lies on either side.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from typing import Any

import anyio
import pytest

from anyftp import Client, FTPError, MemoryFileSystem, User
from anyftp.testing import Link, MemoryNetwork, memory_server
from support.clocks import QUICK_BACKENDS, Backend

pytestmark = pytest.mark.anyio

BODY = bytes(range(256)) * 12
#: More than a session of these has on its control connection.
CONTROL_BYTES = 700
#: Seconds that one exchange, and one operation on a stream, may wait; then a few of them.
TIMEOUT, PATIENCE = 30.0, 100.0


@pytest.fixture(params=QUICK_BACKENDS)
def anyio_backend(request: pytest.FixtureRequest) -> Backend:
    backend: Backend = request.param
    return backend


async def download(client: Client, files: MemoryFileSystem) -> None:
    async with client.download_stream("/f") as stream:
        assert await stream.read() == BODY


async def upload(client: Client, files: MemoryFileSystem) -> None:
    async with client.upload_stream("/g") as stream:
        await stream.write(BODY)
    assert files.get("/g") == BODY


async def listing(client: Client, files: MemoryFileSystem) -> None:
    assert [str(entry.path) async for entry in client.list("/")] == ["/f"]


Operation = Callable[[Client, MemoryFileSystem], Awaitable[None]]


async def attempt(operation: Operation, link: Any) -> bool:
    """Whether the operation says that it has succeeded, and then it has."""
    files = MemoryFileSystem()
    files.put("/f", BODY)
    has_succeeded = False
    users = [User("a", "b", file_system=files)]
    async with memory_server(users, network=MemoryNetwork(link)) as dial:
        started = anyio.current_time()
        try:
            async with Client.context(
                "a.test", user="a", password="b", dialler=dial, timeout=TIMEOUT
            ) as client:
                await operation(client, files)
                has_succeeded = True
        except (FTPError, TimeoutError, anyio.BrokenResourceError):
            pass
        assert anyio.current_time() - started < PATIENCE
    assert all(name in ("f", "g") for name in files.names())
    assert "g" not in files.names() or files.get("/g") == BODY
    return has_succeeded


def data_bytes() -> Iterable[int]:
    yield from range(0, 100, 3)
    yield from range(100, len(BODY), 211)
    yield from (len(BODY) - 1, len(BODY))


@pytest.mark.parametrize("is_silent", [False, True], ids=["reset", "silent"])
@pytest.mark.parametrize("operation", [download, upload, listing])
async def test_the_control_connection_is_lost(operation: Operation, is_silent: bool) -> None:
    outcomes = []
    for count in range(0, CONTROL_BYTES, 7):
        lost = Link(lost_after=count, is_silent=is_silent)
        outcomes.append(
            await attempt(operation, lambda _, port, lost=lost: lost if port == 21 else Link())
        )
    assert not outcomes[0]
    assert outcomes[-1]
    assert outcomes == sorted(outcomes)  # never again once there was enough of it


@pytest.mark.parametrize("is_silent", [False, True], ids=["reset", "silent"])
@pytest.mark.parametrize("operation", [download, upload, listing])
async def test_the_data_connection_is_lost(operation: Operation, is_silent: bool) -> None:
    outcomes = []
    for count in data_bytes():
        lost = Link(lost_after=count, is_silent=is_silent)
        outcomes.append(
            await attempt(operation, lambda _, port, lost=lost: Link() if port == 21 else lost)
        )
    assert not outcomes[0]
    assert outcomes == sorted(outcomes)
