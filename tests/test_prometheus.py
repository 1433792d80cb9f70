"""A server's statistics as Prometheus reads them."""

from __future__ import annotations

import dataclasses
import importlib
import sys

import pytest

from anyftp._fs import MemoryFileSystem
from anyftp._server import Server, ServerStatistics
from server.probe import logged_in, server_of

client = pytest.importorskip("prometheus_client", reason="prometheus-client is not installed")

ZERO = dict.fromkeys((field.name for field in dataclasses.fields(ServerStatistics)), 0)


class Told(Server):
    """A server that says it has these numbers."""

    def __init__(self, **numbers: int) -> None:
        super().__init__([])
        self.numbers = numbers

    def statistics(self) -> ServerStatistics:
        return ServerStatistics(**{**ZERO, **self.numbers})


def metrics(*collectors: object) -> dict[str, float]:
    """What a scrape gives: "name{labels}" and value."""
    registry = client.CollectorRegistry()
    for collector in collectors:
        registry.register(collector)
    lines = client.generate_latest(registry).decode().splitlines()
    samples = [line.rpartition(" ") for line in lines if not line.startswith("#")]
    return {name: float(value) for name, _, value in samples}


@pytest.mark.anyio
async def test_what_a_server_has_done() -> None:
    from anyftp.prometheus import ServerCollector

    server = server_of(MemoryFileSystem())
    collector = ServerCollector(server)
    async with logged_in(server) as probe:
        await probe.upload("STOR f", b"12345")
        assert (await probe.ask("DELE nothing"))[:3] == "550"
        found = metrics(collector)
    assert found["anyftp_sessions"] == found["anyftp_logins_total"] == 1
    assert found["anyftp_uploads_total"] == found["anyftp_commands_refused_total"] == 1
    assert found["anyftp_received_bytes_total"] == 5
    assert found["anyftp_sent_bytes_total"] == found["anyftp_downloads_total"] == 0
    assert metrics(collector)["anyftp_sessions"] == 0


def test_every_number_is_a_metric_of_its_own() -> None:
    from anyftp.prometheus import ServerCollector

    numbers = {name: number for number, name in enumerate(ZERO, 1)}
    found = metrics(ServerCollector(Told(**numbers)))
    assert sorted(found.values()) == sorted(numbers.values())


def test_several_servers_are_told_apart() -> None:
    from anyftp.prometheus import ServerCollector

    servers = {"a": Told(logins=3), "b": Told(logins=5)}
    found = metrics(ServerCollector(servers))
    assert found['anyftp_logins_total{server="a"}'] == 3
    assert found['anyftp_logins_total{server="b"}'] == 5
    assert len(found) == 2 * len(ZERO)


def test_counters_never_fall_and_gauges_do() -> None:
    from anyftp.prometheus import ServerCollector

    server = Told(nbytes_sent=10, sessions=2)
    collector = ServerCollector(server)
    metrics(collector)
    server.numbers = {"nbytes_sent": 8, "sessions": 1}
    found = metrics(collector)
    assert (found["anyftp_sent_bytes_total"], found["anyftp_sessions"]) == (10, 1)
    server.numbers = {"nbytes_sent": 12}
    assert metrics(collector)["anyftp_sent_bytes_total"] == 12


def test_registering_asks_no_server() -> None:
    from anyftp.prometheus import ServerCollector

    class Mute(Told):
        def statistics(self) -> ServerStatistics:
            raise AssertionError

    client.CollectorRegistry().register(ServerCollector(Mute()))


def test_without_the_extra_the_import_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in [name for name in sys.modules if name.split(".")[0] == "prometheus_client"]:
        monkeypatch.setitem(sys.modules, name, None)
    monkeypatch.delitem(sys.modules, "anyftp.prometheus", raising=False)
    with pytest.raises(ImportError, match=r'pip install "anyftp\[prometheus\]"'):
        importlib.import_module("anyftp.prometheus")
