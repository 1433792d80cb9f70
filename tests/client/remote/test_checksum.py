"""Checksums by the server, in the words of several of them."""

from __future__ import annotations

import hashlib
from typing import Any

import anyio
import pytest

from anyftp._errors import FTPTimeoutError, PermanentReplyError, RemoteProtocolError
from client.peer import Peer, silent
from support.clocks import VIRTUAL_BACKENDS

pytestmark = pytest.mark.anyio

SHA1 = hashlib.sha1(b"").hexdigest()
SHA256 = hashlib.sha256(b"").hexdigest()
FEAT = "211-\r\n HASH SHA-1*;SHA-256\r\n211 End"


async def test_hash() -> None:
    peer = Peer(FEAT=FEAT, HASH=f"213 SHA-256 0-49 {SHA256.upper()} f")
    async with peer.client() as client:
        assert await client.hash("f") == SHA256
    assert peer.commands == ["TYPE I", "FEAT", "OPTS HASH SHA-256", "HASH f"]


@pytest.mark.parametrize(
    ("answers", "algorithm", "result"),
    [
        pytest.param({"XSHA256": f"250 {SHA256}"}, "sha-256", SHA256, id="xsha256"),
        pytest.param({"XSHA1": f'250 "f" {SHA1}'}, "SHA-1", SHA1, id="xsha1"),
        pytest.param({"XSHA": f"213 {SHA1} f"}, "SHA-1", SHA1, id="xsha"),
        pytest.param({"XCRC": "250 00ABCDEF"}, "CRC32", "00abcdef", id="xcrc"),
    ],
)
async def test_older_commands(answers: dict[str, Any], algorithm: str, result: str) -> None:
    async with Peer(**answers).client() as client:
        assert await client.hash("f", algorithm) == result


async def test_a_server_without_checksums() -> None:
    async with Peer().client() as client:
        for algorithm in ("SHA-256", "SHA-1", "WHIRLPOOL"):
            with pytest.raises(PermanentReplyError):
                await client.hash("f", algorithm)


async def test_a_reply_without_a_checksum() -> None:
    async with Peer(XMD5="250 done").client() as client:
        with pytest.raises(RemoteProtocolError):
            await client.hash("f", "MD5")


@pytest.mark.parametrize("anyio_backend", VIRTUAL_BACKENDS)
async def test_a_server_may_take_longer_to_read_a_file_than_for_other_replies() -> None:
    async def slow(peer: Peer, argument: str) -> None:
        await anyio.sleep(40)
        await peer.say(f"250 {SHA256}")

    async with Peer(XSHA256=slow).client(timeout=10) as client:
        assert await client.hash("f") == SHA256
    async with Peer(XSHA256=silent).client(timeout=10) as client:
        start = anyio.current_time()
        with pytest.raises(FTPTimeoutError):
            await client.hash("f")
        assert anyio.current_time() - start == pytest.approx(60)
