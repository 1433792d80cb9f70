"""Quirks of servers in the wild: those that have no other home, and whether the table is true."""

from __future__ import annotations

import re
import ssl
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from anyftp import PermanentReplyError, RemoteProtocolError, ReplyError, TLSError
from client.peer import Peer

pytestmark = pytest.mark.anyio

TESTS = Path(__file__).resolve().parent.parent
TABLE = TESTS.parent / "docs" / "design" / "quirks.md"


@pytest.mark.parametrize(
    "answers",
    [
        {"CWD": "200 ok\r\n250 ok again"},
        {"RETR": "425 no connection\r\n550 and no file"},
        {"RETR": "550 no file\r\n425 and no connection"},
        {"CWD": "250 ok\r\n250 ok\r\n550 or not", "RETR": "550-no\r\n550 file\r\n226 done"},
    ],
)
async def test_quirk_8_a_command_answered_twice(answers: dict[str, Any]) -> None:
    peer = Peer()
    peer.answers |= answers
    async with peer.client() as client:
        for _ in range(3):
            await client.change_directory("a")
            assert str(await client.get_current_directory()) == "/home"
            if "RETR" in answers:
                with pytest.raises(ReplyError, match="no "):
                    await client.download_stream("f")
            assert await client.size("f") == 3


async def test_quirk_39_a_server_that_dies_in_clear_text_where_tls_should_begin(
    client_tls: ssl.SSLContext,
) -> None:
    async def die(peer: Peer, argument: str) -> None:
        await peer.say("234 go ahead")
        await peer.next_bytes()  # the client has begun its handshake
        await peer.say("500 OOPS: child died")

    peer = Peer(AUTH=die)
    with pytest.raises(TLSError, match="did not answer in TLS"):
        async with peer.client(tls="explicit", ssl_context=client_tls):
            pass


async def test_quirk_50_size_is_refused_in_ascii() -> None:
    kinds = ["A"]

    async def type_(peer: Peer, argument: str) -> None:
        kinds.append(argument)
        await peer.say("200 done")

    async def size(peer: Peer, argument: str) -> None:
        allowed = kinds[-1] == "I"
        await peer.say("213 size: 4711" if allowed else "550 SIZE not allowed in ASCII mode")

    async with Peer(TYPE=type_, SIZE=size).client() as client:
        assert await client.size("f") == 4711
        async with client.download_stream("f", kind="A") as stream:
            await stream.read()
        assert await client.size("f") == 4711
    assert kinds == ["A", "I", "A", "I"]


@pytest.mark.parametrize(
    ("reply", "year", "micros"),
    [
        ("213 20260102030405", 2026, 0),
        ("213 20260102030405.25", 2026, 250_000),
        ("213 191260102030405", 2026, 0),  # 19 and the years since 1900
        ("213 191000102030405", 2000, 0),
    ],
)
async def test_quirk_53_times_that_mdtm_tells(reply: str, year: int, micros: int) -> None:
    async with Peer(MDTM=reply).client() as client:
        assert await client.modified("f") == datetime(year, 1, 2, 3, 4, 5, micros, tzinfo=UTC)


@pytest.mark.parametrize("reply", ["213 yesterday", "213 2026", "213 20261399000000", "213"])
async def test_quirk_53_what_is_no_time_is_an_error(reply: str) -> None:
    async with Peer(MDTM=reply).client() as client:
        with pytest.raises(RemoteProtocolError, match="not a time"):
            await client.modified("f")


@pytest.mark.parametrize("known", range(5))
async def test_quirk_53_ways_to_set_a_time(known: int) -> None:
    ways = [
        "MFMT 20260102030405 my file",
        "MDTM 20260102030405 my file",
        "SITE UTIME 20260102030405 my file",
        "SITE UTIME my file 20260102030405 20260102030405 20260102030405 UTC",
    ]

    def answer(verb: str) -> Any:
        async def say(peer: Peer, argument: str) -> None:
            is_known = f"{verb} {argument}" in ways[known:] and known < len(ways)
            await peer.say("213 done" if is_known else "501 what?")

        return say

    peer = Peer(**{verb: answer(verb) for verb in ("MFMT", "MDTM", "SITE")})
    async with peer.client() as client:
        for _ in range(2):  # what is not known is not tried again
            if known == len(ways):
                with pytest.raises(PermanentReplyError):
                    await client.set_modified("my file", datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC))
            else:
                await client.set_modified("my file", datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC))
    asked = [line for line in peer.commands if line != "FEAT"]  # 501 may be about the argument
    assert asked == [*ways[: known + 1], *ways[known : known + 1]]


def test_the_table_of_quirks_names_tests_that_are_there() -> None:
    rows = re.findall(r"^\| (\d+) \| .+? \| (.+) \|$", TABLE.read_text("utf-8"), re.MULTILINE)
    assert [int(number) for number, _ in rows] == list(range(1, 61))
    for number, cell in rows:
        named = re.findall(r"`(\w+)/([\w/]+)\.(\w+)`", cell)
        assert named, f"quirk {number} has no test"
        for folder, module, name in named:
            paths = list((TESTS / folder).rglob(re.sub(r"(\w+)$", r"test_\1.py", module)))
            assert len(paths) == 1, f"quirk {number}: {module} should be one file: {paths}"
            defined = re.search(rf"def test_{name}\(", paths[0].read_text("utf-8"))
            assert defined, f"quirk {number}: no test_{name} in {paths[0]}"


def test_each_report_is_tried() -> None:
    """The second table names tests of `test_reports.py`, and all of them."""
    named = set(re.findall(r"`client/reports\.(\w+)`", TABLE.read_text("utf-8")))
    tests = (TESTS / "client" / "test_reports.py").read_text("utf-8")
    assert named == set(re.findall(r"def test_(\w+)\(", tests))
