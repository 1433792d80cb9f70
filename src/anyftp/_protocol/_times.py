"""Times of RFC 3659 (section 2.3): YYYYMMDDHHMMSS[.fraction], always UTC."""

from __future__ import annotations

import re
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from functools import lru_cache

from anyftp._errors import LocalProtocolError, RemoteProtocolError

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_DAY = 86400
#: The first and the last second that a time of RFC 3659 can say: of the years 1 and 9999.
_FIRST, _LAST = -62135596800, 253402300799
_TWO_DIGITS = tuple(f"{number:02}" for number in range(60))

#: Of times without a fraction, which are read in a fourth of the time by Python's own parser.
_USUAL_LENGTH = len("YYYYMMDDHHMMSS")

# "19" and the years since 1900 (three digits since 2000): servers that print tm_year behind "19".
_TIME = re.compile(
    r"(19[1-9][0-9]{2}(?=[0-9]{10}(?![0-9]))|[0-9]{4})"
    r"([0-9]{2})([0-9]{2})([0-9]{2})([0-9]{2})([0-9]{2})?(?:\.([0-9]+))?"
)


def parse_time(text: str) -> datetime:
    """Read a time; microseconds are the finest, digits beyond are cut.

    Raises:
        RemoteProtocolError: it is no time.
    """
    # Hour 24 is none here, but one of the next day for some versions of Python.
    is_usual = len(text) == _USUAL_LENGTH and text.isdecimal() and text.isascii()
    if is_usual and text[8:10] < "24":
        with suppress(ValueError):  # a leap second, or no time
            return datetime.fromisoformat(f"{text[:8]}T{text[8:]}+00:00")
    match = _TIME.fullmatch(text.strip(" "))
    if match is None:
        raise RemoteProtocolError(f"not a time: {text[:40]!r}")
    year, month, day, hour, minute, second, fraction = match.groups()
    full_year = int(year) if len(year) == 4 else 1900 + int(year[2:])
    leap, seconds = divmod(int(second or 0), 60)
    micros = int((fraction or "0")[:6].ljust(6, "0"))
    try:
        time = datetime(
            full_year, int(month), int(day), int(hour), int(minute), seconds, micros, UTC
        )
        # A leap second is written :60 and is the first of the next minute.
        if leap:
            time += timedelta(minutes=_only_leap_second(seconds))
    except (ValueError, OverflowError) as error:
        raise RemoteProtocolError(f"not a time: {text[:40]!r}") from error
    return time


def parse_told_time(text: str) -> datetime:
    """Read the text of a reply 213 to MDTM (RFC 3659, 3); some servers put words around the time.

    Raises:
        RemoteProtocolError: there is no time.
    """
    for word in text[:200].split():
        with suppress(RemoteProtocolError):
            return parse_time(word.strip("\"'()<>,;"))
    raise RemoteProtocolError(f"not a time: {text[:200]!r}")


def _only_leap_second(seconds: int) -> int:
    if seconds:
        raise ValueError("beyond second 60")
    return 1


def format_time(time: datetime) -> str:
    """Write a time, with a fraction only if it has one.

    Raises:
        LocalProtocolError: the time has no zone, or is before the year 1 or after 9999 in UTC.
    """
    if time.tzinfo is None:
        raise LocalProtocolError(f"time must have a time zone: {time}")
    try:
        utc = time.astimezone(UTC)
    except OverflowError as error:
        raise LocalProtocolError(f"time must be in the years 1 to 9999 in UTC: {time}") from error
    whole = f"{utc.year:04}{utc.month:02}{utc.day:02}{utc.hour:02}{utc.minute:02}{utc.second:02}"
    return f"{whole}.{utc.microsecond:06}".rstrip("0") if utc.microsecond else whole


def format_epoch(seconds: float) -> str:
    """Write a time given in seconds since 1970, to the second. Quick, for whole listings.

    A time that cannot be written is the nearest that can: one file must not spoil a listing.
    """
    day, second = divmod(whole_seconds(seconds), _DAY)
    minute, second = divmod(second, 60)
    digits = _TWO_DIGITS
    return f"{_day_text(day)}{digits[minute // 60]}{digits[minute % 60]}{digits[second]}"


def whole_seconds(seconds: float) -> int:
    """The whole seconds of a time since 1970, and the nearest within the years 1 to 9999.

    Disks hold times from before the first and after the last, and storages may give infinities;
    what is no number at all becomes 1970.
    """
    if _FIRST <= seconds <= _LAST:
        return int(seconds // 1)
    if seconds > _LAST:
        return _LAST
    return _FIRST if seconds < _FIRST else 0


@lru_cache(maxsize=1024)
def _day_text(day: int) -> str:
    date = date_of_day(day)
    return f"{date.year:04}{date.month:02}{date.day:02}"


def date_of_day(day: int) -> datetime:
    """The date of a day counted from 1970, as `whole_seconds` gives it."""
    return _EPOCH + timedelta(days=day)
