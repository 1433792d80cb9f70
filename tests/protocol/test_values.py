from __future__ import annotations

import contextlib
from decimal import ROUND_DOWN, ROUND_HALF_EVEN, ROUND_HALF_UP, Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from anyftp._errors import RemoteProtocolError
from anyftp._protocol import (
    format_pasv,
    format_port,
    parse_announced_size,
    parse_epsv,
    parse_least_size,
    parse_listed_lines,
    parse_moved_size,
    parse_pasv,
    parse_size,
    parse_unique_name,
)


@pytest.mark.parametrize(
    "text",
    [
        "Entering Passive Mode (192,0,2,7,4,5)",
        "Entering Passive Mode (192,0,2,7,4,5).",
        "Entering Passive Mode 192,0,2,7,4,5",
        "Entering Passive Mode =192,0,2,7,4,5",
        "Entering Passive Mode (192, 0, 2, 7, 4, 5)",
        "Entering Passive Mode\n(192,0,2,7,4,5)",
        "Mode 7 ( 192 ,0,2 ,7,4,5 )",
        "192,000,02,7,4,5",
    ],
)
def test_pasv(text: str) -> None:
    assert parse_pasv(text) == ("192.0.2.7", 1029)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Passive",
        "(1,2,3,4,5)",
        "(256,0,0,1,4,5)",
        "(127,0,0,1,4,256)",
        "(127,0,0,1,0,0)",
        "(127,0,0,1,4,1234)",
        "(١,2,3,4,5,6)",
        "(1.2.3.4,5,6)",
        "(a,b,c,d,e,f)",
    ],
)
def test_no_pasv(text: str) -> None:
    with pytest.raises(RemoteProtocolError):
        parse_pasv(text)


@pytest.mark.parametrize(
    "text",
    [
        "Entering Extended Passive Mode (|||6446|)",
        "Entering Extended Passive Mode (|||6446|).",
        "Entering Extended Passive Mode (!!!6446!)",
        "Entering Extended Passive Mode (||6446|)",
        "Entering Extended Passive Mode |||6446|",
        "Entering Extended Passive Mode (|||6446)",
        "(||| 6446|)",
        "Passive Mode OK (|1|192.0.2.7|6446|)",
        "Passive Mode OK (|2|::1|6446|)",
        "Entering Extended Passive Mode (,,,6446,)",
        "FTP 3.2.1.5. at your service (|||6446|)",
        "Since 1,2,3,4,5,6 extended (|||6446|)",
    ],
)
def test_epsv(text: str) -> None:
    assert parse_epsv(text) == 6446


@pytest.mark.parametrize(
    "text",
    [
        *("", "(||||)", "(|||0|)", "(|||70000|)", "(|||123456|)", "(|||-1|)", "(|||\u0661|)"),
        *("6446", "FTP 3.2.1.5.", "at 10:1:2:3:4", "Entering Passive Mode (10,1,2,3,25,46)"),
    ],
)
def test_no_epsv(text: str) -> None:
    with pytest.raises(RemoteProtocolError):
        parse_epsv(text)


@given(st.ip_addresses(v=4).map(str), st.integers(1, 65535))
def test_what_answers_pasv_does_not_answer_epsv(host: str, port: int) -> None:
    """A server that answers so is asked for PASV next; numbers of the address are no port."""
    for text in (format_pasv(host, port), format_port(host, port), f"={format_port(host, port)}"):
        with pytest.raises(RemoteProtocolError):
            parse_epsv(text)


@pytest.mark.parametrize(
    ("text", "size"),
    [
        ("12", 12),
        (" 12 ", 12),
        ("size is 12", 12),
        ("file 7: 12 bytes", 12),
        ("0", 0),
        ("a-1 12", 12),
        ("a-7", 7),
        ("5,000", 5000),
        ("size: 1,234,567 bytes.", 1234567),
        ("file1.txt v1.2.3 7", 7),
    ],
)
def test_size(text: str, size: int) -> None:
    assert parse_size(text) == size


@pytest.mark.parametrize(
    "text",
    [
        *("", "none", "-1", "size is -1794967296", "\u0661", "x" * 300 + "1"),
        *("5.0", "0x10", "1e3", "1,2", "5,000.5", "1.2K"),
    ],
)
def test_no_size(text: str) -> None:
    with pytest.raises(RemoteProtocolError):
        parse_size(text)


@pytest.mark.parametrize(
    ("text", "size"),
    [
        ("Opening BINARY mode data connection for x (1234 bytes).", 1234),
        ("Opening data connection (1 byte)", 1),
        ("Opening (7 bytes) (1234 bytes)", 1234),
        ("Opening BINARY mode data connection for x (1234 Bytes) using TLS.", 1234),
        ("File status okay (12345 Byte(s)).", 12345),
        ("Opening data connection (1,234,567 bytes)", 1234567),
        ("Opening data connection (1.234.567 bytes)", 1234567),
        ("Opening data connection [size: 99 bytes]", 99),
        ("Accepted data connection\n512 bytes to download", 512),
        ("Accepted data connection\n2245.6 kbytes to download", None),
        ("Opening for /99 bytes to download", None),
        ("Connection accepted, restarting at offset 5", None),
        ("Opening", None),
        ("(12)", None),
        ("(\u0661 bytes)", None),
    ],
)
def test_announced_size(text: str, size: int | None) -> None:
    assert parse_announced_size(text) == size


@given(st.integers(4097, 1 << 60))
def test_a_rounded_size_is_never_more_than_what_comes(nbytes: int) -> None:
    kbytes = Decimal(nbytes) / 1024
    for rounding in (ROUND_HALF_EVEN, ROUND_HALF_UP, ROUND_DOWN):
        told = kbytes.quantize(Decimal("0.1"), rounding)
        least = parse_least_size(f"Accepted data connection\n{told} kbytes to download")
        assert nbytes - 155 <= least <= nbytes


@pytest.mark.parametrize(
    ("text", "size"),
    [
        ("Transfer complete. 1234 bytes transferred.", 1234),
        ("1234 bytes sent", 1234),
        ("Transfer OK, 1,234,567 bytes were sent", 1234567),
        ("Transfer complete: received 1234 bytes", 1234),
        ("Bytes transferred: 1234", 1234),
        ("Sent 1234 bytes per second", None),
        ("Transfer complete (12 bytes/s)", None),
        ('Successfully transferred "/99 bytes sent.log"', None),
        ("Transfer complete", None),
    ],
)
def test_moved_size(text: str, size: int | None) -> None:
    assert parse_moved_size(text, "99 bytes sent.log") == size


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("FILE: abc.1", "abc.1"),
        ("Opening\nFILE: a b", "a b"),
        ("Transfer complete (unique file name:abc.1).", "abc.1"),
        ("Transfer starting, unique file name: abc.1", "abc.1"),
        ("ok", None),
    ],
)
def test_unique_name(text: str, name: str | None) -> None:
    assert parse_unique_name(text) == name


@given(st.text() | st.text("|!(),0123456789: "))
def test_any_text(text: str) -> None:
    parse_announced_size(text)
    parse_moved_size(text)
    assert parse_least_size(text) >= 0
    parse_unique_name(text)
    with contextlib.suppress(RemoteProtocolError):
        assert parse_size(text) >= 0
    with contextlib.suppress(RemoteProtocolError):
        assert 0 < parse_epsv(text) < 65536
    with contextlib.suppress(RemoteProtocolError):
        assert 0 < parse_pasv(text)[1] < 65536


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("57 matches total", 57),
        ("Options: -l \n57 matches total", 57),
        ("Options: -a -l\n1 match total", 1),
        ("0 matches total", 0),
        ("Transfer complete", None),
        ("57 matches", None),
        ("-57 matches total", None),
        ("", None),
    ],
)
def test_lines_of_a_listing(text: str, lines: int | None) -> None:
    assert parse_listed_lines(text) == lines
