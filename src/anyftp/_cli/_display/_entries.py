"""Entries of listings for programs: lines with tabs, and JSON. For people there is `_table`."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from typing import Any

import click

import anyftp
from anyftp._protocol import visible


def name_bytes(name: str, *, before: str = "", end: str = "\n") -> bytes:
    """A name as the bytes that it is made of, also where those are no text; and what is around it.

    They are UTF-8 whatever the locale says, as FTP has them (RFC 2640). On a terminal nothing in a
    name may move the cursor, or type: there it is shown as `visible` has it.
    """
    shown = visible(name) if sys.stdout.isatty() else name
    return f"{before}{shown}{end}".encode("utf-8", "surrogateescape")


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


def entry_line(entry: anyftp.Entry, *, is_long: bool) -> bytes:
    """The name; or type, bytes, time and name with tabs between them, and - where none is told."""
    if not is_long:
        return name_bytes(entry.name)
    size = "-" if entry.size is None else str(entry.size)
    modified = "-" if entry.modified is None else timestamp(entry.modified)
    return name_bytes(entry.name, before=f"{entry.type}\t{size}\t{modified}\t")


def timestamp(when: datetime) -> str:
    """A time in UTC, to the second."""
    return f"{when.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


def can_show(text: str) -> bool:
    """Whether standard output has signs for a text."""
    try:
        text.encode(sys.stdout.encoding or "ascii")
    except UnicodeEncodeError:
        return False
    return True
