"""Servers of other programs, as in tests/interop."""

from __future__ import annotations

import gc
import zlib
from collections.abc import Iterator

import pytest
from fsspec.asyn import get_loop

from interop.conftest import certificate as certificate
from interop.conftest import ftp_daemon as ftp_daemon
from interop.daemons import NAMES
from support.depth import IS_DEEP

#: aioftp's server is not among those that the file system promises to work with.
SERVERS = [name for name in NAMES if name != "aioftp"]


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Have each of fsspec's thirty patterns on one server, in turn; on all of them in a deep run.

    What a pattern means fsspec finds by itself, in listings. How those of each server are read, and
    what is done with what was found, the other tests ask every server.
    """
    left_out = {item for item in items if not (IS_DEEP or _is_its_servers_turn(item))}
    config.hook.pytest_deselected(items=list(left_out))
    items[:] = [item for item in items if item not in left_out]


def _is_its_servers_turn(item: pytest.Item) -> bool:
    name, _, _ = item.nodeid.partition("[")
    if not name.endswith("_glob_edge_cases"):
        return True
    indices: dict[str, int] = dict(vars(item)["callspec"].indices)
    server = indices.pop("daemon")
    pattern = max(indices.values())
    return (server + pattern + zlib.crc32(name.encode())) % len(SERVERS) == 0


@pytest.fixture(scope="session", autouse=True)
def warm_fsspec(warm_backends: None) -> None:
    """The event loop that fsspec has for the life of the process is no leak of some test."""
    get_loop()


@pytest.fixture
def collected() -> Iterator[None]:
    """What a library leaves to the garbage collector goes here, where that is no error.

    And not in the midst of another module's tests.
    """
    yield
    gc.collect()
