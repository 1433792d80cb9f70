from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest

from anyftp._protocol._listing_times import PARTED, calendar_time, full_year, parse_date

NOW = datetime(2026, 11, 23, 8, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("day", "clock", "when"),
    [
        ("Nov 23", "08:29", datetime(2026, 11, 23, 8, 29, tzinfo=UTC)),
        ("Dec 24", "08:29", datetime(2025, 12, 24, 8, 29, tzinfo=UTC)),
        ("Jan  2", "2024", datetime(2024, 1, 2, tzinfo=UTC)),
        ("23. Nov", "08:29:30", datetime(2026, 11, 23, 8, 29, 30, tzinfo=UTC)),
        (
            "2026-11-23",
            "08:29:00 +0100",
            datetime(2026, 11, 23, 8, 29, tzinfo=timezone(timedelta(hours=1))),
        ),
        ("11-22", "08:29", datetime(2026, 11, 22, 8, 29, tzinfo=UTC)),
        ("Feb 29", "08:29", datetime(2024, 2, 29, 8, 29, tzinfo=UTC)),
        ("Foo 12", "08:29", None),
        ("Nov 31", "08:29", None),
        ("Nov 23" * 20, "08:29", None),
    ],
)
def test_parse_date(day: str, clock: str, when: datetime | None) -> None:
    assert parse_date(f"{day}{PARTED}{clock}", NOW) == when


def test_the_zone_is_that_of_now_though_the_moment_is_the_same() -> None:
    east = timezone(timedelta(hours=5))
    assert parse_date("Nov 23 08:29", NOW) == datetime(2026, 11, 23, 8, 29, tzinfo=UTC)
    here = parse_date("Nov 23 08:29", NOW.astimezone(east))
    assert here == datetime(2026, 11, 23, 8, 29, tzinfo=east)


def test_usual_dates_need_no_mark() -> None:
    assert parse_date("Jan  2  2024", NOW) == datetime(2024, 1, 2, tzinfo=UTC)
    assert parse_date("Jan 12  2024", NOW) == datetime(2024, 1, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("digits", "year"),
    [("70", 1970), ("99", 1999), ("00", 2000), ("69", 2069), ("126", 2026), ("1999", 1999)],
)
def test_years_of_two_and_three_digits(digits: str, year: int) -> None:
    assert full_year(digits) == year


def test_what_no_calendar_has_is_no_time() -> None:
    assert calendar_time(UTC, 2024, 2, 29, 23, 59) == datetime(2024, 2, 29, 23, 59, tzinfo=UTC)
    for numbers in ((2023, 2, 29), (2024, 0, 1), (2024, 1, 1, 24), (0, 1, 1), (10_000, 1, 1)):
        assert calendar_time(UTC, *numbers) is None
