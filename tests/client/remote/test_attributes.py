"""Size, time, mode. Quirks 50, 53."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest

from anyftp._errors import LocalProtocolError, PermanentReplyError
from client.peer import Peer

pytestmark = pytest.mark.anyio

TIME = datetime(2026, 1, 2, 4, 4, 5, 999, tzinfo=timezone(timedelta(hours=1)))


async def test_type_i_goes_before_size_once() -> None:
    peer = Peer(SIZE="213 1234")
    async with peer.client() as client:
        assert await client.size("a") == 1234
        assert await client.size("a") == 1234
    assert peer.commands == ["TYPE I", "SIZE a", "SIZE a"]


async def test_words_in_front_of_the_size() -> None:
    async with Peer(SIZE="213 the size is 77").client() as client:
        assert await client.size("a") == 77


async def test_a_size_without_digits() -> None:
    """-1 and the like are no sizes; MLST or a listing may tell, and if not, nothing does."""
    for text in ("large", "-1", "-1794967296"):
        async with Peer(SIZE=f"213 {text}").client() as client:
            assert await client.size("a") == 3
        silent = "250-here\r\n type=file; /home/a\r\n250 end"
        async with Peer(SIZE=f"213 {text}", MLST=silent).client() as client:
            with pytest.raises(PermanentReplyError, match="does not tell the size"):
                await client.size("a")


async def test_size_by_other_means_where_it_is_unknown() -> None:
    peer = Peer(SIZE="502 what?")
    async with peer.client() as client:
        assert await client.size("a") == 3
        assert await client.size("a") == 3
        peer.answers["MLST"] = "250-\r\n type=file; a\r\n250 end"
        with pytest.raises(PermanentReplyError, match="does not tell"):
            await client.size("a")
    assert peer.commands.count("SIZE a") == 1


async def test_size_of_what_is_missing() -> None:
    async with Peer(SIZE="550 no such file").client() as client:
        with pytest.raises(PermanentReplyError, match="no such file"):
            await client.size("a")


@pytest.mark.parametrize(
    ("reply", "micros"),
    [("213 20260102030405", 0), ("213 20260102030405.250", 250_000)],
)
async def test_mdtm(reply: str, micros: int) -> None:
    async with Peer(MDTM=reply).client() as client:
        expected = datetime(2026, 1, 2, 3, 4, 5, micros, tzinfo=UTC)
        assert await client.modified("a") == expected


async def test_time_by_other_means_where_mdtm_is_unknown() -> None:
    async with Peer(MDTM="500 what?").client() as client:
        assert await client.modified("a") == datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


async def test_mfmt() -> None:
    peer = Peer(MFMT="213 modify=20260102030405; a")
    async with peer.client() as client:
        await client.set_modified("a", TIME)
    assert peer.commands == ["MFMT 20260102030405 a"]


async def test_ways_to_set_a_time_where_mfmt_is_unknown() -> None:
    peer = Peer(MFMT="500 what?", MDTM="501 what?", SITE="200 done")
    async with peer.client() as client:
        await client.set_modified("a", TIME)
        await client.set_modified("b", TIME)
    stamp = "20260102030405"
    assert peer.commands == [
        *[f"MFMT {stamp} a", f"MDTM {stamp} a", f"SITE UTIME {stamp} a"],
        f"SITE UTIME {stamp} b",
    ]


async def test_a_server_that_cannot_set_times() -> None:
    async with Peer(MFMT="500 what?", MDTM="550 no such file").client() as client:
        with pytest.raises(PermanentReplyError):
            await client.set_modified("a", TIME)


@pytest.mark.parametrize(
    ("time", "rule"),
    [
        (datetime(2026, 1, 2), "must have a time zone"),
        (datetime(1, 1, 1, tzinfo=timezone(timedelta(hours=14))), "in the years 1 to 9999 in UTC"),
    ],
)
async def test_a_time_that_cannot_be_sent(time: datetime, rule: str) -> None:
    async with Peer().client() as client:
        with pytest.raises(LocalProtocolError, match=rule):
            await client.set_modified("a", time)


async def test_chmod() -> None:
    peer = Peer(SITE="200 done")
    async with peer.client() as client:
        await client.chmod("a", 0o640)
        with pytest.raises(LocalProtocolError):
            await client.chmod("a", -1)
    assert peer.commands == ["SITE CHMOD 640 a"]
