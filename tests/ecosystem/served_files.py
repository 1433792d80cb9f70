"""A server in a thread, and the file system for fsspec over it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from anyftp.fsspec import FTPFileSystem
from anyftp.testing import ServerThread

CONTENT = b"".join(b"line %06d\n" % number for number in range(60_000))


@pytest.fixture
def server() -> Iterator[ServerThread]:
    with ServerThread(max_connections_per_address=50) as running:
        yield running


def make(server: ServerThread, **options: Any) -> FTPFileSystem:
    options = {"skip_instance_cache": True, "timeout": 10} | options
    return FTPFileSystem(server.host, server.port, server.user, server.password, **options)


@pytest.fixture
def fs(server: ServerThread) -> Iterator[FTPFileSystem]:
    made = make(server)
    yield made
    made.close()
