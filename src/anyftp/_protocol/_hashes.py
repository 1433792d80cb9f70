"""Hashes of files: HASH (draft-bryan-ftpext-hash-02) and the older XCRC, XMD5, XSHA… family.

    HASH's reply     213 SHA-256 0-49 169cd222… name      first and last byte, both included
    without a range  213 SHA-256 169cd222… name           drafts before 2010
    files.com        213 MD5 0-55 fcb217f0…               no name
    the X family     250 169cd222…                        one algorithm a verb
    MD5 (2002)       251 "name" 169cd222…

Servers may send lines before the one that counts, to keep the connection alive (`250-Computing…`).
Some leave out the zeros in front of a CRC; here they are put back.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import NamedTuple

from anyftp._errors import LocalProtocolError, RemoteProtocolError
from anyftp._protocol._reply import Reply
from anyftp._protocol._text import breaks_lines

#: Digits of a digest by the name of its algorithm (IANA: Hash Function Textual Names).
HASH_DIGITS: Mapping[str, int] = MappingProxyType(
    {"SHA-512": 128, "SHA-256": 64, "SHA-1": 40, "MD5": 32, "CRC32": 8}
)

#: The algorithm that each verb of the X family stands for.
CHECKSUM_VERBS: Mapping[str, str] = MappingProxyType(
    {
        **{"XSHA512": "SHA-512", "XSHA256": "SHA-256", "XSHA1": "SHA-1", "XSHA": "SHA-1"},
        **{"XMD5": "MD5", "MD5": "MD5", "XCRC": "CRC32"},
    }
)

_NAMES = {name.replace("-", ""): name for name in HASH_DIGITS}
_NAME = r"[A-Za-z0-9._/,-]{1,40}"
_HASH = (
    r"(?s)([A-Za-z0-9._/,-]{1,40}) +(?:([0-9]{1,19})-([0-9]{1,19}) +)?"
    r"([0-9A-Fa-f]{1,256})(?: (.*))?"
)
_HEX = r"(?<![^\s:=\"'])(?:0[xX])?([0-9A-Fa-f]{1,128})(?![^\s\"'.,;])"
_QUOTED = r'"((?:[^"]|"")+)"((?:[ ,]+[0-9]{1,19}){0,2}) *'


class FileHash(NamedTuple):
    """The hash of a file or of a part of it.

    Attributes:
        algorithm: canonical name, such as "SHA-256".
        digest: in lower-case hexadecimal digits, all of them.
        start: first byte; None where it is not told.
        end: last byte; some servers name the one behind it.
        path: as the server names the file, empty where it does not.
    """

    algorithm: str
    digest: str
    start: int | None = None
    end: int | None = None
    path: str = ""


class HashFeature(NamedTuple):
    """FEAT's line for HASH.

    Attributes:
        algorithms: canonical names in the server's order.
        current: the one in force until OPTS HASH says otherwise; empty where none is marked.
    """

    algorithms: tuple[str, ...]
    current: str = ""

    @classmethod
    def parse(cls, parameters: str) -> HashFeature:
        """Read what follows HASH in FEAT: `SHA-256;SHA-1*;MD5`."""
        found: dict[str, None] = {}
        current = ""
        for item in parameters.split(";"):
            name = item.strip()
            if re.fullmatch(_NAME, name.rstrip("*")):
                algorithm = hash_name(name.rstrip("*"))
                found[algorithm] = None
                current = algorithm if name.endswith("*") else current
        return cls(tuple(found), current)

    def __str__(self) -> str:
        """The line, without the blank in front: `HASH SHA-256*;MD5;`."""
        marks = (f"{name}{'*' * (name == self.current)};" for name in self.algorithms)
        return f"HASH {''.join(marks)}"


def hash_name(name: str) -> str:
    """The canonical name of an algorithm: "sha256" is "SHA-256". Unknown ones in upper case."""
    upper = name.upper()
    return _NAMES.get(upper.replace("-", "").replace("_", ""), upper)


def parse_hash_option(argument: str, algorithms: Sequence[str]) -> str:
    """Read what follows HASH in `OPTS HASH SHA-256`.

    Returns:
        The canonical name; empty if none is given, to be answered with the present one.

    Raises:
        RemoteProtocolError: it is none of these algorithms; to be answered with 501.
    """
    name = argument.strip(" ")
    algorithm = hash_name(name)
    if name and algorithm not in algorithms:
        raise RemoteProtocolError(f"no such algorithm: {argument[:40]!r}")
    return algorithm


def format_hash(value: FileHash) -> str:
    """Write the text of a reply 213 to HASH.

    Raises:
        LocalProtocolError: a part is missing, or the path holds CR, LF or NUL.
    """
    if value.start is None or value.end is None or not value.path or breaks_lines(value.path):
        raise LocalProtocolError(
            f"a reply to HASH must name a range and a path of one line, not {value}"
        )
    return f"{value.algorithm} {value.start}-{value.end} {value.digest} {value.path}"


def parse_hash(reply: Reply) -> FileHash:
    """Read the reply to HASH.

    Raises:
        RemoteProtocolError: there is no hash, or not one of its algorithm's length.
    """
    for line in reversed(reply.lines):
        match = re.fullmatch(_HASH, line.lstrip(" "))
        algorithm = hash_name(match[1]) if match else ""
        digest = match and _full_digest(algorithm, match[4])
        if match and digest:
            start, end = (int(text) if text else None for text in match.group(2, 3))
            return FileHash(algorithm, digest, start, end, match[5] or "")
    raise RemoteProtocolError(f"no hash in the reply to HASH: {reply.text[:200]!r}")


def parse_checksum(verb: str, reply: Reply) -> FileHash:
    """Read the reply to a verb of the X family.

    Args:
        verb: of `CHECKSUM_VERBS`.
        reply: with any positive code, of servers' choice.

    Raises:
        RemoteProtocolError: there is no hash of the algorithm's length.
    """
    algorithm = CHECKSUM_VERBS[verb]
    for line in reversed(reply.lines):
        found = re.findall(_HEX, line)
        whole = [text for text in found if len(text) == HASH_DIGITS[algorithm]]
        if not whole and algorithm == "CRC32":  # zeros left out; words such as "bad" come earlier
            whole = [text for text in found[-1:] if len(text) < 8]
        if whole:  # 251 has the name in front, the others have it behind
            digest = whole[-1 if reply.code == "251" else 0].lower()
            return FileHash(algorithm, digest.zfill(HASH_DIGITS[algorithm]))
    raise RemoteProtocolError(f"no hash in the reply to {verb}: {reply.text[:200]!r}")


def parse_checksum_argument(argument: str) -> tuple[str, int | None, int | None]:
    """Read the argument of a verb of the X family: `name`, `"name" end` or `"name" start end`.

    Without quotes all of it is the name: it may hold blanks and end with a number.

    Returns:
        Path, first byte, and the byte behind the last; None for what is not given.
    """
    match = re.fullmatch(_QUOTED, argument)
    if match is None:
        return argument, None, None
    path = match[1].replace('""', '"')
    numbers = [int(number) for number in match[2].replace(",", " ").split()]
    if not numbers:
        return path, None, None
    return path, (numbers[0] if len(numbers) == 2 else 0), numbers[-1]


def _full_digest(algorithm: str, digits: str) -> str:
    """The digest with its zeros; empty if it cannot be one of this algorithm."""
    length = HASH_DIGITS.get(algorithm)
    if algorithm == "CRC32" and len(digits) < 8:
        digits = digits.zfill(8)
    return digits.lower() if length in (None, len(digits)) else ""
