"""Which address PASV names."""

from __future__ import annotations

import pytest

from anyftp._server._ports._passive_host import PassiveHosts
from server.probe import Probe, logged_in, server_of, serving

pytestmark = pytest.mark.anyio


def test_one_for_all() -> None:
    hosts = PassiveHosts("203.0.113.9")
    assert hosts.of("192.0.2.7") == hosts.of("2001:db8::1") == "203.0.113.9"
    assert PassiveHosts(None).of("192.0.2.7") is None


def test_by_network() -> None:
    hosts = PassiveHosts({"10.0.0.0/8": "10.0.0.5", "0.0.0.0/0": "203.0.113.9"})
    assert hosts.of("10.1.2.3") == hosts.of("::ffff:10.1.2.3") == "10.0.0.5"
    assert hosts.of("192.0.2.7") == "203.0.113.9"
    assert hosts.of("2001:db8::1") is None


def test_by_a_function() -> None:
    hosts = PassiveHosts(lambda client: "203.0.113.9" if client == "192.0.2.7" else None)
    assert hosts.of("192.0.2.7") == "203.0.113.9"
    assert hosts.of("192.0.2.8") is None
    with pytest.raises(ValueError, match=r"not 'ftp\.example\.org'"):
        PassiveHosts(lambda client: "ftp.example.org").of("192.0.2.7")


@pytest.mark.parametrize(
    "source", ["::1", "ftp.example.org", {"10.0.0.0/8": "x"}, {"x": "10.0.0.1"}]
)
def test_what_makes_no_sense(source: str | dict[str, str]) -> None:
    with pytest.raises(ValueError, match=r"is not a network|not '"):
        server_of(passive_host=source)


async def test_clients_are_told_theirs() -> None:
    hosts = {"127.0.0.3": "10.0.0.5", "127.0.0.4/31": "10.0.0.6"}
    async with serving(server_of(passive_host=hosts)) as address:
        for client, named in {"127.0.0.1": "127,0,0,1", "127.0.0.3": "10,0,0,5"}.items():
            async with await Probe.connect(address, local_host=client) as probe:
                await probe.log_in()
                assert f"({named}," in await probe.ask("PASV")


async def test_a_function_that_fails_costs_one_command() -> None:
    def fail(client: str) -> str:
        raise RuntimeError

    async with logged_in(server_of(passive_host=fail)) as probe:
        assert await probe.codes("PASV", "EPSV") == ["451", "229"]
