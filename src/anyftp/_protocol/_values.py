"""What the texts of replies tell: ports, sizes, names.

Servers put it in words of their own; what RFC 959, 2428 and 3659 have is looked for first.
"""

from __future__ import annotations

import re

from anyftp._errors import RemoteProtocolError
from anyftp._protocol._addresses import SIX_NUMBERS, read_six

# `re` compiles a pattern when it is first asked for, and remembers it: few are wanted of all these.

#: What comes nearest to the RFC is looked for first. Some fill in the two fields that are to be
#: empty, or leave out the brackets: then what stands between numbers, versions, times and addresses
#: is no delimiter, least of all the comma of an answer to PASV. BulletProof sends (||port|); others
#: leave out a bracket or the last delimiter, or put in a blank.
_EPSV = (
    r"\(([!-/:-~])\1\1([0-9]{1,5})\1\)",
    r"""([!"#$%&'*+/;<=>?@\\^`{|}~])[12]?\1[0-9A-Fa-f.:]{0,45}\1([0-9]{1,5})\1""",
    r"([^\w\s.,:-]){2,4} ?([0-9]{1,5})(?![0-9])",
)

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


def parse_pasv(text: str) -> tuple[str, int]:
    """Find host and port in the text of a reply 227, with or without brackets.

    Raises:
        RemoteProtocolError: there are none, or a number is out of range.
    """
    match = re.search(SIX_NUMBERS, text)
    if match is None:
        raise RemoteProtocolError(f"no address in the reply to PASV: {text[:200]!r}")
    return read_six(match, text)


def parse_epsv(text: str) -> int:
    """Find the port in the text of a reply 229.

    Other delimiters than the bar are taken, and other slips of servers. The six numbers of a reply
    227 are not: who answers EPSV with them has not understood it, and is to be asked for PASV.

    Raises:
        RemoteProtocolError: there is none, or it is out of range.
    """
    port = 0
    for form in _EPSV:
        if match := re.search(form, text):
            port = int(match[2])
            break
    if not 0 < port < 65536:
        raise RemoteProtocolError(f"no port in the reply to EPSV: {text[:200]!r}")
    return port


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
