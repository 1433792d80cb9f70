"""What a server can make a client do, hold or wait for is bounded: SECURITY P3, P4, P5, D12."""

from __future__ import annotations

import inspect
from typing import Any

import anyio
import pytest

from anyftp._client import Client
from anyftp._errors import (
    ConnectionLost,
    FTPError,
    FTPTimeoutError,
    ListingError,
    LocalProtocolError,
    RemoteProtocolError,
)
from client.peer import Peer, listing, send_data, silent
from support.clocks import VIRTUAL_BACKENDS, Backend

pytestmark = pytest.mark.anyio


@pytest.fixture(params=VIRTUAL_BACKENDS)
def anyio_backend(request: pytest.FixtureRequest) -> Backend:
    backend: Backend = request.param
    return backend


async def seconds_until(error: type[Exception], match: str, call: Any) -> float:
    """How long it takes to fail like this."""
    start = anyio.current_time()
    with pytest.raises(error, match=match):
        await call()
    return anyio.current_time() - start


# Replies


@pytest.mark.parametrize(
    ("options", "reply", "match"),
    [
        pytest.param({}, "200 " + "x" * 9000, "line of more than 8192", id="P3-line"),
        pytest.param({"max_reply_line": 80}, "200 " + "x" * 100, "more than 80", id="P3-set"),
    ],
)
async def test_p3_a_line_without_end(options: dict[str, Any], reply: str, match: str) -> None:
    await refuses(options, reply, match)


@pytest.mark.parametrize(
    ("options", "reply", "match"),
    [
        pytest.param({}, "200-x\r\n" * 1100, "1000 lines", id="P4-lines"),
        pytest.param({"max_reply_lines": 5}, "200-x\r\n" * 9, "5 lines", id="P4-lines-set"),
        pytest.param({}, ("200-" + "x" * 8000 + "\r\n") * 9, "65536 bytes", id="P4-bytes"),
        pytest.param({"max_reply_bytes": 99}, "200-x\r\n" * 40, "99 bytes", id="P4-bytes-set"),
    ],
)
async def test_p4_a_reply_without_end(options: dict[str, Any], reply: str, match: str) -> None:
    await refuses(options, reply, match)


async def refuses(options: dict[str, Any], reply: str, match: str) -> None:
    """A reply like this breaks the protocol, and ends the connection."""
    async with Peer(NOOP=reply).client(**options) as client:
        with pytest.raises(RemoteProtocolError, match=match):
            await client.noop()
        assert not client.is_connected


@pytest.mark.parametrize("piece", [b"2", b"200-x\r\n"], ids=["bytes", "lines"])
@pytest.mark.parametrize(("options", "limit"), [({}, 120), ({"max_reply_seconds": 7}, 7)])
async def test_p5_a_reply_that_comes_a_byte_a_second(
    options: dict[str, Any], limit: float, piece: bytes
) -> None:
    async def drip(peer: Peer, argument: str) -> None:
        await anyio.sleep(1000)  # with no time-out given, one waits for a reply to begin
        while True:
            assert peer.control is not None
            await peer.control.send(piece)
            await anyio.sleep(1)

    async with Peer(NOOP=drip).client(**options) as client:
        taken = await seconds_until(FTPTimeoutError, f"{limit} s", client.noop)
        assert taken == pytest.approx(1000 + limit)
        with pytest.raises(ConnectionLost, match="did not end its reply"):
            await client.noop()


async def test_p5_the_time_out_is_for_a_whole_reply() -> None:
    async def drip(peer: Peer, argument: str) -> None:
        while True:
            await peer.say("200-x")
            await anyio.sleep(1)

    async with Peer(NOOP=drip).client(timeout=10) as client:
        assert await seconds_until(FTPTimeoutError, "NOOP", client.noop) == pytest.approx(10)


async def test_a_slow_reply_and_another_in_one_piece_are_timed_apart() -> None:
    async def slowly(peer: Peer, argument: str) -> None:
        for piece in (b"213-a\r\n", b"213 b\r\n150 x\r\n226-c\r\n", b"226 d\r\n"):
            await anyio.sleep(100)
            assert peer.control is not None
            await peer.control.send(piece)

    async with Peer(STAT=slowly).client() as client:
        assert (await client.command("STAT")).lines == ("a", "b")
        await anyio.sleep(200)
        await client.noop()


# Logging in


@pytest.mark.parametrize(("options", "limit"), [({}, 60), ({"login_timeout": 5}, 5)])
async def test_a_greeting_that_does_not_come(options: dict[str, Any], limit: float) -> None:
    class Mute(Peer):
        async def say(self, text: str | bytes) -> None:
            await anyio.sleep_forever()

    peer = Mute()
    async with peer.running():
        client = Client(dialler=peer.dial, **options)

        async def connect() -> None:
            await client.connect("ftp.example.org")

        taken = await seconds_until(FTPTimeoutError, f"greeting.*{limit} s", connect)
        assert taken == pytest.approx(limit)
        assert not client.is_connected


@pytest.mark.parametrize(("options", "limit"), [({}, 60), ({"login_timeout": 5}, 5)])
async def test_a_login_that_takes_too_long(options: dict[str, Any], limit: float) -> None:
    async def slow(peer: Peer, argument: str) -> None:
        await anyio.sleep(limit * 0.4)
        await peer.say("331 and again")

    async with Peer(USER=slow, PASS=slow).client(login=False, **options) as client:
        taken = await seconds_until(FTPTimeoutError, f"login.*{limit} s", client.login)
        assert taken == pytest.approx(limit)


async def test_a_login_may_take_any_time_by_request() -> None:
    async def slow(peer: Peer, argument: str) -> None:
        await anyio.sleep(3600)
        await peer.say("230 at last")

    async with Peer(PASS=slow).client(login=False, login_timeout=None) as client:
        await client.login()


# What we send


async def test_a_path_that_is_too_long() -> None:
    peer = Peer()
    async with peer.client() as client:
        await client.change_directory("d" * 4096)
        with pytest.raises(LocalProtocolError, match=r"at most 4096 bytes .*, not 4097"):
            await client.change_directory("d" * 4097)
        with pytest.raises(LocalProtocolError, match="max_path"):
            await client.download_stream("\N{EURO SIGN}" * 1366)
        await client.noop()
    assert [command[:4] for command in peer.commands] == ["CWD ", "NOOP"]


async def test_the_longest_path_can_be_set_and_no_secret_is_shown() -> None:
    async with Peer().client(login=False, max_path=20) as client:
        with pytest.raises(LocalProtocolError, match=r"PASS: .*, not 30") as caught:
            await client.login("alice", "x" * 30)
        assert "xx" not in str(caught.value)


# Listings


async def test_a_listing_that_is_too_long() -> None:
    lines = [f"type=file; {n:04}" for n in range(1000)]
    peer = Peer(MLSD=listing(*lines), ABOR="225 no transfer")
    async with peer.client(max_listing_bytes=10_000) as client:
        with pytest.raises(ListingError, match="more than 10000 bytes"):
            await client.list()
        with pytest.raises(ListingError, match="more than 10000 bytes"):
            async for _ in client.list():
                pass
        await client.noop()
    async with peer.client(max_listing_bytes=17_000) as client:
        assert len(await client.list()) == 1000


async def test_d12_an_endless_listing_ends() -> None:
    async def endless(peer: Peer, argument: str) -> None:
        await send_data(peer, b"type=file; x\r\n" * 1_000_000)

    peer = Peer(MLSD=endless, ABOR="225 no transfer")
    async with peer.client(max_listing_bytes=1 << 20, close_timeout=5) as client:
        with pytest.raises(ListingError):
            async for _ in client.list():
                pass
        await client.noop()


@pytest.mark.parametrize("option", [{"timeout": 3}, {"login_timeout": 3}], ids=str)
async def test_a_server_that_never_answers_user(option: dict[str, Any]) -> None:
    async with Peer(USER=silent).client(login=False, **option) as client:
        assert await seconds_until(FTPError, "3 s", client.login) == pytest.approx(3)


async def test_a_line_of_a_listing_that_is_too_long_is_passed_over() -> None:
    lines = ("type=file;size=1; a", f"type=file;size=2; {'x' * 100}", "type=file;size=3; b")
    async with Peer(MLSD=listing(*lines)).client(max_entry_line=80) as client:
        assert [entry.name for entry in await client.list("d")] == ["a", "b"]
    lines = ("type=file;size=1; a", f"type=file;size=2; {'x' * 70_000}", "type=file;size=3; b")
    async with Peer(MLSD=listing(*lines)).client() as client:
        assert [entry.name for entry in await client.list("d")] == ["a", "b"]


#: Budgets, and how far each may go by default: in bytes, lines, entries, folders or seconds.
BUDGETS = {
    "max_reply_line": 1 << 14,
    "max_reply_bytes": 1 << 17,
    "max_reply_lines": 1 << 12,
    "max_reply_seconds": 300,
    "max_path": 1 << 14,
    "max_entry_line": 1 << 14,
    "max_entries": 1 << 20,
    "max_tree_entries": 1 << 22,
    "max_listing_bytes": 1 << 28,
    "max_depth": 1000,
    "login_timeout": 300,
    "close_timeout": 10,
}


def test_every_budget_is_bounded_by_default_and_can_be_set() -> None:
    parameters = inspect.signature(Client).parameters
    assert {name for name in parameters if name.startswith("max_")} <= set(BUDGETS)
    for name, most in BUDGETS.items():
        assert 0 < parameters[name].default <= most
        option: dict[str, Any] = {name: 7}
        assert getattr(Client(**option)._options, name) == 7
