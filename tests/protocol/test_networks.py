"""Addresses by network."""

from __future__ import annotations

import pytest

from anyftp._errors import LocalProtocolError
from anyftp._protocol import NetworkMap, Networks

NAMES = {
    "10.0.0.0/8": "site",
    "10.1.0.0/16": "house",
    "10.1.2.3": "desk",
    "2001:db8::/32": "six",
    "0.0.0.0/0": "world",
}


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        ("10.9.9.9", "site"),
        ("10.1.9.9", "house"),
        ("10.1.2.3", "desk"),
        ("::ffff:10.1.2.3", "desk"),
        ("192.0.2.1", "world"),
        ("2001:db8::1", "six"),
        ("2001:db8::1%eth0", "six"),
        ("::1", None),
    ],
)
def test_the_smallest_network_decides(host: str, expected: str | None) -> None:
    assert NetworkMap(NAMES).get(host) == expected


def test_members() -> None:
    networks = Networks(["127.0.0.1", "127.0.0.1/32", "10.0.0.0/8"])
    assert "10.2.3.4" in networks
    assert "::ffff:127.0.0.1" in networks
    assert "127.0.0.2" not in networks
    assert networks
    assert not Networks([])
    assert "127.0.0.1" not in Networks([])


@pytest.mark.parametrize("name", ["", "nonsense", "10.0.0.0/33", "10.1.2.3/8", "example.org"])
def test_what_is_no_network(name: str) -> None:
    with pytest.raises(ValueError, match="is not a network"):
        Networks([name])


def test_a_network_twice() -> None:
    with pytest.raises(ValueError, match="named twice"):
        NetworkMap({"127.0.0.1": 1, "127.0.0.1/32": 2})


def test_what_is_no_address() -> None:
    with pytest.raises(LocalProtocolError):
        Networks(["10.0.0.0/8"]).__contains__("nonsense")
