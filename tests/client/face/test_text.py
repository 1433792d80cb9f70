"""Text: line ends are converted on the way, in whole files and in streams."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from anyftp._errors import LocalProtocolError, ReplyError
from client.peer import Peer, listing, retr

pytestmark = pytest.mark.anyio

HERE = "".join(f"line {n}\n" for n in range(8_000)).encode()
WIRE = HERE.replace(b"\n", b"\r\n")


async def test_whole_files(tmp_path: Path) -> None:
    (tmp_path / "mine").write_bytes(HERE)
    peer = Peer(content=WIRE)
    async with peer.client() as client:
        report = await client.download("f", tmp_path / "f", kind="A")
        await client.upload(tmp_path / "mine", "g", kind="A")
        await client.download("f", tmp_path / "raw")
    assert (tmp_path / "f").read_bytes() == HERE
    assert (tmp_path / "raw").read_bytes() == WIRE
    assert peer.files["g"] == WIRE
    assert report.nbytes == len(WIRE)
    assert [command for command in peer.commands if "TYPE" in command] == ["TYPE A", "TYPE I"]


async def test_trees_do_not_go_by_the_sizes_of_listings(tmp_path: Path) -> None:
    lines = [f"type=file;size={size}; {name}" for name, size in (("a", 5), ("b", 10**9))]
    async with Peer(MLSD=listing(*lines), content=b"a\r\nb\r").client() as client:
        await client.download("t/", tmp_path, kind="A")
    assert {(tmp_path / "t" / name).read_bytes() for name in "ab"} == {b"a\nb\r"}


async def test_an_end_in_disorder_leaves_no_text(tmp_path: Path) -> None:
    async def cut(peer: Peer, argument: str) -> None:
        await peer.say(f"150 here ({len(WIRE)} bytes)")
        data = await peer.accept_data()
        await data.send(WIRE[:100])
        data.close()
        await peer.say("451 broke")

    async with Peer(RETR=(cut, retr)).client() as client:
        with pytest.raises(ReplyError, match="451"):
            await client.download("f", tmp_path / "f", kind="A")
        await client.noop()
    assert os.listdir(tmp_path) == []


async def test_streams() -> None:
    peer = Peer(content=WIRE)
    async with peer.client() as client:
        async with client.download_stream("f", kind="A") as stream:
            assert await stream.read() == HERE
        async with client.download_stream("f", kind="A") as stream:
            assert [line async for line in stream.iter_by_line()] == HERE.splitlines(keepends=True)
        async with client.upload_stream("g", kind="A") as stream:
            for start in range(0, len(HERE), 9999):
                await stream.write(HERE[start : start + 9999])
        assert peer.files["g"] == WIRE
        async with client.append_stream("h", kind="A") as stream:
            await stream.write(b"a\r")
            await stream.write(b"\nb\n")
        assert peer.files["h"] == b"a\r\nb\r\n"
        async with client.get_stream("RETR", "f", kind="A") as stream:
            assert await stream.read() == WIRE


async def test_a_text_that_is_left_early() -> None:
    async with Peer(content=WIRE * 20).client() as client:
        async with client.download_stream("f", kind="A") as stream:
            assert await stream.readline() == b"line 0\n"
        await client.noop()


async def test_offsets_make_no_sense_in_a_text() -> None:
    async with Peer().client() as client:
        for method in (client.download_stream, client.upload_stream, client.append_stream):
            with pytest.raises(LocalProtocolError):
                method("f", offset=1, kind="A")
