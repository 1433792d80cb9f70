"""Who may come."""

from __future__ import annotations

import pytest

from anyftp._cli._serving._admission import admission


@pytest.mark.parametrize(
    ("allowed", "denied", "let_in", "kept_out"),
    [
        (["10.0.0.0/8"], [], ["10.1.2.3"], ["11.0.0.1", "2001:db8::1"]),
        ([], ["10.0.0.0/8"], ["11.0.0.1", "2001:db8::1"], ["10.1.2.3"]),
        (["10.0.0.0/8"], ["10.1.0.0/16"], ["10.2.0.1"], ["10.1.2.3", "192.0.2.1"]),
        (["2001:db8::/32", "127.0.0.1"], [], ["2001:db8::7", "127.0.0.1"], ["127.0.0.2"]),
    ],
)
def test_networks(
    allowed: list[str], denied: list[str], let_in: list[str], kept_out: list[str]
) -> None:
    admit = admission(allowed, denied)
    assert admit is not None
    assert [admit(host) for host in let_in] == [None] * len(let_in)
    assert all(admit(host) for host in kept_out)


def test_anybody_may_come_where_nothing_is_said() -> None:
    assert admission([], []) is None


def test_what_is_no_network() -> None:
    with pytest.raises(ValueError, match="nowhere"):
        admission(["nowhere"], [])
