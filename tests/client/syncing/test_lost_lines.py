"""Syncs whose connection is lost within an upload, with servers that keep the part of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from anyftp import ConnectionLost, RetryPolicy
from client.peer import Hangup, Peer
from client.tree import RenamingTree, absolute

pytestmark = pytest.mark.anyio

SOON = RetryPolicy(attempts=4, first_delay_seconds=0.001)


class Breaking(RenamingTree):
    """A server of which the first upload breaks off; what had come is there under its name."""

    def __init__(self, content: dict[str, bytes]) -> None:
        super().__init__(content)
        self.is_broken = False

    async def stor(self, peer: Peer, argument: str) -> None:
        if self.is_broken:
            return await super().stor(peer, argument)
        self.is_broken = True
        await peer.say("150 send it")
        data = await peer.accept_data()
        self.content[absolute(argument)] = (await data.receive())[:2]
        self.times[absolute(argument)] = "20260101000000"
        raise Hangup


@pytest.mark.parametrize("is_new", [True, False], ids=["new", "changed"])
@pytest.mark.parametrize("can_rename", [True, False], ids=["renames", "in-place"])
async def test_it_goes_on_by_itself(can_rename: bool, is_new: bool, tmp_path: Path) -> None:
    tree = Breaking({"/t/": b""})
    tree.is_broken = True
    here = tmp_path / "here"
    here.mkdir()
    (here / "other").write_bytes(b"other")
    if not is_new:
        (here / "f").write_bytes(b"first")
    refused = {} if can_rename else {"RNFR": "502 no", "RNTO": "502 no"}
    async with tree.peer(**refused).client(retry=SOON, close_timeout=0.05) as client:
        await client.sync(here, "/t", state=tmp_path / "state")
        (here / "f").write_bytes(b"second and longer")
        tree.is_broken = False
        report = await client.sync(here, "/t", state=tmp_path / "state")
    assert tree.is_broken
    assert tree.content["/t/f"] == b"second and longer"
    assert not report.plan.conflicts


async def test_the_next_one_takes_no_part_for_a_change_of_somebody_elses(tmp_path: Path) -> None:
    tree = Breaking({"/t/": b""})
    tree.is_broken = True
    here = tmp_path / "here"
    here.mkdir()
    (here / "f").write_bytes(b"first")
    async with tree.peer().client() as client:
        await client.sync(here, "/t", state=tmp_path / "state")
        (here / "f").write_bytes(b"second and longer")
        tree.is_broken = False
        with pytest.raises(ConnectionLost):
            await client.sync(here, "/t", state=tmp_path / "state")
    assert tree.content["/t/f"] == b"first"
    async with tree.peer().client() as client:
        report = await client.sync(here, "/t", state=tmp_path / "state")
    assert not report.plan.conflicts
    assert tree.content["/t/f"] == b"second and longer"
    assert (here / "f").read_bytes() == b"second and longer"
