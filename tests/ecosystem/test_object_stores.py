"""Our server before object stores, moto's S3 and one that is slow, by clients of several kinds."""

from __future__ import annotations

import contextlib
import os
import resource
import shlex
import shutil
import socket
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import AsyncIterator, Iterator
from pathlib import Path, PurePosixPath
from typing import Any

import anyio
import pytest
from fsspec.implementations.memory import MemoryFileSystem as FsspecMemory

from anyftp import Client, FileSystemError, FsspecFileSystem, PermanentReplyError, Server, User
from anyftp.testing import FILE_SYSTEM_CHECKS, run_file_system_check
from support.clocks import ASYNCIO
from support.ports import free_ports

pytestmark = [pytest.mark.anyio, pytest.mark.timeout(180)]

#: One part of what is stored while it comes, and more.
LARGE = os.urandom(1 << 20) * 40


@pytest.fixture
def anyio_backend() -> Any:
    return ASYNCIO  # the store's own work is done in threads, the same on each backend


@pytest.fixture(autouse=True)
def no_leaked_descriptors() -> None:
    """The store's clients keep connections for the life of the process."""


@pytest.fixture(scope="module")
def s3(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """moto, in a process of its own: it keeps in memory what it gets."""
    pytest.importorskip("moto.server", reason="moto is not installed (nox -s ecosystem does)")
    s3fs = pytest.importorskip("s3fs", reason="s3fs is not installed (nox -s ecosystem does)")
    port = free_ports(1)
    command = [sys.executable, "-m", "moto.server", "-p", str(port)]
    with open(tmp_path_factory.mktemp("moto") / "log", "wb") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log)
    try:
        until_listening(port)
        url = f"http://127.0.0.1:{port}"
        yield s3fs.S3FileSystem(key="x", secret="y", endpoint_url=url, skip_instance_cache=True)
    finally:
        process.kill()
        process.wait()


def until_listening(port: int) -> None:
    end = time.monotonic() + 30
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
        except OSError:
            assert time.monotonic() < end, "moto does not start"
            time.sleep(0.05)
        else:
            return


@pytest.fixture
def bucket(s3: Any) -> str:
    name = f"bucket-{uuid.uuid4().hex}"
    s3.mkdir(name)
    return name


@contextlib.asynccontextmanager
async def served(files: FsspecFileSystem, **options: Any) -> AsyncIterator[tuple[str, int]]:
    server = Server([User("alice", "wonder", file_system=files)], **options)
    async with anyio.create_task_group() as group:
        ((host, port), *_) = await group.start(server.serve, "127.0.0.1", 0)
        yield host, port
        group.cancel_scope.cancel()


@contextlib.asynccontextmanager
async def logged_in(files: FsspecFileSystem) -> AsyncIterator[Client]:
    async with served(files) as where, Client.context(*where, "alice", "wonder") as client:
        yield client


def tree(folder: Path) -> dict[str, bytes]:
    made = {"one": b"1", "a/two": b"2" * 1000, "a/b/three": b"", "large": LARGE}
    for name, content in made.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
    return made


def stored(s3: Any, bucket: str) -> dict[str, bytes]:
    names = [name for name in s3.find(bucket) if not name.endswith(".part")]
    return {name.removeprefix(f"{bucket}/"): s3.cat_file(name) for name in names}


async def test_a_tree_by_our_client(s3: Any, bucket: str, tmp_path: Path) -> None:
    made = tree(tmp_path / "tree")
    async with logged_in(FsspecFileSystem(s3, bucket)) as client:
        await client.upload(tmp_path / "tree", "/copy")
        s3.invalidate_cache()
        assert stored(s3, f"{bucket}/copy") == made
        await client.download("/copy", tmp_path / "back")
        await client.remove("/copy")
        assert await client.list("/") == []
    back = {name: (tmp_path / "back" / name).read_bytes() for name in made}
    assert back == made


@pytest.mark.parametrize("program", ["lftp", "curl"])
async def test_a_tree_by_others(s3: Any, bucket: str, tmp_path: Path, program: str) -> None:
    if shutil.which(program) is None:
        pytest.skip(f"no {program} on this machine")
    made = tree(tmp_path / "tree")
    async with served(FsspecFileSystem(s3, bucket)) as (host, port):
        commands = {
            "lftp": [
                f"lftp -u alice,wonder ftp://{host}:{port}"
                f" -e 'set net:max-retries 1; mirror -R {tmp_path}/tree /copy; bye'"
            ],
            "curl": [
                f"curl -sS --ftp-create-dirs -u alice:wonder -T {tmp_path}/tree/{name}"
                f" ftp://{host}:{port}/copy/{name}"
                for name in made
            ],
        }
        for command in commands[program]:
            run = await anyio.run_process(shlex.split(command), check=False)
            assert run.returncode == 0, run.stderr
    s3.invalidate_cache()
    assert stored(s3, f"{bucket}/copy") == made


@pytest.mark.parametrize("check", FILE_SYSTEM_CHECKS, ids=lambda check: check.__name__)
async def test_contract(s3: Any, check: Any) -> None:
    async def make() -> FsspecFileSystem:
        name = f"bucket-{uuid.uuid4().hex}"
        await anyio.to_thread.run_sync(s3.mkdir, name)
        return FsspecFileSystem(s3, name)

    try:
        await run_file_system_check(check, make)
    except Exception as error:
        if type(error).__name__ != "Skipped":
            raise
        pytest.skip(str(error))


async def test_what_is_given_up_leaves_nothing(s3: Any, bucket: str) -> None:
    files = FsspecFileSystem(s3, bucket)
    async with await files.open_write(PurePosixPath("/file")) as file:
        for start in range(0, len(LARGE), 1 << 20):
            await file.write(memoryview(LARGE)[start : start + (1 << 20)])
        with pytest.raises(FileSystemError):
            await file.read_back()
    s3.invalidate_cache()
    assert s3.find(bucket) == []
    assert s3.list_multipart_uploads(bucket) == []


async def test_memory_is_bounded(s3: Any, bucket: str) -> None:
    """Of what comes no more is kept than a few parts; moto keeps its own copy on the disk."""
    files = FsspecFileSystem(s3, bucket)
    block = memoryview(bytes(1 << 20))

    async def write(mebibytes: int) -> None:
        async with await files.open_write(PurePosixPath(f"/{mebibytes}")) as file:
            for _ in range(mebibytes):
                await file.write(block)
            await file.commit()

    await write(32)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    await write(160)
    grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
    assert grown < 64
    assert (await files.stat(PurePosixPath("/160"))).size == 160 << 20


async def test_a_hundred_renames(s3: Any, bucket: str) -> None:
    async with logged_in(FsspecFileSystem(s3, bucket)) as client:
        await client.make_directory("/in")
        await client.make_directory("/out")
        async with client.upload_stream("/in/0") as stream:
            await stream.write(b"content")
        for number in range(100):
            here, there = ("in", "out") if number % 2 == 0 else ("out", "in")
            await client.rename(f"/{here}/{number}", f"/{there}/{number + 1}")
        assert [entry.name for entry in await client.list("/in")] == ["100"]
        # The folder stays, though nothing is in it any more.
        assert await client.list("/out") == []
        assert await client.is_dir("/out")
        await client.remove_directory("/out")
        assert not await client.exists("/out")
        with pytest.raises(PermanentReplyError):
            await client.remove_directory("/in")


class Meeting(FsspecMemory):  # type: ignore[misc]  # fsspec has no types
    """Files are stored when so many are on their way at once, and somebody has listed a folder."""

    protocol = "meeting"
    cachable = False
    nfiles = 9

    def __init__(self) -> None:
        super().__init__()
        self.are_here, self.has_been_listed = threading.Event(), threading.Event()
        self._all = threading.Barrier(self.nfiles, action=self.are_here.set)

    def pipe_file(self, path: str, value: bytes, mode: str = "overwrite", **options: Any) -> None:
        self._all.wait(30)
        assert self.has_been_listed.wait(30)
        super().pipe_file(path, value, **options)


async def test_nobody_waits_for_files_of_others() -> None:
    """Nine uploads are stored at the same time, and a listing does not wait for them."""
    store = Meeting()
    store.mkdir("/top")
    files = FsspecFileSystem(
        store, "/top", abilities=FsspecFileSystem(store).abilities, threads=store.nfiles
    )

    async with served(files, max_connections_per_address=20) as where:

        async def upload(number: int) -> None:
            async with (
                Client.context(*where, "alice", "wonder") as client,
                client.upload_stream(f"/{number}") as stream,
            ):
                await stream.write(b"x" * 1000)

        async def look() -> None:
            async with Client.context(*where, "alice", "wonder") as client:
                assert await anyio.to_thread.run_sync(store.are_here.wait, 30)
                await client.list("/")
                store.has_been_listed.set()

        async with anyio.create_task_group() as group:
            group.start_soon(look)
            for number in range(store.nfiles):
                group.start_soon(upload, number)
    assert len(store.find("/top")) == store.nfiles
