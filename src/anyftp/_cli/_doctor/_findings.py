"""What was found out, as a table and as JSON."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from anyftp._protocol import visible

State = Literal["ok", "note", "bad", "skipped"]
_SIGNS: dict[State, tuple[str, str]] = {
    "ok": ("ok", "green"),
    "note": ("note", "yellow"),
    "bad": ("BAD", "bold red"),
    "skipped": ("-", "dim"),
}


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of the table.

    Attributes:
        about: what was looked at.
        state: "note" is something to know, "bad" something that does not work, "skipped" something
            that could not be looked at.
        told: what was found.
        advice: what to do about it, "" where nothing has to be done.
    """

    about: str
    state: State
    told: str
    advice: str = ""


def findings_object(findings: Sequence[Finding]) -> list[dict[str, Any]]:
    """Findings as JSON has them."""
    return [asdict(finding) for finding in findings]


def print_findings(console: Console, findings: Sequence[Finding]) -> None:
    """Print the table; advice stands below what it is about."""
    table = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False, padding=(0, 1, 0, 0))
    table.add_column("", no_wrap=True)
    table.add_column("what", no_wrap=True)
    table.add_column("found", overflow="fold")
    for finding in findings:
        sign, style = _SIGNS[finding.state]
        told = Text(visible(finding.told))
        if finding.advice:
            told.append(f"\n{visible(finding.advice)}", style="italic")
        table.add_row(Text(sign, style), Text(finding.about), told)
    console.print(table)
