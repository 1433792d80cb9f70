"""Amounts of bytes, read and written."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from anyftp._cli._given._rates import format_amount, format_rate, parse_amount


@pytest.mark.parametrize(
    ("text", "nbytes"),
    [
        ("1", 1),
        ("512", 512),
        ("512B", 512),
        ("1K", 1024),
        ("1k", 1024),
        ("64KiB", 65536),
        ("64Ki", 65536),
        ("64KiB/s", 65536),
        ("64kB", 64000),
        ("1M", 1 << 20),
        ("1.5M", 3 << 19),
        ("1 MiB/s", 1 << 20),
        ("10MB", 10_000_000),
        ("2G", 2 << 30),
        ("1T", 1 << 40),
        ("0", 0),
        ("-1M", -(1 << 20)),
        ("+1", 1),
    ],
)
def test_parse(text: str, nbytes: int) -> None:
    assert parse_amount(text, least=-(1 << 62)) == nbytes


@pytest.mark.parametrize("text", ["", "M", "fast", "1X", "1iB", "1e6", "0x10", "1,5M", "٣", "1 0"])
def test_no_amount(text: str) -> None:
    with pytest.raises(ValueError, match="is not an amount of bytes"):
        parse_amount(text, least=0)


@pytest.mark.parametrize("text", ["9" * 400, "9999999999T", "8388608T"])
def test_more_than_there_can_be(text: str) -> None:
    with pytest.raises(ValueError, match=r"less than 2\*\*63 bytes") as caught:
        parse_amount(text, least=0)
    assert len(str(caught.value)) < 100


@pytest.mark.parametrize("text", ["0", "-1", "-5M", "0K", "0.5", "0.0001K"])
def test_not_positive(text: str) -> None:
    with pytest.raises(ValueError, match="must be at least 1 byte, not "):
        parse_amount(text, least=1)


@pytest.mark.parametrize(
    ("nbytes", "shown"),
    [
        (0, "0 B"),
        (999, "999 B"),
        (1000, "0.98 KiB"),
        (1024, "1.00 KiB"),
        (65536, "64.0 KiB"),
        (8 << 20, "8.00 MiB"),
        (64 << 20, "64.0 MiB"),
        (512 << 20, "512 MiB"),
        (1 << 30, "1.00 GiB"),
        (5 << 40, "5.00 TiB"),
    ],
)
def test_format(nbytes: int, shown: str) -> None:
    assert format_amount(nbytes) == shown
    assert format_rate(nbytes) == f"{shown}/s"


@given(st.integers(0, 1 << 60))
def test_what_is_written_can_be_read(nbytes: int) -> None:
    assert parse_amount(format_amount(nbytes), least=0) == pytest.approx(nbytes, rel=0.01, abs=1)
