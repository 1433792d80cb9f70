"""Measuring the zone of LIST's times by MDTM."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest

from anyftp._errors import PermanentReplyError
from client.peer import Peer, listing

pytestmark = pytest.mark.anyio

#: Exact times of files, in UTC.
FILES = {
    "a": datetime(2026, 11, 1, 12, 0, 59, tzinfo=UTC),
    "b": datetime(2026, 10, 31, 23, 59, 0, tzinfo=UTC),
    "c": datetime(2026, 10, 30, 0, 0, 1, tzinfo=UTC),
}


class Clock:
    """A server in some zone; its listings cut off seconds, its MDTM tells UTC."""

    def __init__(self, offset: timedelta) -> None:
        self.zone = timezone(offset)
        self.times = dict(FILES)

    def peer(self, *more: str) -> Peer:
        lines = [
            f"-rw-r--r-- 1 u g 3 {time.astimezone(self.zone):%Y-%m-%d %H:%M} {name}"
            for name, time in self.times.items()
        ]
        return Peer(MLSD="500 what?", LIST=listing(*more, *lines), MDTM=self.mdtm)

    async def mdtm(self, peer: Peer, argument: str) -> None:
        time = FILES.get(argument.rpartition("/")[2])
        await peer.say("550 no" if time is None else f"213 {time:%Y%m%d%H%M%S}")


@pytest.mark.parametrize("minutes", [0, 60, -300, 330, 345, -570, 840, -720])
async def test_every_zone(minutes: int) -> None:
    offset = timedelta(minutes=minutes)
    async with Clock(offset).peer().client() as client:
        assert (await client.list())[0].modified != FILES["a"]
        assert await client.measure_zone() == timezone(offset)
        for entry in await client.list():
            assert entry.modified == FILES[entry.name].replace(second=0)


async def test_only_what_tells_the_minute_is_asked_about() -> None:
    peer = Clock(timedelta(hours=2)).peer(
        "drwxr-xr-x 2 u g 3 2026-11-02 12:00 folder", "-rw-r--r-- 1 u g 3 Nov 2 2025 old"
    )
    async with peer.client() as client:
        await client.measure_zone("d")
    assert [line for line in peer.commands if line.startswith("MDTM")] == [
        *["MDTM d/a", "MDTM d/b", "MDTM d/c"]
    ]


async def test_a_file_that_has_just_changed_is_outvoted() -> None:
    clock = Clock(timedelta(hours=2))
    clock.times["a"] = FILES["a"] - timedelta(hours=7)
    async with clock.peer().client() as client:
        assert await client.measure_zone() == timezone(timedelta(hours=2))


async def test_around_new_year() -> None:
    """LIST told no year of a file of this night, and the wrong one was taken for it."""
    clock = Clock(timedelta(hours=3))
    clock.times = {"a": FILES["a"].replace(year=2025)}
    async with clock.peer().client() as client:
        assert await client.measure_zone() == timezone(timedelta(hours=3))


async def test_what_the_user_says_wins() -> None:
    mine = timezone(timedelta(hours=9))
    async with Clock(timedelta(hours=2)).peer().client(server_zone=mine) as client:
        assert await client.measure_zone() == timezone(timedelta(hours=2))
        (entry, *_) = await client.list()
        assert entry.modified is not None
        assert entry.modified.utcoffset() == timedelta(hours=9)


RECENT = listing("-rw-r--r-- 1 u g 3 2026-11-02 10:00 a")


@pytest.mark.parametrize(
    "answers",
    [
        pytest.param({"LIST": listing()}, id="empty"),
        pytest.param({"LIST": listing("-rw-r--r-- 1 u g 3 Nov 2 2025 old")}, id="old"),
        pytest.param({"LIST": listing("drwxr-xr-x 1 u g 3 2026-11-02 10:00 d")}, id="folders"),
        pytest.param({"LIST": RECENT, "MDTM": "500 what?"}, id="no-mdtm"),
        pytest.param({"LIST": RECENT, "MDTM": "213 nonsense"}, id="odd-mdtm"),
        pytest.param({"LIST": RECENT, "MDTM": "213 20260101000000"}, id="no-such-zone"),
    ],
)
async def test_what_tells_nothing(answers: dict[str, Any]) -> None:
    async with Peer(MLSD="500 what?", **answers).client() as client:
        with pytest.raises(PermanentReplyError, match="tell alike"):
            await client.measure_zone()
        await client.noop()


async def test_two_files_that_disagree_tell_nothing() -> None:
    clock = Clock(timedelta(hours=2))
    clock.times = {"a": FILES["a"], "b": FILES["b"] + timedelta(hours=5)}
    async with clock.peer().client() as client:
        with pytest.raises(PermanentReplyError, match="tell alike"):
            await client.measure_zone()
