"""One file that is uploaded: all of it is there, or the server's reason is told."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from anyftp._errors import DataConnectionError, PermanentReplyError, TransientReplyError
from client.peer import CONTENT, Peer, stor
from support.patient_clocks import patient

pytestmark = pytest.mark.anyio

LARGE = os.urandom(3_000_000)


@pytest.mark.parametrize("content", [b"", b"x", CONTENT, bytes(65536), LARGE], ids=len)
async def test_upload(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "f").write_bytes(content)
    peer = Peer()
    async with peer.client() as client:
        report = await client.upload(tmp_path / "f", "g")
    assert peer.files == {"g": content}
    assert (report.nbytes, report.files) == (len(content), 1)


async def test_an_upload_that_the_server_hangs_up_on_tells_the_servers_reason(
    tmp_path: Path,
) -> None:
    async def full(peer: Peer, argument: str) -> None:
        await peer.say("150 send it")
        data = await peer.accept_data()
        await data.receive()
        data.close()
        await peer.say("452 no space left")

    (tmp_path / "f").write_bytes(LARGE)
    async with Peer(STOR=full).client() as client:
        with pytest.raises(TransientReplyError, match="no space left"):
            await client.upload(tmp_path / "f", "g")
        await client.noop()


@patient
async def test_an_upload_that_the_server_stops_reading_tells_the_servers_reason(
    tmp_path: Path,
) -> None:
    async def full(peer: Peer, argument: str) -> None:
        await peer.say("150 send it")
        await peer.accept_data()
        await peer.say("452 no space left")

    (tmp_path / "f").write_bytes(LARGE)
    async with Peer(STOR=full).client(timeout=0.1) as client:
        with pytest.raises(TransientReplyError, match="no space left"):
            await client.upload(tmp_path / "f", "g")
        await client.noop()


async def test_an_upload_that_the_server_hangs_up_on_without_a_reason(tmp_path: Path) -> None:
    async def mute(peer: Peer, argument: str) -> None:
        await peer.say("150 send it")
        data = await peer.accept_data()
        await data.receive()
        data.close()
        await peer.say("226 done")

    (tmp_path / "f").write_bytes(LARGE)
    async with Peer(STOR=mute).client() as client:
        with pytest.raises(DataConnectionError):
            await client.upload(tmp_path / "f", "g")
        await client.noop()


async def test_a_refused_upload(tmp_path: Path) -> None:
    (tmp_path / "f").write_bytes(b"x")
    async with Peer(STOR="553 not here", MLST="550 no such file").client() as client:
        with pytest.raises(PermanentReplyError, match="not here"):
            await client.upload(tmp_path / "f", "g")
        await client.noop()


async def test_an_upload_whose_reply_is_late(tmp_path: Path) -> None:
    async def late(peer: Peer, argument: str) -> None:
        await stor(peer, argument)

    (tmp_path / "f").write_bytes(LARGE)
    peer = Peer(STOR=late)
    async with peer.client(timeout=1) as client:
        await client.upload(tmp_path / "f", "g")
