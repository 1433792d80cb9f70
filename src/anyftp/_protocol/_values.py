"""Single values inside the texts of replies."""

from __future__ import annotations

import re

from anyftp._errors import RemoteProtocolError

_NUMBER = re.compile(r"(?<!\S)-(?=[0-9])|[0-9]+")
_ANNOUNCED = re.compile(r"\(([0-9]{1,30}) bytes?\b", re.IGNORECASE)
_MOVED = re.compile(
    r"\b([0-9]{1,30}) bytes? (?:were |was )?(?:sent|transferred|transmitted|received|written)\b"
    r"|\b(?:sent|transferred|transmitted|received|wrote) ([0-9]{1,30}) bytes?\b(?!/| per\b)",
    re.IGNORECASE,
)
_UNIQUE_NAME = re.compile(r"FILE: *(.+)|unique file name: *(.+?)\)?\.?$", re.IGNORECASE)


def parse_size(text: str) -> int:
    """Read the text of a reply 213 to SIZE (RFC 3659, 4): some servers put words before the number.

    Raises:
        RemoteProtocolError: there is no number, or a negative one: servers that count in 32 bits
            say "-1794967296" of a large file.
    """
    numbers = _NUMBER.findall(text[:200])
    if not numbers or numbers[-2:-1] == ["-"]:
        raise RemoteProtocolError(f"no size in the reply: {text[:200]!r}")
    return int(numbers[-1])


def listed_size(digits: str) -> int | None:
    """The size in a column of a listing; None where it is below zero, and so is none."""
    return None if digits.startswith("-") else int(digits)


def parse_announced_size(text: str) -> int | None:
    """The size in the text of a reply 150, `… (1234 bytes)`, where the server tells it."""
    sizes = _ANNOUNCED.findall(text[:2000])
    return int(sizes[-1]) if sizes else None  # names in front may hold one, too


def parse_moved_size(text: str) -> int | None:
    """The size in the text of a reply 226, `1234 bytes transferred`, where the server tells it."""
    match = _MOVED.search(text[:2000])
    return int(match[1] or match[2]) if match else None


def parse_unique_name(text: str) -> str | None:
    """The name that STOU made: `FILE: name` (RFC 1123, 4.1.2.9) or `unique file name: name`."""
    for line in text.split("\n"):
        match = _UNIQUE_NAME.search(line)
        if match:
            return (match[1] or match[2]).strip()
    return None
