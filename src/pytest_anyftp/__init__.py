"""The plugin of pytest: servers to test against, as fixtures.

pytest imports this module in every run where anyftp is installed, used or not; so it stands beside
the package, and imports that only when a fixture is asked for.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from anyftp.testing import RiggedServer, ServerThread

_MARKER = "ftp_server(users=..., tls=..., **options): what ftp_server and anyftp_server are like"


def pytest_configure(config: pytest.Config) -> None:
    """Make the marker known."""
    config.addinivalue_line("markers", _MARKER)


def _options(request: pytest.FixtureRequest) -> dict[str, Any]:
    marker = request.node.get_closest_marker("ftp_server")
    if marker is None:
        return {}
    if marker.args:
        raise pytest.UsageError(f"the marker takes keywords alone: {_MARKER}")
    return dict(marker.kwargs)


@pytest.fixture
def ftp_server(request: pytest.FixtureRequest) -> Iterator[ServerThread]:
    """An FTP server in a thread, with files in memory, for any program; fresh for each test.

    `@pytest.mark.ftp_server(tls="explicit", users={"bob": "pw"})` makes it otherwise.
    """
    from anyftp.testing import ServerThread

    with ServerThread(**_options(request)) as server:
        yield server


def _check_plugin(item: pytest.Item) -> None:
    """Who waits in one event loop for a server in another one waits for ever."""
    for plugin, mark in (("pytest-asyncio", "asyncio"), ("pytest-trio", "trio")):
        if item.get_closest_marker(mark) is not None:
            raise pytest.UsageError(
                f"anyftp_server is for tests that anyio's plugin runs (@pytest.mark.anyio), and"
                f" {plugin} runs this one (in automatic mode all of them): use ftp_server"
            )


@pytest.fixture
async def anyftp_server(
    request: pytest.FixtureRequest, anyio_backend: object
) -> AsyncIterator[RiggedServer]:
    """The same on the event loop of an async test, whichever that is."""
    _check_plugin(request.node)
    import anyio

    from anyftp.testing import RiggedServer

    server = RiggedServer(**_options(request))
    async with anyio.create_task_group() as group:
        await group.start(server.serve)
        yield server
        group.cancel_scope.cancel()


@pytest.fixture(scope="session", params=["standard", "trio"])
def virtual_anyio_backend(request: pytest.FixtureRequest) -> tuple[str, dict[str, Any]]:
    """Each backend with a clock that jumps instead of waiting, for a fixture `anyio_backend`."""
    if request.param == "trio":
        pytest.importorskip("trio", reason="trio is not installed")
    from anyftp.testing import virtual_backends

    backends = virtual_backends()
    return backends[1] if request.param == "trio" else backends[0]
