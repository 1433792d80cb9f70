"""LIST in the manner of `ls -l`, as servers write it. Times are in UTC."""

from __future__ import annotations

import stat
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import TypeAlias

from anyftp._protocol._text import breaks_lines
from anyftp._protocol._times import date_of_day, whole_seconds

_DAY = 86400
_HALF_A_YEAR = 182 * _DAY
# Never the locale's: clients know these.
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")

#: Name, type ("file", "dir", "link" or another), bytes, seconds since 1970, permission bits, links,
#: owner, group, something that is not said here, and where a link leads.
ListedEntry: TypeAlias = tuple[str, str, int, float, int, int, str, str, str, str | None]

_KINDS = {"file": stat.S_IFREG, "dir": stat.S_IFDIR, "link": stat.S_IFLNK}


def format_unix_lines(entries: Sequence[ListedEntry], now: float) -> list[str]:
    """Write many lines, without their endings; for folders with 100,000 files.

    Args:
        entries: those that a line cannot hold are left out; see `format_unix_line`.
        now: the present time in seconds since 1970.
    """
    latest, earliest = now + _DAY, now - _HALF_A_YEAR
    columns, minutes, days = _Columns(), _Texts(_minute_text), _Texts(_day_text)
    # `rjust` takes half the time that a width in the format does.
    lines = [
        f"{columns[type_, mode, links, owner, group]} {str(nbytes).rjust(12)}"
        f" {minutes[modified // 60] if earliest < modified < latest else days[modified // 60]}"
        f" {name if target is None else f'{name} -> {target}'}"
        for name, type_, nbytes, modified, mode, links, owner, group, _, target in entries
    ]
    if breaks_lines("".join(lines)):
        return [line for line in lines if not breaks_lines(line)]
    return lines


class _Columns(dict[tuple[str, int, int, str, str], str]):
    """What a line begins with; a dictionary, for most files of a folder have the same."""

    def __missing__(self, key: tuple[str, int, int, str, str]) -> str:
        type_, mode, links, owner, group = key
        kind = _KINDS.get(type_, stat.S_IFCHR)
        text = self[key] = _columns(kind | mode, links, owner, group)
        return text


class _Texts(dict[float, str]):
    """What a minute is called: the files of a folder have few among them, as a rule."""

    def __init__(self, text_of: Callable[[float], str]) -> None:
        super().__init__()
        self._text_of = text_of

    def __missing__(self, minute: float) -> str:
        text = self[minute] = self._text_of(minute)
        return text


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
    return f"{_columns(mode, links, owner, group)} {size:12} {_when(modified, now)} {name}"


@lru_cache(maxsize=4096)  # most files of a folder have the same
def _columns(mode: int, links: int, owner: str, group: str) -> str:
    return f"{stat.filemode(mode)} {links:3} {owner:8} {group:8}"


def _when(modified: float, now: float) -> str:
    is_recent = -_DAY < now - modified < _HALF_A_YEAR
    return (_minute_text if is_recent else _day_text)(modified // 60)


@lru_cache(maxsize=8192)
def _minute_text(minute: float) -> str:
    """As in "Nov 23 10:04", of a minute counted from 1970."""
    day, seconds = divmod(whole_seconds(minute * 60), _DAY)
    return f"{_date_text(day)} {seconds // 3600:02}:{seconds // 60 % 60:02}"


@lru_cache(maxsize=8192)
def _day_text(minute: float) -> str:
    """As in "Nov 23  2026", of a minute counted from 1970."""
    day = whole_seconds(minute * 60) // _DAY
    return f"{_date_text(day)}  {date_of_day(day).year:04}"


def _date_text(day: int) -> str:
    date = date_of_day(day)
    return f"{_MONTHS[date.month - 1]} {date.day:>2}"
