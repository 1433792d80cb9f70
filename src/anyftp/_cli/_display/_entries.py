"""Entries of listings for programs: lines with tabs, and JSON. For people there is `_table`."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

import click

import anyftp


def print_name(name: str, *, end: str = "\n") -> None:
    """Print a name as the bytes that it is made of, also where those are no text.

    They are UTF-8 whatever the locale says, as FTP has them (RFC 2640).
    """
    click.echo((name + end).encode("utf-8", "surrogateescape"), nl=False)


def print_json(value: object) -> None:
    """Print a value as JSON, indented; what is no text in a name is escaped."""
    import json  # whoever does not ask for it starts sooner

    click.echo(json.dumps(value, indent=2))


def entry_object(entry: anyftp.Entry) -> dict[str, Any]:
    """What JSON has of an entry; null for what the server does not tell."""
    return {
        "name": entry.name,
        "path": str(entry.path),
        "type": entry.type,
        "size": entry.size,
        "modified": None if entry.modified is None else timestamp(entry.modified),
        "target": entry.target,
        "facts": dict(entry.facts),
    }


def entry_line(entry: anyftp.Entry) -> str:
    """Type, bytes, time and name with tabs between them, and - for what is not told."""
    size = "-" if entry.size is None else str(entry.size)
    modified = "-" if entry.modified is None else timestamp(entry.modified)
    return "\t".join((entry.type, size, modified, entry.name))


def timestamp(when: datetime) -> str:
    """A time in UTC, to the second."""
    return f"{when.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


def print_entries(entries: Iterable[anyftp.Entry], *, is_long: bool) -> None:
    """One line an entry."""
    for entry in entries:
        print_name(entry_line(entry) if is_long else entry.name)


def can_show(text: str) -> bool:
    """Whether standard output has signs for a text."""
    try:
        text.encode(sys.stdout.encoding or "ascii")
    except UnicodeEncodeError:
        return False
    return True
