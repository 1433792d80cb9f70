"""All checks in their order; some are vain once others have failed."""

from __future__ import annotations

from anyftp._cli._doctor import _abilities, _rates, _reachability
from anyftp._cli._doctor._findings import Finding
from anyftp._cli._doctor._patient import Check, Patient, examine

FIRST: tuple[tuple[str, Check], ...] = (
    ("name", _reachability.addresses),
    ("greeting", _reachability.greeting),
    ("TLS", _reachability.tls),
    ("login", _reachability.login),
)
#: What stands and falls with what.
NEEDED = ("greeting", "login")
THEN: tuple[tuple[str, Check], ...] = (
    ("data", _abilities.data_connections),
    ("listing", _abilities.listings),
    ("resume", _abilities.resuming),
    ("round trip", _rates.round_trip),
    ("connections", _rates.parallel),
    ("rate down", _rates.down),
    ("rate up", _rates.up),
)


async def examine_all(patient: Patient) -> list[Finding]:
    """Make all checks that make sense. Cancellation: connections are closed."""
    findings: list[Finding] = []
    for about, check in (*FIRST, *THEN):
        found = await examine(patient, about, check)
        findings += found
        if about in NEEDED and any(one.state == "bad" for one in found):
            break
    return findings
