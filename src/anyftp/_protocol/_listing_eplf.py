"""LIST in the Easily Parsed LIST Format of D. J. Bernstein (publicfile, anonftpd).

    +i8388621.48594,m825718503,r,s280,<TAB>name

Facts end with a comma and stand in any order; unknown ones are passed over. The name is all behind
the tab, blanks included. Times are seconds since 1970: this format alone knows its zone.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from pathlib import PurePosixPath

from anyftp._errors import ListingError
from anyftp._protocol._entry import Entry, EntryType, KnownEntry
from anyftp._protocol._text import breaks_lines

_NUMBER = re.compile(r"[0-9]{1,30}", re.ASCII)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def parse_eplf_line(line: str, directory: PurePosixPath | None = None) -> Entry:
    """Read one line of EPLF.

    Args:
        line: without its ending.
        directory: the folder that is listed, for `Entry.path`.

    Raises:
        ListingError: it is no such line, or its name holds CR, LF or NUL.
    """
    head, _, name = line.partition("\t")
    if not name or not head.startswith("+") or breaks_lines(line):
        raise ListingError(line)
    facts = {fact[:1]: fact[1:] for fact in head[1:].split(",") if fact and fact[0] != "u"}
    mode = next((fact[2:] for fact in head[1:].split(",") if fact.startswith("up")), "")
    known = {"unique": facts.get("i", ""), "unix.mode": mode}
    return KnownEntry(
        name,
        _type(facts),
        size=_number(facts.get("s", "")),
        modified=_parse_when(facts.get("m", "")),
        facts={fact: value for fact, value in known.items() if value},
        line=line,
        directory=directory,
    )


def _type(facts: dict[str, str]) -> EntryType:
    if "/" in facts:
        return "dir"
    return "file" if "r" in facts or "s" in facts else "other"


def _number(digits: str) -> int | None:
    return int(digits) if _NUMBER.fullmatch(digits) else None


def _parse_when(digits: str) -> datetime | None:
    seconds = _number(digits)
    try:
        return None if seconds is None else _EPOCH + timedelta(seconds=seconds)
    except OverflowError:
        return None
