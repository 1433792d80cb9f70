"""LIST in the manner of `ls -l`, as servers write it. Times are in UTC."""

from __future__ import annotations

import stat
from functools import lru_cache

from anyftp._protocol._text import breaks_lines
from anyftp._protocol._times import date_of_day, whole_seconds

_DAY = 86400
_HALF_A_YEAR = 182 * _DAY
# Never the locale's: clients know these.
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")

_CLOCKS = tuple(f"{minute // 60:02}:{minute % 60:02}" for minute in range(24 * 60))

# The quickest way to say it: folders with 100,000 files are listed with this.
_LINE = "%s %3d %-8s %-8s %12d %s %s %s"

_filemode = lru_cache(maxsize=1024)(stat.filemode)


def format_unix_line(
    name: str,
    *,
    mode: int,
    size: int,
    modified: float,
    now: float,
    links: int = 1,
    owner: str = "owner",
    group: str = "group",
    target: str | None = None,
) -> str:
    """Write one line, without its ending.

    Args:
        name: of the entry.
        mode: as of `os.stat`, with the bits for the kind of file.
        size: bytes.
        modified: seconds since 1970; outside the years 1 to 9999, the nearest within is said.
        now: the present time in seconds since 1970; files of the last half year show the time of
            day, others the year.
        links: number of hard links.
        owner: name or number.
        group: name or number.
        target: where a link leads.

    Returns:
        An empty string for a name or target that a line cannot hold: it stays hidden.
    """
    if breaks_lines(name):
        return ""
    if target is not None:
        if breaks_lines(target):
            return ""
        name = f"{name} -> {target}"
    day, second = divmod(whole_seconds(modified), _DAY)
    month, year = _day_text(day)
    is_recent = -_DAY < now - modified < _HALF_A_YEAR
    clock = _CLOCKS[second // 60] if is_recent else year
    columns = (_filemode(mode), links, owner, group, size, month, clock, name)
    return _LINE % columns


@lru_cache(maxsize=4096)
def _day_text(day: int) -> tuple[str, str]:
    """The texts "Nov 23" and " 2026"."""
    date = date_of_day(day)
    return f"{_MONTHS[date.month - 1]} {date.day:>2}", f" {date.year:04}"
