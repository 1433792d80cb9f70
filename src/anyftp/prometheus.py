"""A server's statistics for Prometheus (extra `prometheus`).

Register a `ServerCollector` where prometheus-client looks for metrics; it serves them.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from typing import Protocol

from anyftp._extras import importing as _importing
from anyftp._server import ServerStatistics

with _importing("prometheus", "anyftp.prometheus"):
    from prometheus_client.metrics_core import CounterMetricFamily, GaugeMetricFamily, Metric
    from prometheus_client.registry import Collector

_GAUGES = {
    "sessions": "Sessions connected now.",
    "transfers": "Transfers under way now, listings included.",
}
_COUNTERS = {
    "connections": "Connections accepted.",
    "connections_refused": "Connections turned away.",
    "logins": "Logins that succeeded.",
    "logins_refused": "Logins that did not succeed.",
    "commands": "Commands received.",
    "commands_refused": "Commands answered with 400 or above, logins included.",
    "uploads": "Uploads that are complete.",
    "uploads_failed": "Uploads announced and not completed.",
    "downloads": "Downloads that are complete, listings included.",
    "downloads_failed": "Downloads announced and not completed.",
    "nbytes_received": "Bytes received over data connections.",
    "nbytes_sent": "Bytes sent over data connections.",
}
#: Prometheus wants the unit at the end of a name.
_NAMES = {"nbytes_received": "received_bytes", "nbytes_sent": "sent_bytes"}


class Counting(Protocol):
    """A `Server`, or whatever else has such statistics."""

    def statistics(self) -> ServerStatistics:
        """What has been done so far."""


class ServerCollector(Collector):
    """Gives what `Server.statistics` tells, at each scrape.

    The metrics are called after the fields of `ServerStatistics`: `anyftp_sessions` and
    `anyftp_transfers`, and counters from `anyftp_connections_total` to `anyftp_sent_bytes_total`.

    A scrape may come from any thread, as those of `prometheus_client.start_http_server` do.

    Args:
        servers: the server; or several by name, each told apart by the label `server`.
    """

    def __init__(self, servers: Counting | Mapping[str, Counting]) -> None:
        self._labels = ["server"] if isinstance(servers, Mapping) else []
        self._servers = dict(servers) if isinstance(servers, Mapping) else {"": servers}
        self._highest: dict[tuple[str, str], int] = {}
        self._lock = threading.Lock()

    def describe(self) -> Iterator[Metric]:
        """The metrics without values: all that registering asks for."""
        return iter(self._families().values())

    def collect(self) -> Iterator[Metric]:
        """The metrics of this moment."""
        families = self._families()
        for name, server in self._servers.items():
            labels = [name] if self._labels else []
            statistics = server.statistics()
            for field, family in families.items():
                value = getattr(statistics, field)
                if field in _COUNTERS:
                    value = self._risen(name, field, value)
                family.add_metric(labels, value)
        return iter(families.values())

    def _families(self) -> dict[str, GaugeMetricFamily | CounterMetricFamily]:
        gauges = {
            field: GaugeMetricFamily(f"anyftp_{field}", text, labels=self._labels)
            for field, text in _GAUGES.items()
        }
        counters = {
            field: CounterMetricFamily(
                f"anyftp_{_NAMES.get(field, field)}", text, labels=self._labels
            )
            for field, text in _COUNTERS.items()
        }
        return {**gauges, **counters}

    def _risen(self, name: str, field: str, value: int) -> int:
        """The value, but never less than at an earlier scrape.

        A transfer that ends while another thread reads can be counted twice, once as under way
        and once as ended. When the count then comes right by falling, Prometheus would take it
        for a restart and add all of it again.
        """
        with self._lock:
            highest = max(value, self._highest.get((name, field), 0))
            self._highest[name, field] = highest
        return highest
