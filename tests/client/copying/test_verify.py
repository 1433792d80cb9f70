"""Copies compared with their originals by the server's checksums."""

from __future__ import annotations

import hashlib
import os
import zlib
from pathlib import Path
from typing import Any

import pytest

from anyftp import ChecksumError, TransferReport
from anyftp._client._copying._verify import new_hash
from anyftp._errors import LocalProtocolError, PermanentReplyError
from client.peer import CONTENT, Peer

pytestmark = pytest.mark.anyio

LARGE = os.urandom(2_000_000)

HASHES = {
    "HASH": ("HASH SHA-1*;SHA-256;MD5", "213 SHA-256 0-9 {} f", "sha256"),
    "XSHA512": ("XSHA512", "250 {}", "sha512"),
    "XSHA256": ("XSHA256", "250 {}", "sha256"),
    "XSHA1": ("XSHA1", "250 {}", "sha1"),
    "XMD5": ("XMD5", "250 {}", "md5"),
    "XCRC": ("XCRC filename;start;end", "250 {}", "crc32"),
}


def digest(algorithm: str, content: bytes) -> str:
    if algorithm == "crc32":
        return f"{zlib.crc32(content):08X}"
    return hashlib.new(algorithm, content).hexdigest()


def hashing(verb: str, *, damage: bytes = b"", **answers: Any) -> Peer:
    """A server that knows one way to make checksums; with damage, of something else."""
    feature, text, algorithm = HASHES[verb]

    async def answer(peer: Peer, argument: str) -> None:
        content = peer.files.get(argument, peer.content)
        await peer.say(text.format(digest(algorithm, content + damage)))

    feat = f"211-Features\r\n {feature}\r\n211 End"
    return Peer(**{"FEAT": feat, verb: answer, **answers})


@pytest.mark.parametrize("verb", HASHES)
async def test_equal_by_every_kind_of_checksum(verb: str, tmp_path: Path) -> None:
    peer = hashing(verb)
    async with peer.client() as client:
        down = await client.download("f", tmp_path / "f", verify="required")
        up = await client.upload(tmp_path / "f", "g", verify="required")
    assert (tmp_path / "f").read_bytes() == peer.files["g"] == CONTENT
    assert down.unverified == up.unverified == ()
    assert f"{verb} f" in peer.commands
    assert f"{verb} g" in peer.commands


@pytest.mark.parametrize("content", [b"", b"x", LARGE], ids=len)
@pytest.mark.parametrize("resume", [False, True])
async def test_files_of_all_sizes(content: bytes, resume: bool, tmp_path: Path) -> None:
    peer = hashing("HASH", content=content, SIZE=f"213 {len(content)}")
    async with peer.client() as client:
        await client.download("f", tmp_path / "f", verify="required", resume=resume)
        peer.answers["SIZE"] = "550 no such file"
        await client.upload(tmp_path / "f", "g", verify="required", resume=resume)
    assert peer.files["g"] == content


@pytest.mark.parametrize("mode", ["if-offered", "required"])
@pytest.mark.parametrize("resume", [False, True])
async def test_a_download_that_differs_does_not_appear(
    mode: Any, resume: bool, tmp_path: Path
) -> None:
    (tmp_path / "f").write_bytes(b"old")
    peer = hashing("HASH", damage=b"!", content=LARGE, SIZE=f"213 {len(LARGE)}")
    async with peer.client() as client:
        with pytest.raises(ChecksumError) as caught:
            await client.download("f", tmp_path / "f", verify=mode, resume=resume)
        await client.noop()
    error = caught.value
    assert (error.path, error.algorithm) == ("f", "SHA-256")
    assert error.local == digest("sha256", LARGE)
    assert error.remote == digest("sha256", LARGE + b"!")
    assert error.local in str(error)
    assert error.remote in str(error)
    assert os.listdir(tmp_path) == ["f"]
    assert (tmp_path / "f").read_bytes() == b"old"


async def test_an_upload_that_differs_is_removed(tmp_path: Path) -> None:
    (tmp_path / "f").write_bytes(CONTENT)
    peer = hashing("XSHA256", damage=b"!")
    async with peer.client() as client:
        with pytest.raises(ChecksumError):
            await client.upload(tmp_path / "f", "g", verify="if-offered")
    assert peer.commands[-1] == "DELE g"


async def test_an_upload_that_differs_and_cannot_be_removed(tmp_path: Path) -> None:
    (tmp_path / "f").write_bytes(CONTENT)
    async with hashing("XSHA256", damage=b"!", DELE="550 no").client() as client:
        with pytest.raises(ChecksumError):
            await client.upload(tmp_path / "f", "g", verify="if-offered")


async def both_ways(peer: Peer, folder: Path, verify: Any) -> tuple[TransferReport, ...]:
    (folder / "mine").write_bytes(CONTENT)
    async with peer.client() as client:
        down = await client.download("f", folder / "f", verify=verify)
        return down, await client.upload(folder / "mine", "g", verify=verify)


NOT_OFFERED = "211-Features\r\n SIZE\r\n211 End"


async def refuse(peer: Peer, argument: str) -> None:
    await peer.say("556 too large to be hashed")


@pytest.mark.parametrize(
    "answers",
    [
        pytest.param({"FEAT": NOT_OFFERED}, id="not-offered"),
        pytest.param({"FEAT": "500 what?"}, id="no-features"),
        pytest.param({"FEAT": "211-\r\n HASH WHIRLPOOL*\r\n211 End"}, id="unknown-algorithm"),
        pytest.param({"FEAT": "211-\r\n XMD5\r\n211 End", "XMD5": refuse}, id="refused"),
    ],
)
async def test_checksums_that_cannot_be_had(answers: dict[str, Any], tmp_path: Path) -> None:
    down, up = await both_ways(Peer(**answers), tmp_path, "if-offered")
    assert (down.unverified, up.unverified) == (("f",), ("g",))
    peer = Peer(**answers)
    with pytest.raises(PermanentReplyError):
        await both_ways(peer, tmp_path, "required")
    if "XMD5" not in answers:  # nothing was moved in vain
        assert "EPSV" not in peer.commands


async def test_the_algorithm_is_chosen_once(tmp_path: Path) -> None:
    peer = hashing("HASH")
    async with peer.client() as client:
        for _ in range(3):
            await client.download("f", tmp_path / "f", verify="required")
    assert peer.commands.count("OPTS HASH SHA-256") == 1


async def test_trees(tmp_path: Path) -> None:
    peer = hashing("HASH", MLSD="500 what?", LIST="500 what?", MLST="500 what?")
    (tmp_path / "t" / "d").mkdir(parents=True)
    for name in ("a", "d/b"):
        (tmp_path / "t" / name).write_bytes(name.encode())
    async with peer.client() as client:
        report = await client.upload(tmp_path / "t", "u/", verify="required")
    assert report.files == 2
    assert {"HASH u/t/a", "HASH u/t/d/b"} < set(peer.commands)


async def test_text_cannot_be_verified(tmp_path: Path) -> None:
    (tmp_path / "f").write_bytes(b"text")
    async with hashing("HASH").client() as client:
        with pytest.raises(LocalProtocolError, match="text"):
            await client.download("f", tmp_path / "g", kind="A", verify="required")
        with pytest.raises(LocalProtocolError, match="text"):
            await client.upload(tmp_path / "f", "g", kind="A", resume=True)


def test_local_hashes() -> None:
    for name, ours in (("SHA-512", "sha512"), ("SHA-1", "sha1"), ("CRC32", "crc32")):
        value = new_hash(name)
        for block in (b"ab", b"", b"c"):
            value.update(block)
        assert value.hexdigest() == digest(ours, b"abc").lower()
