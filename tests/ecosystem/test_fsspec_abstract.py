"""fsspec's own tests for implementations, over our file system on each server."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fsspec.implementations.local import LocalFileSystem
from fsspec.tests import abstract

from anyftp.fsspec import FTPFileSystem
from ecosystem.conftest import SERVERS
from interop.daemons import StartDaemon
from support.leaks import leaked_since, open_descriptors

pytestmark = pytest.mark.interop

if not hasattr(abstract, "AbstractPipeTests"):
    pytest.skip("fsspec's tests are older than those meant here", allow_module_level=True)


@pytest.fixture(autouse=True)
def no_leaked_descriptors() -> None:
    """One file system serves all tests of a server, and keeps its connections in between."""


@pytest.fixture(scope="module")
def file_systems() -> Iterator[dict[int, FTPFileSystem]]:
    made: dict[int, FTPFileSystem] = {}
    before = open_descriptors()
    yield made
    for fs in made.values():
        fs.close()
    assert not [what for what in leaked_since(before) if "socket" in what]


class _Fixtures(abstract.AbstractFixtures):  # type: ignore[misc]  # fsspec has no types
    @pytest.fixture(params=SERVERS)
    def daemon(self, request: pytest.FixtureRequest, ftp_daemon: StartDaemon) -> Any:
        return ftp_daemon(request.param)

    @pytest.fixture
    def fs(self, daemon: Any, file_systems: dict[int, FTPFileSystem]) -> FTPFileSystem:
        where = daemon.host, daemon.port, daemon.user, daemon.password
        fs = FTPFileSystem(*where, skip_instance_cache=True)
        return file_systems.setdefault(daemon.port, fs)

    @pytest.fixture
    def fs_path(self, daemon: Any) -> str:
        return str(daemon.folder()[1])

    @pytest.fixture
    def fs_join(self) -> Any:
        return lambda *parts: "/".join(parts)

    @pytest.fixture
    def local_fs(self) -> Any:
        # Before 2026 fsspec had it for a class as a method, which pytest 9.2 warns of.
        return LocalFileSystem(auto_mkdir=True)

    @pytest.fixture
    def local_path(self, tmp_path: Path) -> str:
        return str(tmp_path)


class TestCopy(_Fixtures, abstract.AbstractCopyTests):  # type: ignore[misc]
    pass


class TestGet(_Fixtures, abstract.AbstractGetTests):  # type: ignore[misc]
    pass


class TestPut(_Fixtures, abstract.AbstractPutTests):  # type: ignore[misc]
    pass


class TestOpen(_Fixtures, abstract.AbstractOpenTests):  # type: ignore[misc]
    pass


class TestPipe(_Fixtures, abstract.AbstractPipeTests):  # type: ignore[misc]
    pass


class TestJumps(_Fixtures):
    """Not fsspec's: what a server says to a transfer that is left is taken for nothing else."""

    @pytest.mark.parametrize("nbytes", [100, 65_536])
    def test_each_read_brings_its_own_bytes(
        self, fs: FTPFileSystem, fs_path: str, nbytes: int
    ) -> None:
        content = b"".join(b"%07d\n" % number for number in range(500_000))
        path = f"{fs_path}/jumps"
        fs.pipe_file(path, content)
        chance = random.Random(nbytes)
        places = [chance.randrange(len(content)) for _ in range(60)]
        with fs.open(path, cache_type="none") as file:
            for place in places:
                file.seek(place)
                assert file.read(nbytes) == content[place : place + nbytes]
                assert chance.random() < 0.9 or fs.info(path)["size"] == len(content)
        found = fs.cat_ranges([path] * 60, places, [place + nbytes for place in places])
        assert found == [content[place : place + nbytes] for place in places]
