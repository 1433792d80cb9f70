"""Lines of listings as aioftp's server writes them."""

from __future__ import annotations

import time
from stat import filemode

from .._ground._codes import HALF_OF_YEAR_IN_SECONDS

#: The first and the last second of the years 1 and 9999, which MLSD and clients can say.
_FIRST, _LAST = -62135596800, 253402300799
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def list_line(name: str, mode: int, links: int, nbytes: int, when: str) -> str:
    """A line of LIST; `when` is as `list_time` says it."""
    return f"{filemode(mode)} {links} none none {nbytes} {when} {name}"


def list_time(modified: float, present: float) -> str:
    """A time as `ls` prints it: with the hour if it is less than half a year ago."""
    moment = time.localtime(_bounded(modified))
    month = _MONTHS[moment.tm_mon - 1]
    if present - HALF_OF_YEAR_IN_SECONDS < modified <= present:
        return f"{month} {moment.tm_mday:2} {moment.tm_hour:02}:{moment.tm_min:02}"
    return f"{month} {moment.tm_mday:2}  {moment.tm_year}"


def facts_line(name: str, kind: str, nbytes: int, changed: float, modified: float) -> str:
    """A line of MLSD; as in aioftp `Create` tells when the inode was changed last."""
    known = kind if kind in ("file", "dir") else "unknown"
    times = f"Create={_stamp(changed)};Modify={_stamp(modified)}"
    return f"Size={nbytes};{times};Type={known}; {name}"


def _bounded(seconds: float) -> float:
    """The nearest time within the years 1 to 9999: others would spoil the listing of a folder."""
    return max(_FIRST, min(seconds, _LAST))


def _stamp(seconds: float) -> str:
    moment = time.gmtime(_bounded(seconds))
    return f"{moment.tm_year:04}" + "".join(f"{part:02}" for part in moment[1:6])
