"""Ports that rest until nobody dials them any more."""

from __future__ import annotations

from anyftp._server._ports._recent_ports import REST_SECONDS, RecentPorts


def test_a_port_rests_for_a_while() -> None:
    recent = RecentPorts()
    recent.add(5000, 100.0)
    assert recent.is_resting(5000, 100.0)
    assert recent.is_resting(5000, 100.0 + REST_SECONDS - 0.1)
    assert not recent.is_resting(5000, 100.0 + REST_SECONDS)
    assert not recent.is_resting(5001, 100.0)


def test_those_that_rest_longest_come_first() -> None:
    recent = RecentPorts()
    for now, port in enumerate([7, 5, 6, 7]):
        recent.add(port, float(now))
    assert recent.resting(range(4, 9), 4.0) == [5, 6, 7]
    assert recent.rested(range(4, 9), 4.0) == [4, 8]
    assert recent.rested(range(4, 9), 61.5) == [4, 5, 8]


def test_memory_is_bounded() -> None:
    recent = RecentPorts()
    for port in range(70_000):
        recent.add(port, 0.0)
    assert len(recent.resting(range(70_000), 1.0)) == 32_768
    assert not recent.is_resting(0, 1.0)
