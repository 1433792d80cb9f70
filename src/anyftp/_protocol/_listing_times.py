"""Dates and clocks as listings have them, in the manner of `ls -l`.

Nov 23 08:29, Jan  2  2024, 23. Nov 2026, 2026-11-23 08:29:00 +0100, 11-23 08:29. Most say no zone,
and no year of recent files: both are taken from the present time.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, tzinfo
from functools import lru_cache

from anyftp._protocol._months import month_number


def calendar_time(
    zone: tzinfo,
    year: int,
    month: int,
    day: int,
    hour: int = 0,
    minute: int = 0,
    second: int = 0,
) -> datetime | None:
    """The time that numbers of a listing stand for; None if no calendar has it."""
    try:
        return datetime(year, month, day, hour, minute, second, tzinfo=zone)
    except ValueError:
        return None


def full_year(digits: str) -> int:
    """The year that two, three or four digits stand for."""
    year = int(digits)
    if len(digits) == 4:
        return year
    # Three digits are years since 1900, as some servers print 2026: "126".
    return 1900 + year if year >= 70 else 2000 + year


#: Between the day and the clock of a date that is not written as is usual.
PARTED = "\0"


def parse_date(date: str, now: datetime) -> datetime | None:
    """The time that a day and a clock, or a day and a year, stand for; None if for none.

    Args:
        date: as in "Nov 23 08:29" or "Jan  2  2024"; or a day and a clock with `PARTED` in between.
        now: the present time; its zone is taken for the server's.
    """
    if len(date) > _MOST_REMEMBERED:
        return _parse_date(date, now)
    return _remembered(date, now, now.tzinfo)


#: Longer ones are none that a server has by the thousand.
_MOST_REMEMBERED = 40


@lru_cache(maxsize=256)
def _remembered(date: str, now: datetime, zone: tzinfo | None) -> datetime | None:
    """Files that were made together have the same time: it is worked out once.

    Args:
        zone: of `now`. Two moments are equal in whatever zones they are told; what they mean here
            is not.
    """
    return _parse_date(date, now)


def _parse_date(date: str, now: datetime) -> datetime | None:
    day, is_parted, clock = date.partition(PARTED)
    return _parse_when(day, clock, now) if is_parted else _parse_when(date[:6], date[7:], now)


def _parse_when(day: str, clock: str, now: datetime) -> datetime | None:
    try:
        if day[4:5] == "-":
            return _parse_iso(day, clock, now)
        if day[2:3] == "-":
            return _complete(int(day[:2]), int(day[3:]), clock, now)
        first, second = day.strip(",日일").split()
        if first.rstrip(".").isdecimal():
            first, second = second, first
        month = month_number(first)
        if month is None:
            return None
        return _complete(month, int(second.strip(".")), clock.strip("年"), now)
    except (ValueError, OverflowError):
        return None


def _parse_iso(day: str, clock: str, now: datetime) -> datetime:
    time, _, zone = clock.partition(" ")
    hour, _, rest = (time or "0:00").partition(":")
    iso = f"{day}T{int(hour):02}:{rest}"
    parsed = datetime.fromisoformat(f"{iso}{zone.strip()}")
    return parsed if parsed.tzinfo else parsed.replace(tzinfo=now.tzinfo or UTC)


def _complete(month: int, day: int, clock: str, now: datetime) -> datetime:
    """Add what is missing: the time of an old file, or the year of a recent one.

    The year is the latest that is not in the future. A day of grace is for clocks and zones that
    differ; going back to a leap year is for the 29th of February.
    """
    zone = now.tzinfo or UTC
    if ":" not in clock:
        return datetime(int(clock), month, day, tzinfo=zone)
    hour, minute, second = (int(float(part)) for part in f"{clock}:0".split(":")[:3])
    limit = now.replace(tzinfo=zone) + timedelta(days=1)
    for year in range(limit.year, limit.year - 9, -1):
        is_leap = year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
        if (month, day) == (2, 29) and not is_leap:
            continue
        time = datetime(year, month, day, hour, minute, second, tzinfo=zone)
        if time <= limit:
            return time
    raise ValueError(f"no year for {month}-{day}")
