"""Addresses that are kept out, and until when."""

from __future__ import annotations

import pytest

from anyftp._server import BanPolicy
from anyftp._server._users._bans import Bans
from server.probe import Probe, logged_in, server_of, serving

POLICY = BanPolicy(failures=3, within=60.0, seconds=100.0)


def test_so_many_in_so_long() -> None:
    bans = Bans()
    assert [bans.record("192.0.2.1", now, POLICY) for now in (0.0, 30.0, 59.0)] == [
        False,
        False,
        True,
    ]
    assert bans.holds("192.0.2.1", 60.0)
    assert not bans.holds("192.0.2.2", 60.0)
    assert bans.seconds_left(60.0) == {"192.0.2.1": 99.0}
    assert not bans.holds("192.0.2.1", 159.0)
    assert bans.seconds_left(159.0) == {}


def test_not_too_slowly() -> None:
    bans = Bans()
    assert not any(bans.record("192.0.2.1", now, POLICY) for now in range(0, 1000, 31))


def test_one_network_of_ipv6_is_one_address() -> None:
    bans = Bans()
    assert [bans.record(f"2001:db8::{n}", 0.0, POLICY) for n in range(3)][-1]
    assert bans.holds("2001:db8::ffff", 1.0)
    assert not bans.holds("2001:db8:0:1::1", 1.0)


def test_a_ban_is_lifted() -> None:
    bans = Bans()
    for _ in range(3):
        bans.record("192.0.2.1", 0.0, POLICY)
    assert bans.lift("192.0.2.1")
    assert not bans.lift("192.0.2.1")
    assert not bans.holds("192.0.2.1", 1.0)
    assert not bans.record("192.0.2.1", 1.0, POLICY)


def test_another_policy_holds_at_once() -> None:
    bans = Bans()
    bans.record("192.0.2.1", 0.0, POLICY)
    assert bans.record("192.0.2.1", 1.0, BanPolicy(failures=2))
    assert not bans.record("192.0.2.2", 1.0, None)


def test_memory_is_bounded() -> None:
    bans = Bans()
    for number in range(20_000):
        bans.record(f"10.{number >> 16}.{number >> 8 & 255}.{number & 255}", 0.0, POLICY)
    assert len(bans._failures) <= 10_000


@pytest.mark.parametrize("wrong", [{"failures": 0}, {"within": 0.0}, {"seconds": -1.0}])
def test_what_makes_no_sense(wrong: dict[str, float]) -> None:
    with pytest.raises(ValueError, match=f"{next(iter(wrong))} must be above 0, not"):
        BanPolicy(**wrong)  # type: ignore[arg-type]


@pytest.mark.anyio
async def test_who_guesses_is_kept_out() -> None:
    server = server_of(ban=BanPolicy(failures=2, seconds=1000.0), max_login_failures=10)
    async with serving(server) as address:
        async with await Probe.connect(address) as inside:
            await inside.log_in()
            async with await Probe.connect(address) as probe:
                await probe.reply()
                assert await probe.codes("USER bob", "PASS x", "USER bob", "PASS y") == [
                    "331",
                    "530",
                    "331",
                    "421",
                ]
                assert await probe.is_closed()
            async with await Probe.connect(address) as probe:
                assert await probe.reply() == "421 Your address is banned for a while."
            assert await inside.codes("NOOP") == ["200"]
        (network,) = server.bans.seconds_left(0.0)
        assert server.bans.lift(network)
    async with logged_in(server):
        pass
