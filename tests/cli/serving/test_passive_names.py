"""Names in place of addresses that clients are told."""

from __future__ import annotations

import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from anyftp._cli._ending._failure import Failure
from anyftp._cli._serving._passive_names import PassiveNames, check
from anyftp._cli._serving._service import Service
from cli.serving.operating import settings


def answering(addresses: dict[str, str]) -> Callable[..., list[Any]]:
    def getaddrinfo(name: str, *args: object, **more: object) -> list[Any]:
        if name not in addresses:
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (addresses[name], 0))]

    return getaddrinfo


def test_names_are_looked_up_again(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    known = {"ftp.example.org": "203.0.113.9"}
    monkeypatch.setattr(socket, "getaddrinfo", answering(known))
    names = PassiveNames({"0.0.0.0/0": "ftp.example.org", "10.0.0.0/8": "10.0.0.5"})
    names.look_up()
    assert callable(names.source)
    assert names.source("192.0.2.1") == "203.0.113.9"
    assert names.source("10.1.1.1") == "10.0.0.5"
    known["ftp.example.org"] = "203.0.113.10"
    names.look_up()
    assert names.of("192.0.2.1") == "203.0.113.10"
    known.clear()
    names.look_up()
    assert names.of("192.0.2.1") == "203.0.113.10"
    assert "its address stays 203.0.113.10" in caplog.text


def test_a_name_that_was_never_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(socket, "getaddrinfo", answering({}))
    with pytest.raises(Failure, match=r"--passive-host: .*not known"):
        Service(settings(str(tmp_path), "--passive-host", "ftp.example.org"))


def test_addresses_need_no_names() -> None:
    hosts = {"0.0.0.0/0": "203.0.113.9"}
    assert PassiveNames(hosts).source == hosts


@pytest.mark.parametrize("host", ["a/b", "1.2.3.4.5", "10.0.0.256", "2001:db8::1", "a b", ""])
def test_what_is_no_name(host: str) -> None:
    with pytest.raises(ValueError, match="must be an IPv4 address"):
        check({"0.0.0.0/0": host})
