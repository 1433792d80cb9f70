"""Tables on the terminal."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC
from typing import TYPE_CHECKING

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from anyftp._cli._given._rates import format_amount
from anyftp._protocol import visible

if TYPE_CHECKING:
    from anyftp import Entry

#: Terminals narrower than this leave the column to the name.
ROOM_FOR_TIME, ROOM_FOR_SIZE, ROOM_FOR_TYPE = 60, 36, 20
STYLES = {"dir": "bold blue", "link": "cyan"}


def fits(console: Console, table: Table) -> bool:
    """Tell whether the console is wide enough for a table, nothing cut or wrapped."""
    unbounded = console.options.update(max_width=1000)
    return console.measure(table, options=unbounded).maximum <= console.width


def print_listing(console: Console, entries: Sequence[Entry], *, exact: bool) -> None:
    """Print a folder: type, size, time and name; `exact` writes bytes and seconds out."""
    room = console.width
    table = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False, padding=(0, 2, 0, 0))
    if room >= ROOM_FOR_TYPE:
        table.add_column("type", style="dim", no_wrap=True)
    if room >= ROOM_FOR_SIZE:
        table.add_column("size", justify="right", style="green", no_wrap=True)
    if room >= ROOM_FOR_TIME:
        table.add_column("time (UTC)", style="dim", no_wrap=True)
    table.add_column("name", overflow="fold")
    shown = len(table.columns) - 1
    for entry in entries:
        figures = (entry.type, _size(entry, exact), _time(entry, exact))
        table.add_row(*figures[:shown], _name(entry))
    console.print(table)


def _size(entry: Entry, exact: bool) -> str:
    if entry.size is None or entry.type == "dir":
        return ""
    return str(entry.size) if exact else format_amount(entry.size)


def _time(entry: Entry, exact: bool) -> str:
    if entry.modified is None:
        return ""
    when = entry.modified.astimezone(UTC)
    return f"{when:%Y-%m-%d %H:%M:%S}" if exact else f"{when:%Y-%m-%d %H:%M}"


def _name(entry: Entry) -> Text:
    name = visible(entry.name) + ("/" if entry.type == "dir" else "")
    if entry.target:
        name = f"{name} -> {visible(entry.target)}"
    return Text(name, style=STYLES.get(entry.type, ""))
