"""Amounts of bytes as people type and read them: 1M, 512K, 64KiB, 1.5MB/s.

A bare prefix and the IEC units are powers of 1024, as curl, wget and lftp have it; only a unit
written with a plain B (kB, MB) is decimal.
"""

from __future__ import annotations

import re

# number [prefix [i]] [B] [/s], any case: "64", "1M", "1.5 MiB/s", "500kB"
_AMOUNT = r"(?ai)\s*([-+]?[0-9]+(?:\.[0-9]+)?)\s*(?:([kmgt])(i?))?(b?)(?:/s)?\s*"
#: What the system can count.
_MOST = 2**63 - 1
_POWERS = {"": 0, "k": 1, "m": 2, "g": 3, "t": 4}


def parse_amount(text: str, *, least: int) -> int:
    """Read an amount of at least this many bytes.

    Raises:
        ValueError: it is less, or the text is not an amount.
    """
    match = re.fullmatch(_AMOUNT, text)
    if match is None:
        raise ValueError(f"{text!r} is not an amount of bytes such as 512K, 1M or 1.5MiB")
    number, prefix, binary, unit = (group or "" for group in match.groups())
    step = 1000 if unit and not binary else 1024
    nbytes = float(number) * step ** _POWERS[prefix.lower()]
    if nbytes > _MOST:
        raise ValueError(f"must be less than 2**63 bytes, not {text[:40]}")
    if nbytes < least:
        raise ValueError(f"must be at least {least} byte{'s' * (least != 1)}, not {text}")
    return int(nbytes)


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
