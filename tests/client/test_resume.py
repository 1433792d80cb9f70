"""Going on where an earlier call stopped; times kept; downloads that nobody confirms."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from anyftp._errors import (
    ConnectionLost,
    DataConnectionError,
    IncompleteTransferError,
    TransientReplyError,
)
from client.peer import CONTENT, Hangup, Peer, drain, listing, retr

pytestmark = pytest.mark.anyio

SIZE = f"213 {len(CONTENT)}"


# Downloads


async def test_a_download_goes_on_at_the_end_of_the_local_file(tmp_path: Path) -> None:
    (tmp_path / "f").write_bytes(CONTENT[:1000])
    peer = Peer(SIZE=SIZE)
    async with peer.client() as client:
        report = await client.download("f", tmp_path / "f", resume=True)
    assert (tmp_path / "f").read_bytes() == CONTENT
    assert report.nbytes == len(CONTENT) - 1000
    assert peer.commands == ["TYPE I", "SIZE f", "EPSV", "REST 1000", "RETR f"]


async def test_a_file_that_is_whole_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "f").write_bytes(CONTENT)
    peer = Peer(SIZE=SIZE)
    async with peer.client() as client:
        report = await client.download("f", tmp_path, resume=True)
    assert report.files == 0
    assert peer.commands == ["TYPE I", "SIZE f"]


@pytest.mark.parametrize("old", [None, b"", CONTENT + b"more"], ids=["missing", "empty", "longer"])
async def test_a_file_that_cannot_be_a_part_is_fetched_whole(
    old: bytes | None, tmp_path: Path
) -> None:
    if old is not None:
        (tmp_path / "f").write_bytes(old)
    peer = Peer(SIZE=SIZE)
    async with peer.client() as client:
        await client.download("f", tmp_path / "f", resume=True)
    assert (tmp_path / "f").read_bytes() == CONTENT
    assert not [command for command in peer.commands if command.startswith("REST")]


async def test_a_server_that_cannot_begin_in_the_middle(tmp_path: Path) -> None:
    (tmp_path / "f").write_bytes(b"not what the server has")
    async with Peer(SIZE=SIZE, REST="502 what?").client() as client:
        await client.download("f", tmp_path / "f", resume=True)
    assert (tmp_path / "f").read_bytes() == CONTENT


async def test_what_came_before_a_failure_stays_for_the_next_call(tmp_path: Path) -> None:
    async def half(peer: Peer, argument: str) -> None:
        await peer.say("150 it comes")
        data = await peer.accept_data()
        await data.send(peer.content[peer.offset :][:2000])
        data.close()
        await peer.say("426 broken off")

    peer = Peer(SIZE=SIZE, RETR=(half, half, retr))
    async with peer.client() as client:
        for _ in range(2):
            with pytest.raises(TransientReplyError):
                await client.download("f", tmp_path / "f", resume=True)
        assert (tmp_path / "f").read_bytes() == CONTENT[:4000]
        await client.download("f", tmp_path / "f", resume=True)
    assert (tmp_path / "f").read_bytes() == CONTENT
    assert peer.commands[-2:] == ["REST 4000", "RETR f"]


async def test_a_tree_goes_on(tmp_path: Path) -> None:
    (tmp_path / "t").mkdir()
    (tmp_path / "t" / "a").write_bytes(CONTENT)
    (tmp_path / "t" / "b").write_bytes(CONTENT[:10])
    lines = [f"type=file;size={len(CONTENT)}; {name}" for name in "abc"]
    peer = Peer(MLSD=listing(*lines))
    async with peer.client() as client:
        report = await client.download("t/", tmp_path, resume=True)
    assert {p.name: p.read_bytes() for p in (tmp_path / "t").iterdir()} == dict.fromkeys(
        "abc", CONTENT
    )
    assert report.files == 2
    assert "RETR t/a" not in peer.commands
    assert "REST 10" in peer.commands


# Uploads


async def append(peer: Peer, argument: str) -> None:
    await peer.say("150 send it")
    data = await peer.accept_data()
    peer.files[argument] = peer.files.get(argument, b"") + await drain(data)
    data.close()
    await peer.say("226 done")


async def tell_size(peer: Peer, argument: str) -> None:
    if argument in peer.files:
        return await peer.say(f"213 {len(peer.files[argument])}")
    return await peer.say("550 no such file")


@pytest.mark.parametrize(
    ("remote", "verb"),
    [
        pytest.param(CONTENT[:1000], "APPE", id="part"),
        pytest.param(None, "STOR", id="missing"),
        pytest.param(CONTENT + b"more", "STOR", id="longer"),
        pytest.param(CONTENT, None, id="whole"),
    ],
)
async def test_an_upload_sends_what_is_lacking(
    remote: bytes | None, verb: str | None, tmp_path: Path
) -> None:
    (tmp_path / "f").write_bytes(CONTENT)
    peer = Peer(SIZE=tell_size, APPE=append)
    if remote is not None:
        peer.files["f"] = remote
    async with peer.client() as client:
        await client.upload(tmp_path / "f", resume=True)
    assert peer.files["f"] == CONTENT
    sent = [command[:4] for command in peer.commands if command[:4] in ("APPE", "STOR")]
    assert sent == ([verb] if verb else [])


async def test_an_upload_that_does_not_add_up(tmp_path: Path) -> None:
    async def lose(peer: Peer, argument: str) -> None:
        await append(peer, argument)
        peer.files[argument] += b"twice"

    (tmp_path / "f").write_bytes(CONTENT)
    peer = Peer(SIZE=tell_size, APPE=lose)
    peer.files["f"] = CONTENT[:10]
    async with peer.client() as client:
        with pytest.raises(IncompleteTransferError):
            await client.upload(tmp_path / "f", resume=True)


# Times


async def test_times_are_kept(tmp_path: Path) -> None:
    peer = Peer(MFMT="213 done", MLSD=listing("type=file;size=3;modify=20200102030405; a"))
    peer.content = b"abc"
    async with peer.client() as client:
        await client.download("f", tmp_path / "f", keep_times=True)
        await client.download("t/", tmp_path / "t", keep_times=True)
        os.utime(tmp_path / "f", (0, 86400))
        await client.upload(tmp_path / "f", "g", keep_times=True)
        assert peer.commands[-1] == "MFMT 19700102000000 g"
    assert (tmp_path / "t" / "a").stat().st_mtime == stamp(2020)
    assert peer.commands.count("MDTM f") == 1


def stamp(year: int) -> float:
    return datetime(year, 1, 2, 3, 4, 5, tzinfo=UTC).timestamp()


async def test_a_server_without_times(tmp_path: Path) -> None:
    peer = Peer(MDTM="550 no", MFMT="500 what?")
    async with peer.client() as client:
        await client.download("f", tmp_path / "f", keep_times=True)
        await client.upload(tmp_path / "f", "g", keep_times=True)


# Nobody confirms


@pytest.mark.parametrize(
    ("text", "is_accepted"),
    [
        pytest.param(f"150 here ({len(CONTENT)} bytes)", True, id="whole-by-its-size"),
        pytest.param(f"150 here ({len(CONTENT) + 1} bytes)", False, id="cut-short"),
        pytest.param("150 here", False, id="nobody-knows"),
    ],
)
async def test_the_control_connection_dies_before_226(
    text: str, is_accepted: bool, tmp_path: Path
) -> None:
    async def die(peer: Peer, argument: str) -> None:
        await peer.say(text)
        data = await peer.accept_data()
        await data.send(peer.content)
        data.close()
        raise Hangup

    async with Peer(RETR=die).client() as client:
        if is_accepted:
            report = await client.download("f", tmp_path / "f")
            assert report.unconfirmed == ("f",)
        else:
            with pytest.raises(ConnectionLost):
                await client.download("f", tmp_path / "f")
        with pytest.raises(ConnectionLost):
            await client.noop()
    assert (tmp_path / "f").exists() == is_accepted


async def test_a_data_connection_that_breaks_is_an_error_of_its_own(tmp_path: Path) -> None:
    async def reset(peer: Peer, argument: str) -> None:
        await peer.say("150 it comes")
        data: Any = await peer.accept_data()
        await data.send(b"some")
        data.close()
        await peer.say("226 done")

    async with Peer(RETR=reset, SIZE=SIZE).client() as client:
        (tmp_path / "f").write_bytes(CONTENT[:1])
        with pytest.raises(DataConnectionError):
            await client.download("f", tmp_path / "f", resume=True)
        await client.noop()
    assert (tmp_path / "f").read_bytes() == CONTENT[:1] + b"some"
