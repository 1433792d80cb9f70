"""Single values inside the texts of replies."""

from __future__ import annotations

import re

from anyftp._errors import RemoteProtocolError

# `re` compiles a pattern when it is first asked for, and remembers it: few are wanted of all these.

#: Some servers part thousands: "1,234,567 bytes".
_COUNT = r"([0-9]{1,3}(?:[,.'][0-9]{3}){1,9}|[0-9]{1,30})"
#: A minus sign is one of a number, but for those within words.
_NUMBER = rf"((?<!\S)-)?(?<![\w.,']){_COUNT}(?!\w|[.,'][0-9])"
_ANNOUNCED = rf"(?i)[(\[](?:size:? *)?{_COUNT} bytes?\b"
#: pure-ftpd tells what is to come in a line of its own, from 4 KiB on in kbytes of 1024 bytes.
_TO_DOWNLOAD = r"(?m)^([0-9]{1,18})(?:\.([0-9]))? (k)?bytes to download$"
_LISTED = r"(?i)(?<!\S)(\d{1,15}) match(?:es)? total\b"
_MOVED = (
    rf"(?i)(?<![\w,.']){_COUNT} bytes? (?:were |was )?"
    r"(?:sent|transferred|transmitted|received|written|copied)\b"
    r"|\b(?:sent|transferred|transmitted|received|wrote|bytes transferred:)"
    rf" {_COUNT}(?: bytes?\b(?!/| per\b)|$)"
)
_UNIQUE_NAME = r"(?i)FILE: *(.+)|unique file name: *(.+?)\)?\.?$"


def parse_size(text: str) -> int:
    """Read the text of a reply 213 to SIZE (RFC 3659, 4): some servers put words before the number.

    Raises:
        RemoteProtocolError: there is no number, or a negative one: servers that count in 32 bits
            say "-1794967296" of a large file.
    """
    numbers = re.findall(_NUMBER, text[:200])
    if not numbers or numbers[-1][0]:
        raise RemoteProtocolError(f"no size in the reply: {text[:200]!r}")
    return _count(numbers[-1][1])


def listed_size(digits: str) -> int | None:
    """The size in a column of a listing; None where it is below zero, and so is none."""
    return None if digits.startswith("-") else int(digits)


def parse_announced_size(text: str) -> int | None:
    """The size in the text of a reply 150, `… (1234 bytes)`, where the server tells it."""
    sizes = re.findall(_ANNOUNCED, text[:2000])
    if sizes:
        return _count(sizes[-1])  # names in front may hold one, too
    match = re.search(_TO_DOWNLOAD, text[:2000])
    return int(match[1]) if match and not match[3] else None


def parse_least_size(text: str) -> int:
    """How many bytes will come at least, by the text of a reply 150 that tells it rounded."""
    match = re.search(_TO_DOWNLOAD, text[:2000])
    if match is None or not match[3]:
        return 0
    twentieths = int(match[1]) * 20 + int(match[2] or 0) * 2
    return max(0, (twentieths - 1) * 1024 // 20)


def parse_moved_size(text: str, name: str = "") -> int | None:
    """The size in the text of a reply 226, `1234 bytes transferred`, where the server tells it.

    Args:
        name: of the file, which the text may hold, and which may look like that itself.
    """
    match = re.search(_MOVED, (text.replace(name, "") if name else text)[:2000])
    return _count(match[1] or match[2]) if match else None


def parse_listed_lines(text: str) -> int | None:
    """How many lines a listing had, by the text of its 226, where the server (pure-ftpd) tells."""
    match = re.search(_LISTED, text[:2000])
    return int(match[1]) if match else None


def _count(digits: str) -> int:
    return int(re.sub("[,.']", "", digits))


def parse_unique_name(text: str) -> str | None:
    """The name that STOU made: `FILE: name` (RFC 1123, 4.1.2.9) or `unique file name: name`."""
    for line in text.split("\n"):
        match = re.search(_UNIQUE_NAME, line)
        if match:
            return (match[1] or match[2]).strip()
    return None
