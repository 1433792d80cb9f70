from __future__ import annotations

import contextlib
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from anyftp._errors import LocalProtocolError, RemoteProtocolError
from anyftp._protocol import format_epoch, format_time, parse_time, parse_told_time


@pytest.mark.parametrize(
    ("text", "time"),
    [
        ("20260102030405", datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)),
        ("20260102030405.5", datetime(2026, 1, 2, 3, 4, 5, 500_000, tzinfo=UTC)),
        ("20260102030405.123456789", datetime(2026, 1, 2, 3, 4, 5, 123_456, tzinfo=UTC)),
        (" 20260102030405 ", datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)),
        ("202601020304", datetime(2026, 1, 2, 3, 4, tzinfo=UTC)),
        ("20161231235960", datetime(2017, 1, 1, tzinfo=UTC)),
        ("19120601020304", datetime(1912, 6, 1, 2, 3, 4, tzinfo=UTC)),
        ("191260102030405", datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)),
        ("191000102030405", datetime(2000, 1, 2, 3, 4, 5, tzinfo=UTC)),
        ("19700101000000", datetime(1970, 1, 1, tzinfo=UTC)),
    ],
)
def test_parse(text: str, time: datetime) -> None:
    assert parse_time(text) == time


@pytest.mark.parametrize(
    "text",
    [
        "",
        "2026",
        "20261302030405",
        "20260230030405",
        "20260102250405",
        "20260102030461",
        "20260102030405.",
        "x20260102030405",
        "20260102030405Z",
        "٢" * 14,
        "00000102030405",
        "99991231235960",
        "-0260102030405",
    ],
)
def test_no_time(text: str) -> None:
    with pytest.raises(RemoteProtocolError):
        parse_time(text)


TOLD = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "time"),
    [
        ("20260102030405", TOLD),
        ("20260102030405 GMT", TOLD),
        ("20260102030405.25 a.txt", TOLD.replace(microsecond=250_000)),
        ("20260102030405; 20200101000000", TOLD),
        ("a.txt 20260102030405", TOLD),
        ('Modification time of "b 12": 20260102030405, UTC', TOLD),
        ("(20260102030405)", TOLD),
        ("191260102030405 UTC", TOLD),
    ],
)
def test_a_time_among_words(text: str, time: datetime) -> None:
    assert parse_told_time(text) == time


@pytest.mark.parametrize("text", ["", "never", "20261302030405 UTC", "2026-01-02", "x" * 1000])
def test_no_time_among_words(text: str) -> None:
    with pytest.raises(RemoteProtocolError):
        parse_told_time(text)


def test_format() -> None:
    noon = datetime(2026, 1, 2, 12, 0, tzinfo=timezone(timedelta(hours=2)))
    assert format_time(noon) == "20260102100000"
    assert format_time(noon + timedelta(milliseconds=120)) == "20260102100000.12"
    assert format_time(datetime(1, 1, 1, tzinfo=UTC)) == "00010101000000"


@pytest.mark.parametrize(
    "time", [datetime(2026, 1, 2), datetime(1, 1, 1, tzinfo=timezone(timedelta(hours=2)))]
)
def test_format_refuses(time: datetime) -> None:
    with pytest.raises(LocalProtocolError):
        format_time(time)


def test_format_epoch() -> None:
    assert format_epoch(0) == "19700101000000"
    assert format_epoch(1_700_000_000.9) == "20231114221320"
    assert format_epoch(-0.5) == "19691231235959"


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (-62135596800, "00010101000000"),
        (-62135596801, "00010101000000"),
        (-1e300, "00010101000000"),
        (float("-inf"), "00010101000000"),
        (253402300799.5, "99991231235959"),
        (253402300800, "99991231235959"),
        (1e12, "99991231235959"),
        (float("inf"), "99991231235959"),
        (float("nan"), "19700101000000"),
    ],
)
def test_epochs_that_no_time_can_say_become_the_nearest(seconds: float, text: str) -> None:
    assert format_epoch(seconds) == text


@given(st.floats() | st.integers())
def test_any_epoch_is_written_as_a_time(seconds: float) -> None:
    parse_time(format_epoch(seconds))


@given(st.datetimes(timezones=st.just(UTC)))
def test_parse_reverses_format(time: datetime) -> None:
    assert parse_time(format_time(time)) == time


@given(st.integers(-60_000_000_000, 250_000_000_000))
def test_epoch_agrees_with_datetime(seconds: int) -> None:
    assert format_epoch(seconds) == format_time(
        datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds)
    )


@given(st.text() | st.text("0123456789."))
def test_any_text(text: str) -> None:
    with contextlib.suppress(RemoteProtocolError):
        assert parse_time(text).tzinfo is UTC


@pytest.mark.parametrize("text", ["20261129240000", "20261329164500", "00000101000000"])
def test_no_time_on_any_version_of_python(text: str) -> None:
    with pytest.raises(RemoteProtocolError):
        parse_time(text)
