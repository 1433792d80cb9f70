"""The page that says what our client can do on which server, from what the tests hold to be so.

`cd tests && python -m interop.table` writes docs/reference/servers.md anew.
"""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path

from interop.differences import ROWS, Difference, Uncertainty
from interop.operations import OPERATIONS, Operation
from interop.peers import LACKS, SERVERS, Lack

PAGE = Path(__file__).resolve().parents[2] / "docs" / "reference" / "servers.md"

_INTRODUCTION = """\
# Servers

What the client does on servers as Debian and PyPI have them. The tests run each of these operations
on each server, on asyncio, uvloop and trio, in clear text and over TLS 1.2 and 1.3, explicit and
implicit, over IPv4 and IPv6, in passive and active mode, so that each two of these meet on each
server; and they compare what is on the server's disk. A number leads to a note. "No": there the
server lacks something, and the tests see that the client says so. "Not always": there something
goes wrong on the server now and then, and the tests see that the operation ends in time, or soon
after it was cancelled, with the right result or an error, and that the client is in step afterwards
or says that it is disconnected.

This page is written by `cd tests && python -m interop.table`; a test sees that it is up to date.
"""


def page() -> str:
    """The whole page."""
    return "\n".join([_INTRODUCTION, *_tables(), *_notes()])


def _tables() -> Iterator[str]:
    for module, names in groupby(OPERATIONS, key=lambda name: OPERATIONS[name].__module__):
        yield f"## {_heading(module)}\n"
        yield _row("", SERVERS)
        yield _row("---", [":---:"] * len(SERVERS))
        for name in names:
            yield _row(name, [_mark(server, name) for server in SERVERS])
        yield ""


def _heading(module: str) -> str:
    return module.rpartition("._")[2].capitalize()


def _row(first: str, cells: list[str] | tuple[str, ...]) -> str:
    return f"| {' | '.join([first, *cells])} |"


def _mark(server: str, operation: str) -> str:
    for number, row in enumerate(ROWS, 1):
        if (row.server, row.operation) == (server, operation):
            return f"{'no' if isinstance(row, Difference) else 'not always'}, {number}"
    return "yes"


def _notes() -> Iterator[str]:
    yield "## Notes\n"
    for number, row in enumerate(ROWS, 1):
        yield f"{number}. {_note(row)}"
    yield ""
    for lack in LACKS:
        yield f"Not tested: {_lack(lack)}.\n"


def _note(row: Difference | Uncertainty) -> str:
    parts = [f"{row.server}, {row.operation}: {row.why}."]
    if isinstance(row, Uncertainty):
        return parts[0]
    if row.error.isdigit():
        parts.append(f"It answers {row.error}, which the client raises as a `ReplyError`.")
    return " ".join([*parts, f"Instead: {_docstring(row.instead)}"])


def _lack(lack: Lack) -> str:
    way = "active mode" if lack.peer.is_active else f"{lack.way} TLS"
    answer = f"; it answers {lack.refusal}" if lack.refusal else ""
    return f"{lack.peer.server} in {way}: {lack.why}{answer}"


def _docstring(operation: Operation) -> str:
    return inspect.getdoc(operation) or ""


if __name__ == "__main__":
    PAGE.write_text(page(), "utf-8")
