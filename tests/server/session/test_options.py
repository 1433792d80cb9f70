"""Settings that are refused when the server is made."""

from __future__ import annotations

import ssl
from typing import Any

import pytest

from anyftp._server._session._options import Options


def test_defaults_hold_under_attack() -> None:
    options = Options()
    assert options.max_line == 8192
    assert options.max_connections_per_address == 10
    assert options.max_login_failures == 3
    assert (options.login_timeout, options.idle_timeout, options.stall_timeout) == (60, 300, 300)
    assert not options.foreign_data_hosts


def test_where_commands_are_answered_in_transfers_they_are_looked_for_soon() -> None:
    options = Options(answered_in_transfers={"PWD", "LIST", "HASH", "OWN"})
    assert options.seconds_unheard == Options().seconds_unheard / 5
    answered = ("PWD", "NOOP", "STAT", "OWN")
    asked = (*answered, "LIST", "CWD", "OTHER", "ABOR")
    assert tuple(filter(options.answers_in_transfers, asked)) == answered
    assert [verb for verb in asked if Options().answers_in_transfers(verb)] == ["NOOP", "STAT"]


def test_what_changes_a_transfer_or_is_sent_right_behind_it_waits_for_its_end() -> None:
    in_order = ["USER", "PROT", "MODE", "PASV", "EPSV", "PORT", "EPRT", "SIZE", "QUIT"]
    options = Options(answered_in_transfers={*in_order, "PWD"})
    assert not any(map(options.answers_in_transfers, in_order))
    assert options.answers_in_transfers("PWD")


@pytest.mark.parametrize("name", ["require_tls", "implicit_tls"])
def test_tls_needs_a_context(name: str, server_tls: ssl.SSLContext) -> None:
    setting: dict[str, Any] = {name: True}
    with pytest.raises(ValueError, match="ssl_context"):
        Options(**setting)
    assert Options(ssl_context=server_tls, **setting)


@pytest.mark.parametrize(
    "name", ["max_connections", "max_connections_per_address", "max_login_failures"]
)
def test_limits_begin_at_one(name: str) -> None:
    setting: dict[str, Any] = {name: 0}
    with pytest.raises(ValueError, match=name):
        Options(**setting)
