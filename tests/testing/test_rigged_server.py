"""Servers that fail to order, met by ftplib (in a thread) and by our client (on each backend)."""

from __future__ import annotations

import ftplib
import io
import threading
import time
from collections.abc import Iterator
from contextlib import closing

import anyio
import pytest

from anyftp import (
    Client,
    ConnectionLost,
    FileSystemError,
    IncompleteTransferError,
    TransientReplyError,
)
from anyftp.testing import RiggedServer, ServerThread

CONTENT = bytes(range(256)) * 1000


@pytest.fixture
def server() -> Iterator[ServerThread]:
    with ServerThread() as running:
        yield running


def log_in(server: ServerThread) -> ftplib.FTP:
    client = ftplib.FTP(timeout=10)
    client.connect(server.host, server.port)
    try:
        client.login(server.user, server.password)
    except BaseException:
        client.close()
        raise
    return client


def fetch(client: ftplib.FTP, name: str, into: list[bytes]) -> None:
    client.retrbinary(f"RETR {name}", into.append)


def test_files_come_and_go(server: ServerThread) -> None:
    server.put("/pub/one", CONTENT)
    with log_in(server) as client:
        blocks: list[bytes] = []
        fetch(client, "/pub/one", blocks)
        assert b"".join(blocks) == CONTENT
        client.storbinary("STOR /pub/two", io.BytesIO(b"two"))
    assert server.get("/pub/two") == b"two"
    assert server.names("/pub") == ["one", "two"]
    with pytest.raises(FileSystemError):
        server.get("/pub/three")


def test_the_url_says_who_and_where(server: ServerThread) -> None:
    assert server.url == f"ftp://alice:wonder@127.0.0.1:{server.port}/"
    with ServerThread({"a b": "p@ss/"}) as other:
        assert other.url == f"ftp://a%20b:p%40ss%2F@127.0.0.1:{other.port}/"


def test_users_of_ones_own() -> None:
    with ServerThread({"bob": "secret", None: ""}) as server:
        server.put("/file", b"x")
        with log_in(server) as client:
            assert client.nlst() == ["file"]
        with ftplib.FTP(timeout=10) as client:
            client.connect(server.host, server.port)
            with pytest.raises(ftplib.error_perm, match="530"):
                client.login("bob", "wrong")
            client.login()  # anonymous may only read
            with pytest.raises(ftplib.error_perm, match="550"):
                client.delete("file")


@pytest.mark.parametrize("times", [1, 2])
def test_a_refusal_comes_so_many_times(server: ServerThread, times: int) -> None:
    server.refuse("stor", "452", times=times)
    with log_in(server) as client:
        for _ in range(times):
            with pytest.raises(ftplib.error_temp, match="452 Refused by the test"):
                client.storbinary("STOR file", io.BytesIO(b"x"))
        client.storbinary("STOR file", io.BytesIO(b"x"))
    assert server.get("file") == b"x"


def test_a_refusal_goes_on_until_healed(server: ServerThread) -> None:
    server.refuse("PWD")
    with log_in(server) as client:
        for _ in range(3):
            with pytest.raises(ftplib.error_perm, match="550"):
                client.pwd()
        server.heal()
        assert client.pwd() == "/"


@pytest.mark.parametrize("nbytes", [0, 1, 65536, 100_000, len(CONTENT)])
def test_a_download_is_cut_at_that_byte(server: ServerThread, nbytes: int) -> None:
    server.put("file", CONTENT)
    server.cut(nbytes)
    blocks: list[bytes] = []
    with closing(log_in(server)) as client, pytest.raises(EOFError):
        fetch(client, "file", blocks)
    assert b"".join(blocks) == CONTENT[:nbytes]
    with log_in(server) as client:
        again: list[bytes] = []
        fetch(client, "file", again)
        assert b"".join(again) == CONTENT


@pytest.mark.parametrize("nbytes", [0, 1, 100_000, len(CONTENT)])
def test_an_upload_is_cut_and_leaves_nothing(server: ServerThread, nbytes: int) -> None:
    server.cut(nbytes)
    with closing(log_in(server)) as client, pytest.raises((EOFError, OSError)):
        client.storbinary("STOR file", io.BytesIO(CONTENT))
    assert server.names() == []


def test_the_disk_is_full_after_so_many_bytes(server: ServerThread) -> None:
    server.fill_disk(100)
    with log_in(server) as client:
        client.storbinary("STOR fits", io.BytesIO(bytes(100)))
        with pytest.raises(ftplib.Error, match="452"):
            client.storbinary("STOR more", io.BytesIO(b"x"))
        server.heal()
        client.storbinary("STOR more", io.BytesIO(b"x"))
    assert server.names() == ["fits", "more"]


@pytest.mark.wallclock
def test_it_can_be_slow(server: ServerThread) -> None:
    server.put("file", bytes(30_000))
    server.slow_down(100_000)
    with log_in(server) as client:
        began = time.monotonic()
        fetch(client, "file", [])
        assert time.monotonic() - began > 0.2


@pytest.mark.parametrize(("method", "arguments"), [("cut", (-1,)), ("fill_disk", (-1,))])
def test_faults_that_make_no_sense(
    server: ServerThread, method: str, arguments: tuple[int, ...]
) -> None:
    with pytest.raises(ValueError, match="-1"):
        getattr(server, method)(*arguments)


def test_explicit_tls_is_demanded_and_trusted_by_its_own_authority() -> None:
    with ServerThread(tls="explicit") as server:
        assert server.url.startswith("ftp://")
        server.put("file", CONTENT)
        with log_in_over_tls(server) as client:
            blocks: list[bytes] = []
            client.retrbinary("RETR file", blocks.append)
            assert b"".join(blocks) == CONTENT
        with pytest.raises(ftplib.error_perm):
            log_in(server)


def log_in_over_tls(server: ServerThread) -> ftplib.FTP_TLS:
    client = ftplib.FTP_TLS(context=server.client_context(), timeout=10)
    client.connect(server.host, server.port)
    client.login(server.user, server.password)
    client.prot_p()
    return client


def test_no_context_without_tls(server: ServerThread) -> None:
    with pytest.raises(ValueError, match="authority"):
        server.client_context()


def test_it_leaves_no_thread() -> None:
    before = set(threading.enumerate())
    with ServerThread() as server:
        assert set(threading.enumerate()) - before
        client = log_in(server)
    assert not [one for one in set(threading.enumerate()) - before if one.is_alive()]
    client.close()
    with pytest.raises(RuntimeError, match="does not run"):
        server.names()


@pytest.mark.anyio
@pytest.mark.parametrize("tls", [None, "explicit", "implicit"])
async def test_on_the_loop_of_the_test(tls: str | None) -> None:
    server = RiggedServer(tls=tls)  # type: ignore[arg-type]  # one of them
    context = None if tls is None else server.client_context()
    async with anyio.create_task_group() as group:
        await group.start(server.serve)
        async with Client.context(
            server.host,
            server.port,
            server.user,
            server.password,
            tls=tls,  # type: ignore[arg-type]  # one of them
            ssl_context=context,
        ) as client:
            async with client.upload_stream("file") as stream:
                await stream.write(CONTENT)
            assert server.files.get("file") == CONTENT
            server.fill_disk()
            with pytest.raises(TransientReplyError):
                async with client.upload_stream("more") as stream:
                    await stream.write(b"x")
            server.heal()
            server.cut(10)
            with pytest.raises((ConnectionLost, IncompleteTransferError)):  # TLS hears it first
                async with client.download_stream("file") as stream:
                    await stream.read(-1)
        assert server.url.startswith("ftps://" if tls == "implicit" else "ftp://")
        group.cancel_scope.cancel()


async def many_commands_at_once(server: RiggedServer) -> None:
    """So many that they have to take turns."""
    async with await anyio.connect_tcp(server.host, server.port) as stream:
        await stream.send(b"NOOP\r\n" * 100 + b"QUIT\r\n")
        said = b""
        with anyio.fail_after(10):
            async for block in stream:
                said += block
    assert said.count(b"\r\n") == 102
    assert said.splitlines()[-1].startswith(b"221")


@pytest.mark.anyio
async def test_in_a_thread_beside_any_loop() -> None:
    with ServerThread() as server:
        await many_commands_at_once(server)


@pytest.mark.parametrize("backends", [("asyncio", "trio"), ("trio", "asyncio", "trio")])
def test_one_server_on_one_loop_after_another(backends: tuple[str, ...]) -> None:
    server = RiggedServer()

    async def run() -> None:
        async with anyio.create_task_group() as group:
            await group.start(server.serve)
            await many_commands_at_once(server)
            group.cancel_scope.cancel()

    for backend in backends:
        anyio.run(run, backend=backend)
