"""The argument of HOST."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from anyftp._errors import RemoteProtocolError
from anyftp._protocol import parse_host


@pytest.mark.parametrize(
    ("argument", "host"),
    [
        ("ftp.example.org", "ftp.example.org"),
        ("FTP.Example.ORG", "ftp.example.org"),
        ("localhost", "localhost"),
        ("xn--bcher-kva.example", "xn--bcher-kva.example"),
        ("a_b.example", "a_b.example"),
        ("1.example", "1.example"),
        ("192.0.2.7", "192.0.2.7"),
        ("[2001:DB8::0:7]", "2001:db8::7"),
        ("a" * 63 + ".example", "a" * 63 + ".example"),
    ],
)
def test_hosts(argument: str, host: str) -> None:
    assert parse_host(argument) == host


@pytest.mark.parametrize(
    "argument",
    [
        "",
        " ",
        "a b",
        "a..b",
        ".a",
        "-a.example",
        "a-.example",
        "192.0.2.256",
        "192.0.2",
        "2001:db8::7",
        "[192.0.2.7]",
        "[::1",
        "[::1%lo]x",
        "ftp.example.org:21",
        "ftp://example.org",
        "bücher.example",
        "٣.٣.٣.٣",
        "a" * 64 + ".example",
        "a." * 127 + "a",
        "../../etc",
    ],
)
def test_what_is_none(argument: str) -> None:
    with pytest.raises(RemoteProtocolError):
        parse_host(argument)


@given(st.text())
def test_any_text(argument: str) -> None:
    with contextlib.suppress(RemoteProtocolError):
        assert parse_host(argument)
