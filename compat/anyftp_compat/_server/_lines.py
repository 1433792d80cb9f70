"""Lines of listings as aioftp's server writes them, and of what they are asked for."""

from __future__ import annotations

import time
from stat import filemode
from typing import Protocol

from .._ground._codes import HALF_OF_YEAR_IN_SECONDS

#: The first and the last second of the years 1 and 9999, which MLSD and clients can say.
_FIRST, _LAST = -62135596800, 253402300799
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


class Status(Protocol):
    """What is to be known of a file, under the names of `os.stat_result`."""

    @property
    def st_size(self) -> int: ...
    @property
    def st_ctime(self) -> float: ...
    @property
    def st_mtime(self) -> float: ...
    @property
    def st_nlink(self) -> int: ...
    @property
    def st_mode(self) -> int: ...


def list_line(name: str, status: Status, when: str) -> str:
    """A line of LIST; `when` is as `list_time` says it."""
    mode = filemode(status.st_mode)
    return f"{mode} {status.st_nlink} none none {status.st_size} {when} {name}"


def list_time(modified: float, present: float) -> str:
    """A time as `ls` prints it: with the hour if it is less than half a year ago."""
    moment = time.localtime(_bounded(modified))
    month = _MONTHS[moment.tm_mon - 1]
    if present - HALF_OF_YEAR_IN_SECONDS < modified <= present:
        return f"{month} {moment.tm_mday:2} {moment.tm_hour:02}:{moment.tm_min:02}"
    return f"{month} {moment.tm_mday:2}  {moment.tm_year}"


def facts_line(name: str, kind: str = "unknown", status: Status | None = None) -> str:
    """A line of MLSD; as in aioftp `Create` tells when the inode was changed last.

    Of what is not there, as where a link leads, nothing is told but the name.
    """
    known = kind if kind in ("file", "dir") else "unknown"
    if status is None:
        return f"Type={known}; {name}"
    times = f"Create={_stamp(status.st_ctime)};Modify={_stamp(status.st_mtime)}"
    return f"Size={status.st_size};{times};Type={known}; {name}"


def _bounded(seconds: float) -> float:
    """The nearest time within the years 1 to 9999: others would spoil the listing of a folder."""
    return max(_FIRST, min(seconds, _LAST))


def _stamp(seconds: float) -> str:
    moment = time.gmtime(_bounded(seconds))
    return f"{moment.tm_year:04}" + "".join(f"{part:02}" for part in moment[1:6])


def without_options(argument: str) -> str:
    """Drop what clients pass on to `ls`: "-la", "-a path"."""
    words = argument.lstrip(" ")
    while words.startswith("-"):
        words = words.partition(" ")[2].lstrip(" ")
    return words if words != argument.lstrip(" ") else argument
