from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest

from anyftp._protocol._listing_times import PARTED, parse_date

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
