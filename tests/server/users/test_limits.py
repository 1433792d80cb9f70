"""Counting of connections, sessions and failures."""

from __future__ import annotations

from anyftp._fs import MemoryFileSystem
from anyftp._server._users._limits import ConnectionCount, Failures, UserCount
from anyftp._server._users._users import User


def test_connections_in_all_and_by_address() -> None:
    count = ConnectionCount()

    def refusal(host: str) -> str:
        return count.refusal(host, 3, 2) or ""

    assert not refusal("a")
    place = count.enter("a")
    count.enter("a")
    assert "your address" in refusal("a")
    assert not refusal("b")
    count.enter("b")
    assert "Too many connections," in refusal("c")
    assert count.refusal("c", 4, 2) is None
    place.leave()
    place.leave()
    assert not refusal("a")
    assert not refusal("c")
    count.enter("c")
    assert "Too many connections," in refusal("d")


def test_the_sessions_of_a_user_share_a_throttle() -> None:
    user = User("bob", file_system=MemoryFileSystem(), read_speed_limit=1000, max_connections=2)
    count = UserCount()
    first = count.enter(user)
    assert first is not None
    assert first.read.limit == 1000
    assert count.enter(user) is first
    assert count.enter(user) is None
    count.leave(user)
    assert count.enter(user) is first
    count.leave(user)
    count.leave(user)
    assert count.enter(user) is not first


def test_failures_cost_more_and_more() -> None:
    failures = Failures(delay=1.0)
    assert [failures.record("a", 0.0) for _ in range(7)] == [1, 2, 4, 8, 16, 30, 30]
    assert failures.record("b", 0.0) == 1


def test_who_asks_for_short_waits_gets_no_long_ones() -> None:
    failures = Failures(delay=0.01)
    assert max(failures.record("a", 0.0) for _ in range(1000)) == 0.32


def test_time_forgives_one_failure_after_the_other() -> None:
    failures = Failures(delay=1.0, forgiven_after=60.0)
    assert [failures.record("a", 0.0) for _ in range(4)] == [1, 2, 4, 8]
    assert failures.record("a", 59.0) == 16
    assert failures.record("a", 59.0 + 180.0) == 4
    assert failures.record("a", 59.0 + 180.0 + 3600.0) == 1


def test_a_customer_has_a_whole_network_of_ipv6_addresses() -> None:
    failures = Failures(delay=1.0)
    assert failures.record("2001:db8:1:2::1", 0.0) == 1
    assert failures.record("2001:db8:1:2:ffff::9", 0.0) == 2
    assert failures.record("2001:db8:1:3::1", 0.0) == 1
    count = ConnectionCount()
    count.enter("2001:db8:1:2::1")
    assert "your address" in (count.refusal("2001:db8:1:2::2", 10, 1) or "")
    assert count.refusal("2001:db8:1:3::2", 10, 1) is None


def test_memory_of_failures_is_bounded() -> None:
    failures = Failures()
    for number in range(20_000):
        failures.record(str(number), 0.0)
    assert len(failures._by_network) <= 10_000
