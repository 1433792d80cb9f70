"""aioftp's way to describe a file: a path and a dictionary, made from the core's entries."""

import re
from datetime import UTC, datetime
from pathlib import PurePosixPath
from typing import NotRequired, TypeAlias, TypedDict

import anyftp

from .._ground._patchable import patched

UnixListInfo = TypedDict(
    "UnixListInfo",
    {
        "modify": str,
        "type": str,
        "unix.mode": int,
        "unix.links": str,
        "unix.owner": str,
        "unix.group": str,
        "size": str,
        "link_dst": NotRequired[str],
    },
)


class BasicListInfo(TypedDict):
    """What every listing tells; MLSD puts more facts beside it."""

    modify: str
    type: str
    create: NotRequired[str]
    size: str


ListInfo: TypeAlias = BasicListInfo | UnixListInfo
PathWithInfo: TypeAlias = tuple[PurePosixPath, ListInfo]

_UNIX_TYPES = {"file": "file", "dir": "dir", "cdir": "dir", "pdir": "dir", "link": "file"}
_STAMP = "%Y%m%d%H%M%S"
_UNIX_LETTERS = tuple("-dlbcpsD")
_LS_DATE = re.compile(r"(?<= )[A-Z][a-z]{2} +\d{1,2} +(?:\d{1,2}:\d\d|\d{4})(?= )")
_DOS = re.compile(
    r"(?P<date>\d{1,2}/\d{1,2}/\d{4})\s+(?P<hour>\d{1,2}):(?P<minute>\d\d ?[AP]M)"
    r"\s+(?P<size><[A-Z]+>|[0-9,]+)\s+(?P<name>.+)"
)


def describe_unix(entry: anyftp.Entry) -> UnixListInfo:
    """The dictionary for a line of `ls -l`. Links are files in aioftp, with `link_dst`."""
    facts = entry.facts
    words = entry.line.split(None, 2)
    links = words[1] if len(words) > 1 and words[1].isdecimal() else "1"
    info = UnixListInfo(
        {
            "type": _UNIX_TYPES.get(entry.type, "unknown"),
            "unix.mode": int(facts.get("unix.mode", "0"), 8),
            "unix.links": facts.get("unix.links", links),
            "unix.owner": facts.get("unix.ownername", ""),
            "unix.group": facts.get("unix.groupname", ""),
            "size": str(entry.size or 0),
            "modify": format_date_time(entry.modified),
        }
    )
    if entry.target is not None:
        info["link_dst"] = entry.target
    return info


def describe_dos(entry: anyftp.Entry) -> BasicListInfo:
    """The dictionary for a line of DOS."""
    is_dir = entry.type in ("dir", "cdir", "pdir")
    info = {"modify": "", "type": "dir" if is_dir else entry.type}
    if entry.size is not None:
        info["size"] = str(entry.size)
    return info  # type: ignore[return-value]  # as aioftp: a folder has no size


def format_date_time(moment: datetime | None) -> str:
    """A moment as the fact "modify" has it, without a zone."""
    return "" if moment is None else moment.strftime(_STAMP)


def ls_date_in(line: str) -> str:
    """The columns of a line of `ls -l` that are its date."""
    found = _LS_DATE.search(line)
    return "" if found is None else found[0]


def parse_ls_date(text: str, now: datetime | None) -> datetime:
    """The date of a line of `ls -l`.

    Raises:
        ValueError: it is no date.
    """
    line = f"-rw-r--r-- 1 o g 0 {text} x"
    entry = anyftp.parse_unix_line(line, _present() if now is None else now)
    if entry.modified is None or entry.name != "x":
        raise ValueError(f"no date as ls has it: {text!r}")
    return entry.modified


def parse_unix_mode(text: str) -> int:
    """The number for letters such as "rwxr-x--t".

    Raises:
        ValueError: they are no such letters.
    """
    entry = anyftp.parse_unix_line(f"-{text[:9]} 1 o g 0 Jan  1  2000 x", _present())
    return int(entry.facts["unix.mode"], 8)


def parse_unix(line: str) -> tuple[str, UnixListInfo]:
    """A line of `ls -l`: name and dictionary, with the present time for what it leaves out.

    A letter that stands for no type is one of an unknown type.
    """
    is_known = line[:1] in _UNIX_LETTERS
    words = line.split(None, 2)
    if len(words) > 1 and not words[1].isdecimal():
        raise ValueError(f"{words[1]!r} is no number of links")
    entry = anyftp.parse_unix_line(line if is_known else f"-{line[1:]}", _present())
    if entry.type == "file" and entry.size is None:
        raise ValueError(f"a file without a size: {line!r}")
    info = describe_unix(entry)
    if not is_known:
        info["type"] = "unknown"
    return entry.name, info


def padded_dos_line(line: str) -> str:
    """A line of DOS with two digits where a day, month or hour has one, and no commas in sizes."""
    found = _DOS.fullmatch(line.strip())
    if found is None:
        return line
    date, hour, minute, size, name = found.group("date", "hour", "minute", "size", "name")
    month, day, year = date.split("/")
    place = size if size.startswith("<") else size.replace(",", "")
    return f"{month:0>2}/{day:0>2}/{year}  {hour:0>2}:{minute}  {place:>14} {name}"


def _present() -> datetime:
    now: datetime = patched.client.datetime.now(UTC)
    return now
