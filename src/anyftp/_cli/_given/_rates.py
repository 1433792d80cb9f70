"""Amounts of bytes as people type and read them: 1M, 512K, 64KiB, 1.5MB/s.

A bare prefix and the IEC units are powers of 1024, as curl, wget and lftp have it; only a unit
written with a plain B (kB, MB) is decimal.
"""

from __future__ import annotations

import re

from anyftp._errors import LocalProtocolError

# number [prefix [i]] [B] [/s], any case: "64", "1M", "1.5 MiB/s", "500kB"
_AMOUNT = r"(?ai)\s*([-+]?[0-9]+(?:\.[0-9]+)?)\s*(?:([kmgt])(i?))?(b?)(?:/s)?\s*"
#: What the system can count.
_MOST = 2**63 - 1
_POWERS = {"": 0, "k": 1, "m": 2, "g": 3, "t": 4}


def parse_amount(text: str) -> int:
    """Read an amount of bytes.

    Raises:
        ValueError: the text is no amount.
    """
    match = re.fullmatch(_AMOUNT, text)
    if match is None:
        raise ValueError(f"no amount of bytes: {text!r} (write it as 512K, 1M or 1.5MiB)")
    number, prefix, binary, unit = (group or "" for group in match.groups())
    step = 1000 if unit and not binary else 1024
    nbytes = float(number) * step ** _POWERS[prefix.lower()]
    if nbytes > _MOST:
        raise ValueError(f"more bytes than there can be: {text[:40]!r}")
    return int(nbytes)


def parse_positive(text: str, what: str) -> int:
    """Read an amount of at least one byte; `what` names it in the error.

    Raises:
        ValueError: the text is no amount.
        LocalProtocolError: it is an amount, but 0 or below.
    """
    nbytes = parse_amount(text)
    if nbytes < 1:
        raise LocalProtocolError(f"{what} must be at least 1 byte: {text}")
    return nbytes


def format_amount(nbytes: float) -> str:
    """Write an amount of bytes with three figures: 512 B, 64.0 KiB, 1.25 MiB."""
    for unit in ("B", "KiB", "MiB", "GiB"):
        if abs(nbytes) < 1000:
            return _three_figures(nbytes, unit)
        nbytes /= 1024
    return _three_figures(nbytes, "TiB")


def format_rate(bytes_per_second: float) -> str:
    """Write a rate: 8.00 MiB/s."""
    return format_amount(bytes_per_second) + "/s"


def _three_figures(number: float, unit: str) -> str:
    if unit == "B":
        return f"{number:.0f} B"
    places = 2 if abs(number) < 9.995 else 1 if abs(number) < 99.95 else 0
    return f"{number:.{places}f} {unit}"
