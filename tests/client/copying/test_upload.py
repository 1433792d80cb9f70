"""Uploads that nobody at the server meets a part of: another name first, then the file's own."""

from __future__ import annotations

import os
import re
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from anyftp import Progress
from anyftp._errors import (
    ChecksumError,
    FTPError,
    LocalProtocolError,
    PermanentReplyError,
    ReplyError,
)
from client.peer import CONTENT, Peer, drain, stor
from client.serving import served

pytestmark = pytest.mark.anyio

ASIDE = re.compile(r"\.upload-[0-9a-f]{16}\.part")


def without_chance(commands: list[str]) -> list[str]:
    return [ASIDE.sub("ASIDE", command) for command in commands]


async def test_the_name_is_given_to_what_is_whole(tmp_path: Path) -> None:
    (tmp_path / "f").write_bytes(CONTENT)
    seen: list[Progress] = []
    peer = Peer()
    async with peer.client() as client:
        report = await client.upload(tmp_path / "f", "d/g", atomic=True, progress=seen.append)
    assert without_chance(peer.commands) == [
        "OPTS UTF8 ON",
        "MLST d/g",
        "TYPE I",
        "EPSV",
        "STOR d/ASIDE",
        "SIZE d/ASIDE",
        "RNFR d/ASIDE",
        "RNTO d/g",
    ]
    assert list(peer.files.values()) == [CONTENT]
    assert {str(step.path) for step in seen} == {"d/g"}
    assert (report.nbytes, report.files) == (len(CONTENT), 1)


async def test_two_never_write_the_same_file(tmp_path: Path) -> None:
    (tmp_path / "f").write_bytes(CONTENT)
    peer = Peer()
    async with peer.client() as client:
        for _ in range(2):
            await client.upload(tmp_path / "f", "g", atomic=True)
    assert len(peer.files) == 2


async def _refused(peer: Peer, argument: str) -> None:
    await peer.say("150 send it")
    data = await peer.accept_data()
    data.close()
    await peer.say("552 no room")


@pytest.mark.parametrize(
    ("answers", "error", "match"),
    [
        pytest.param({"RNTO": "553 there is one"}, PermanentReplyError, "553", id="rename"),
        pytest.param({"STOR": "550 you may not"}, PermanentReplyError, "550", id="opening"),
        pytest.param({"STOR": _refused}, FTPError, "552", id="midway"),
    ],
)
async def test_what_fails_leaves_nothing_beside_the_name(
    answers: dict[str, Any], error: type[FTPError], match: str, tmp_path: Path
) -> None:
    (tmp_path / "f").write_bytes(bytes(5_000_000))
    peer = Peer(**answers)
    async with peer.client() as client:
        with pytest.raises(error, match=match):
            await client.upload(tmp_path / "f", "g", atomic=True)
        await client.noop()
    last, noop = without_chance(peer.commands)[-2:]
    assert (last, noop) == ("DELE ASIDE", "NOOP")


async def test_what_is_verified_is_the_copy_that_gets_the_name(tmp_path: Path) -> None:
    (tmp_path / "f").write_bytes(CONTENT)
    async with served(tmp_path / "served", extensions=["HASH"]) as client:
        await client.upload(tmp_path / "f", "/g", atomic=True, verify="required")
        assert [entry.name for entry in await client.list("/")] == ["g"]
    peer = Peer(FEAT="211-F\r\n XMD5\r\n211 End", XMD5="250 " + "0" * 32)
    async with peer.client() as client:
        with pytest.raises(ChecksumError, match="g"):
            await client.upload(tmp_path / "f", "g", atomic=True, verify="required")
    assert not [command for command in peer.commands if command.startswith("RN")]


@pytest.mark.parametrize("jobs", [1, 3])
async def test_trees(jobs: int, tmp_path: Path) -> None:
    mine, there = tmp_path / "mine", tmp_path / "served"
    (mine / "d").mkdir(parents=True)
    for number in range(9):
        (mine / "d" / str(number)).write_bytes(b"x" * number)
        os.utime(mine / "d" / str(number), (0, 1_000_000_000 + number))
    async with served(there) as client:
        report = await client.upload(mine, "/", atomic=True, keep_times=True, jobs=jobs)
        assert (report.files, report.untimed) == (9, ())
        mirrored = await client.mirror_upload(mine, "/mine", atomic=True, delete=True, jobs=jobs)
        assert mirrored.plan.is_empty
        await client.mirror_upload(mine / "d", "/other", atomic=True, jobs=jobs)
    for folder in (there / "mine" / "d", there / "other"):
        assert sorted(path.name for path in folder.iterdir()) == [str(n) for n in range(9)]
        assert [(folder / str(n)).stat().st_mtime for n in range(9)] == [
            1_000_000_000 + n for n in range(9)
        ]


async def test_an_existing_folder_takes_the_file_and_an_existing_file_is_replaced(
    tmp_path: Path,
) -> None:
    (tmp_path / "f").write_bytes(CONTENT)
    async with served(tmp_path / "served") as client:
        await client.make_directory("/d")
        await client.upload(tmp_path / "f", "/d", atomic=True)
        (tmp_path / "f").write_bytes(b"newer")
        await client.upload(tmp_path / "f", "/d/", atomic=True)
    assert [path.name for path in (tmp_path / "served" / "d").iterdir()] == ["f"]
    assert (tmp_path / "served" / "d" / "f").read_bytes() == b"newer"


async def test_nothing_can_be_resumed_of_it(tmp_path: Path) -> None:
    (tmp_path / "f").write_bytes(CONTENT)
    async with Peer().client() as client:
        with pytest.raises(LocalProtocolError, match="leaves no part"):
            await client.upload(tmp_path / "f", "g", atomic=True, resume=True)


async def test_uploads_aside_list_no_folder(tmp_path: Path) -> None:
    """With LIST alone, a look into the folder for each file would cost the folder's size."""
    (tmp_path / "f").write_bytes(b"x")
    peer = Peer(MLST="500 ?", MLSD="500 ?", CWD="550 no such folder", SIZE="213 1")
    async with peer.client() as client:
        for n in range(3):
            await client.upload(tmp_path / "f", f"d/f{n}", atomic=True)
    assert not [line for line in peer.commands if line.startswith(("LIST", "MLSD"))]


@pytest.mark.parametrize(
    ("answers", "in_place"),
    [
        ({}, False),
        ({"RNTO": "553 there is one of that name"}, True),
        ({"RNFR": "502 not implemented"}, True),
    ],
)
async def test_replaced_at_once_if_that_is_possible(
    answers: dict[str, Any], in_place: bool, tmp_path: Path
) -> None:
    (tmp_path / "f").write_bytes(CONTENT)
    peer = Peer(**answers, MLST="550 no such file")
    async with peer.client() as client:
        for name in ("g", "h"):
            report = await client.upload(tmp_path / "f", name, atomic="if-possible")
            assert report.in_place == ((name,) if in_place else ())
    assert set(peer.files.values()) == {CONTENT}
    sent = [command for command in without_chance(peer.commands) if command.startswith("STOR")]
    wanted = ["STOR ASIDE", "STOR g", "STOR h"] if in_place else ["STOR ASIDE", "STOR ASIDE"]
    assert sent == wanted


async def received_and(peer: Peer, argument: str, refusal: str) -> None:
    await peer.say("150 send it")
    data = await peer.accept_data()
    await drain(data)
    await data.aclose()
    await peer.say(refusal)


@pytest.mark.parametrize("refusal", ["451 later", "452 full", "550 no", "552 over quota", "553 no"])
@pytest.mark.parametrize("moment", ["STOR", "data", "RNTO"])
async def test_the_old_file_is_not_given_up_for_want_of_space(
    moment: str, refusal: str, tmp_path: Path
) -> None:
    """Nor for what is said of the data: in place it would be as bad, and the old file lost."""
    (tmp_path / "f").write_bytes(CONTENT)
    answer: Any = partial(received_and, refusal=refusal) if moment == "data" else refusal
    peer = Peer(**{"STOR" if moment == "data" else moment: answer}, MLST="550 no such file")
    async with peer.client() as client:
        with suppress(ReplyError):
            await client.upload(tmp_path / "f", "g", atomic="if-possible")
    is_tried_in_place = "STOR g" in peer.commands
    assert is_tried_in_place is (moment != "data" and not refusal.startswith(("452", "552")))


async def test_where_nobody_may_write_beside_a_file_it_is_written_in_place(tmp_path: Path) -> None:
    (tmp_path / "f").write_bytes(CONTENT)

    async def only_g(peer: Peer, argument: str) -> None:
        if argument != "g":
            return await peer.say("553 not that name")
        return await stor(peer, argument)

    peer = Peer(STOR=only_g, MLST="550 no such file")
    async with peer.client() as client:
        report = await client.upload(tmp_path / "f", "g", atomic="if-possible")
        assert report.in_place == ("g",)
        with pytest.raises(PermanentReplyError, match="not that name"):
            await client.upload(tmp_path / "f", "h", atomic="if-possible")
        with pytest.raises(PermanentReplyError):
            await client.upload(tmp_path / "f", "g", atomic=True)
    assert peer.files == {"g": CONTENT}
