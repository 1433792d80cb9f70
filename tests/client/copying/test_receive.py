"""One file that is downloaded: whole or not at all, told as it goes. SECURITY D9 to D11, T5, T8."""

from __future__ import annotations

import errno
import os
import ssl
from pathlib import Path

import anyio
import pytest

from anyftp._client import Progress
from anyftp._errors import (
    FileSystemError,
    FTPTimeoutError,
    IncompleteTransferError,
    PermanentReplyError,
    TransientReplyError,
)
from anyftp._streams import _slices
from anyftp._throttle import StreamThrottle
from client.peer import CONTENT, Hangup, Peer
from support.limits import largest_file
from support.patient_clocks import patient

pytestmark = pytest.mark.anyio

LARGE = os.urandom(3_000_000)


async def cut(peer: Peer, argument: str) -> None:
    """Send all but the last bytes, end without close_notify, say that all went well."""
    await peer.say("150 it comes")
    data = await peer.accept_data()
    await data.send(peer.content)
    data.close()
    await peer.say("226 done")


@pytest.mark.parametrize("content", [b"", b"x", CONTENT, bytes(65536), LARGE], ids=len)
async def test_download(content: bytes, tmp_path: Path) -> None:
    async with Peer(content=content).client() as client:
        report = await client.download("f", tmp_path / "g")
    assert (tmp_path / "g").read_bytes() == content
    assert os.listdir(tmp_path) == ["g"]
    assert (report.nbytes, report.files, report.directories) == (len(content), 1, 0)
    assert report.seconds >= report.seconds_replies >= 0
    assert report.rate >= 0


@pytest.mark.parametrize("version", ["TLSv1_2", "TLSv1_3"])
async def test_over_tls(
    version: str, tmp_path: Path, server_tls: ssl.SSLContext, client_tls: ssl.SSLContext
) -> None:
    server_tls.maximum_version = ssl.TLSVersion[version]
    (tmp_path / "f").write_bytes(LARGE)
    peer = Peer(tls=server_tls, content=LARGE)
    async with peer.client(tls="explicit", ssl_context=client_tls) as client:
        await client.upload(tmp_path / "f", "g")
        await client.download("f", tmp_path / "h")
    assert peer.files == {"g": LARGE}
    assert peer.ended_well
    assert (tmp_path / "h").read_bytes() == LARGE


async def test_a_download_costs_two_commands(tmp_path: Path) -> None:
    peer = Peer()
    async with peer.client() as client:
        for _ in range(2):
            await client.download("f", tmp_path / "g")
    assert peer.commands == ["TYPE I", "EPSV", "RETR f", "EPSV", "RETR f"]


async def test_progress(tmp_path: Path) -> None:
    async def retr(peer: Peer, argument: str) -> None:
        await peer.say(f"150 Opening BINARY mode data connection for f ({len(LARGE)} bytes)")
        data = await peer.accept_data()
        await data.send(LARGE)
        data.close()
        await peer.say("226 done")

    seen: list[Progress] = []
    peer = Peer(RETR=retr)
    async with peer.client() as client:
        await client.download("f", tmp_path / "g", progress=seen.append)
        down, seen = seen, []
        await client.upload(tmp_path / "g", "h", progress=seen.append)
    for steps, path in ((down, "f"), (seen, "h")):
        assert {str(step.path) for step in steps} == {path}
        assert {step.total for step in steps} == {len(LARGE)}
        moved = [step.nbytes for step in steps]
        assert moved == sorted(moved)
        assert moved[-1] == len(LARGE)


@patient
async def test_limits_of_the_client_and_of_the_call(tmp_path: Path) -> None:
    content = bytes(30_000)
    async with Peer(content=content).client(read_speed_limit=100_000) as client:
        report = await client.download("f", tmp_path / "g")
        assert 0.25 < report.seconds < 1
        client.throttle.read.limit = None
        throttle = StreamThrottle.from_limits(read_speed_limit=100_000)
        report = await client.download("f", tmp_path / "g", throttle=throttle)
        assert 0.25 < report.seconds < 1
        assert (await client.download("f", tmp_path / "g")).seconds < 0.25


@pytest.mark.parametrize("limit", [0, -1])
async def test_a_limit_must_let_something_through(limit: int) -> None:
    with pytest.raises(ValueError, match="above"):
        async with Peer().client(read_speed_limit=limit):
            pass


# What goes wrong


async def test_a_missing_file(tmp_path: Path) -> None:
    async with Peer(RETR="550 no such file", MLST="550 no such file").client() as client:
        with pytest.raises(PermanentReplyError, match="RETR"):
            await client.download("f", tmp_path / "g")
        await client.noop()
    assert os.listdir(tmp_path) == []


async def test_a_download_that_the_server_gives_up(tmp_path: Path) -> None:
    async def fail(peer: Peer, argument: str) -> None:
        await peer.say("150 it comes")
        data = await peer.accept_data()
        await data.send(b"some")
        data.close()
        await peer.say("451 the disk broke")

    (tmp_path / "g").write_bytes(b"old")
    async with Peer(RETR=fail).client() as client:
        with pytest.raises(TransientReplyError, match="the disk broke"):
            await client.download("f", tmp_path / "g")
        await client.noop()
    assert os.listdir(tmp_path) == ["g"]
    assert (tmp_path / "g").read_bytes() == b"old"


@pytest.mark.parametrize(
    ("size", "is_whole"),
    [
        pytest.param(f"213 {len(CONTENT)}", True, id="whole"),
        pytest.param(f"213 {len(CONTENT) + 1}", False, id="cut-short"),
        pytest.param("550 no", False, id="nobody-knows"),
    ],
)
async def test_t5_an_end_without_close_notify_counts_only_with_the_right_size(
    size: str,
    is_whole: bool,
    tmp_path: Path,
    server_tls: ssl.SSLContext,
    client_tls: ssl.SSLContext,
) -> None:
    peer = Peer(tls=server_tls, RETR=cut, SIZE=size)
    async with peer.client(tls="explicit", ssl_context=client_tls) as client:
        if is_whole:
            await client.download("f", tmp_path / "g")
        else:
            with pytest.raises(IncompleteTransferError) as caught:
                await client.download("f", tmp_path / "g")
            assert caught.value.received == len(CONTENT)
        await client.noop()
    assert (tmp_path / "g").exists() == is_whole


async def test_the_control_connection_dies_before_the_confirmation(tmp_path: Path) -> None:
    async def die(peer: Peer, argument: str) -> None:
        await peer.say("150 it comes")
        data = await peer.accept_data()
        await data.send(peer.content)
        data.close()
        raise Hangup

    async with Peer(RETR=die).client() as client:
        with pytest.raises(IncompleteTransferError, match="nothing says that this is all"):
            await client.download("f", tmp_path / "g")
        assert not client.is_connected
    assert os.listdir(tmp_path) == []


@patient
async def test_a_stalled_download(tmp_path: Path) -> None:
    async def stall(peer: Peer, argument: str) -> None:
        await peer.say("150 it comes")
        data = await peer.accept_data()
        await data.send(b"some")
        with pytest.raises(anyio.EndOfStream):
            await data.receive()
        await peer.say("426 broken off")

    async with Peer(RETR=stall).client(timeout=0.05) as client:
        with pytest.raises(FTPTimeoutError, match="download of f"):
            await client.download("f", tmp_path / "g")
        await client.noop()
    assert os.listdir(tmp_path) == []


async def test_a_local_file_that_is_missing(tmp_path: Path) -> None:
    peer = Peer()
    async with peer.client() as client:
        with pytest.raises(FileSystemError) as caught:
            await client.upload(tmp_path / "f", "g")
        assert caught.value.errno == errno.ENOENT
        assert str(tmp_path / "f") in str(caught.value)
        with pytest.raises(FileSystemError):
            await client.download("f", tmp_path / "missing" / "g")
        await client.noop()


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="no /dev/full here")
@pytest.mark.skipif(os.geteuid() == 0, reason="root writes anywhere")
async def test_a_folder_that_may_not_be_written(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    async with Peer().client() as client:
        with pytest.raises(FileSystemError):
            await client.download("f", tmp_path / "g")
        await client.noop()


async def test_a_full_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def write(fd: int, data: bytes) -> int:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr("anyftp._fs._local_files.os.write", write)
    peer = Peer(content=CONTENT, ABOR="225 nothing to abort")
    async with peer.client() as client:
        with pytest.raises(FileSystemError) as caught:
            await client.download("f", tmp_path / "g")
        assert caught.value.errno == errno.ENOSPC
        await client.noop()
    assert os.listdir(tmp_path) == []


@pytest.mark.parametrize("way", ["kernel", "worker", "portable"])
async def test_a_disk_that_fills_up_in_mid_download(
    way: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However the bytes move; the limit of a file's size stands in for a disk that is full."""
    if way == "worker":
        monkeypatch.setattr(_slices, "incoming", lambda: (_slices.ReceiveAndWrite,))
    elif way == "portable":
        monkeypatch.setattr(_slices, "IS_AVAILABLE", False)
    async with Peer(content=LARGE).client() as client:
        with largest_file(1_000_000), pytest.raises(FileSystemError) as caught:
            await client.download("f", tmp_path / "g")
        assert caught.value.errno == errno.EFBIG
        assert caught.value.path == str(tmp_path / "g")
        assert os.listdir(tmp_path) == []
        await client.noop()


async def test_a_callback_that_fails(tmp_path: Path) -> None:
    def fail(progress: Progress) -> None:
        raise ZeroDivisionError

    peer = Peer(content=LARGE, ABOR="225 nothing to abort")
    async with peer.client() as client:
        with pytest.raises(ZeroDivisionError):
            await client.download("f", tmp_path / "g", progress=fail)
        await client.noop()
    assert os.listdir(tmp_path) == []
