"""Our client on other programs' servers, in clear text and over TLS, on every backend."""

from __future__ import annotations

import contextlib
import random
import ssl
from collections.abc import AsyncIterator
from pathlib import Path, PurePosixPath

import pytest

from anyftp import Client, PermanentReplyError
from interop.daemons import Daemon, StartDaemon

pytestmark = [pytest.mark.anyio, pytest.mark.interop]

CONTENT = random.Random(3659).randbytes(300_000) + b"\r\n\xff\xf4\x00\n" * 500

#: Servers and what is asked of them. Over TLS 1.3 the session of the control connection can be
#: resumed only once a ticket has come; and whoever closes with tickets unread resets the upload.
PEERS: dict[str, tuple[str, dict[str, object]]] = {
    "vsftpd": ("vsftpd", {}),
    "vsftpd-explicit-1.2": (
        "vsftpd",
        {"tls": "explicit", "reuse": True, "newest_tls": "1.2"},
    ),
    "vsftpd-explicit-1.3": ("vsftpd", {"tls": "explicit", "reuse": True}),
    "vsftpd-implicit": ("vsftpd", {"tls": "implicit", "reuse": True}),
    "proftpd": ("proftpd", {}),
    "proftpd-explicit-1.2": (
        "proftpd",
        {"tls": "explicit", "reuse": True, "newest_tls": "1.2"},
    ),
    "proftpd-explicit-1.3": ("proftpd", {"tls": "explicit", "reuse": True}),
    "proftpd-implicit": ("proftpd", {"tls": "implicit", "reuse": True}),
    "pure-ftpd": ("pure-ftpd", {}),
    "pure-ftpd-explicit": ("pure-ftpd", {"tls": "explicit"}),
    "pyftpdlib": ("pyftpdlib", {}),
    "pyftpdlib-explicit": ("pyftpdlib", {"tls": "explicit"}),
    "pyftpdlib-implicit": ("pyftpdlib", {"tls": "implicit"}),
}


@pytest.fixture(params=PEERS)
def daemon(request: pytest.FixtureRequest, ftp_daemon: StartDaemon) -> Daemon:
    name, wanted = PEERS[request.param]
    return ftp_daemon(name, **wanted)


@pytest.fixture
def folders(daemon: Daemon) -> tuple[Path, PurePosixPath]:
    return daemon.folder()


@pytest.fixture
def local(folders: tuple[Path, PurePosixPath]) -> Path:
    """The folder of this test, as the disk knows it."""
    return folders[0]


@pytest.fixture
def remote(folders: tuple[Path, PurePosixPath]) -> PurePosixPath:
    """The folder of this test, as the server names it."""
    return folders[1]


@contextlib.asynccontextmanager
async def logged_in(daemon: Daemon, context: ssl.SSLContext) -> AsyncIterator[Client]:
    tls = None if daemon.setup.tls == "off" else daemon.setup.tls
    async with Client.context(
        daemon.host,
        daemon.port,
        daemon.user,
        daemon.password,
        tls=tls,
        ssl_context=context if tls else None,
        timeout=10,
    ) as client:
        yield client


async def test_list(
    daemon: Daemon, local: Path, remote: PurePosixPath, client_tls: ssl.SSLContext
) -> None:
    daemon.put(local / "report.txt", b"x" * 1234)
    (local / "sub dir").mkdir()
    async with logged_in(daemon, client_tls) as client:
        entries = {entry.name: entry async for entry in client.list(remote)}
    assert set(entries) == {"report.txt", "sub dir"}
    assert entries["report.txt"].is_file
    assert entries["report.txt"].size == 1234
    assert entries["sub dir"].is_dir


async def test_download(
    daemon: Daemon,
    local: Path,
    remote: PurePosixPath,
    tmp_path: Path,
    client_tls: ssl.SSLContext,
) -> None:
    daemon.put(local / "file.bin", CONTENT)
    async with logged_in(daemon, client_tls) as client:
        report = await client.download(remote / "file.bin", tmp_path / "got.bin")
    assert report.nbytes == len(CONTENT)
    assert (tmp_path / "got.bin").read_bytes() == CONTENT


async def test_upload(
    daemon: Daemon,
    local: Path,
    remote: PurePosixPath,
    tmp_path: Path,
    client_tls: ssl.SSLContext,
) -> None:
    (tmp_path / "mine.bin").write_bytes(CONTENT)
    async with logged_in(daemon, client_tls) as client:
        report = await client.upload(tmp_path / "mine.bin", remote / "file.bin")
    assert report.nbytes == len(CONTENT)
    assert {path.name: path.read_bytes() for path in local.iterdir()} == {"file.bin": CONTENT}


async def test_download_in_segments(
    daemon: Daemon,
    local: Path,
    remote: PurePosixPath,
    tmp_path: Path,
    client_tls: ssl.SSLContext,
) -> None:
    content = CONTENT * 20
    daemon.put(local / "file.bin", content)
    async with logged_in(daemon, client_tls) as client:
        report = await client.download(remote / "file.bin", tmp_path / "got.bin", segments=3)
        await client.noop()
    assert (tmp_path / "got.bin").read_bytes() == content
    assert report.nbytes < len(content) * 3 // 2  # not once more in one piece


async def test_resume_a_download(
    daemon: Daemon, local: Path, remote: PurePosixPath, client_tls: ssl.SSLContext
) -> None:
    daemon.put(local / "file.bin", CONTENT)
    async with (
        logged_in(daemon, client_tls) as client,
        client.download_stream(remote / "file.bin", offset=100_000) as stream,
    ):
        assert await stream.read() == CONTENT[100_000:]


async def test_resume_an_upload(
    daemon: Daemon, local: Path, remote: PurePosixPath, client_tls: ssl.SSLContext
) -> None:
    daemon.put(local / "file.bin", CONTENT[:100_000])
    async with (
        logged_in(daemon, client_tls) as client,
        client.upload_stream(remote / "file.bin", offset=100_000) as stream,
    ):
        await stream.write(CONTENT[100_000:])
    assert (local / "file.bin").read_bytes() == CONTENT


async def test_append(
    daemon: Daemon, local: Path, remote: PurePosixPath, client_tls: ssl.SSLContext
) -> None:
    daemon.put(local / "file.bin", CONTENT[:100_000])
    async with (
        logged_in(daemon, client_tls) as client,
        client.append_stream(remote / "file.bin") as stream,
    ):
        await stream.write(CONTENT[100_000:])
    assert (local / "file.bin").read_bytes() == CONTENT


async def test_rename(
    daemon: Daemon, local: Path, remote: PurePosixPath, client_tls: ssl.SSLContext
) -> None:
    daemon.put(local / "old.bin", CONTENT)
    async with logged_in(daemon, client_tls) as client:
        await client.rename(remote / "old.bin", remote / "new.bin")
        assert not await client.exists(remote / "old.bin")
        assert await client.is_file(remote / "new.bin")
    assert {path.name: path.read_bytes() for path in local.iterdir()} == {"new.bin": CONTENT}


async def test_a_refused_download_leaves_the_connection_usable(
    daemon: Daemon,
    local: Path,
    remote: PurePosixPath,
    tmp_path: Path,
    client_tls: ssl.SSLContext,
) -> None:
    daemon.put(local / "file.bin", CONTENT)
    async with logged_in(daemon, client_tls) as client:
        with pytest.raises(PermanentReplyError):
            async with client.download_stream(remote / "missing.bin") as stream:
                await stream.read()
        assert not (tmp_path / "got.bin").exists()
        await client.download(remote / "file.bin", tmp_path / "got.bin")
    assert (tmp_path / "got.bin").read_bytes() == CONTENT


@pytest.mark.parametrize("daemon", ["vsftpd-explicit-1.3", "pyftpdlib-explicit"], indirect=True)
async def test_no_upload_over_tls_1_3_is_cut_short(
    daemon: Daemon, local: Path, remote: PurePosixPath, client_tls: ssl.SSLContext
) -> None:
    """A race, so it is run often.

    A client that closes with session tickets unread resets the connection, and the server's kernel
    drops what it has not yet read: vsftpd then says 426, pyftpdlib 226 for half a file.
    """
    async with logged_in(daemon, client_tls) as client:
        for number in range(20):
            async with client.upload_stream(remote / f"{number}.bin") as stream:
                await stream.write(CONTENT)
    assert [path.stat().st_size for path in local.iterdir()] == [len(CONTENT)] * 20


@pytest.mark.parametrize("daemon", ["pure-ftpd-explicit"], indirect=True)
async def test_clear_command_channel(
    daemon: Daemon, local: Path, remote: PurePosixPath, client_tls: ssl.SSLContext
) -> None:
    daemon.put(local / "file.bin", CONTENT)
    async with logged_in(daemon, client_tls) as client:
        await client.clear_command_channel()
        assert await client.size(remote / "file.bin") == len(CONTENT)
        async with client.download_stream(remote / "file.bin") as stream:
            assert await stream.read() == CONTENT
        async with client.upload_stream(remote / "other.bin") as stream:
            await stream.write(CONTENT)
    assert (local / "other.bin").read_bytes() == CONTENT


@pytest.mark.parametrize("daemon", ["proftpd-explicit-1.3", "vsftpd-explicit-1.3"], indirect=True)
async def test_clear_command_channel_refused(daemon: Daemon, client_tls: ssl.SSLContext) -> None:
    """Where TLS is required of the control connection (534), or CCC is not known (500)."""
    async with logged_in(daemon, client_tls) as client:
        with pytest.raises(PermanentReplyError, match=r"CCC.* 5\d\d"):
            await client.clear_command_channel()
        await client.noop()
