"""What a run's transfers came to together: a line for people, an object for programs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields, replace
from typing import Any

import click

import anyftp
from anyftp._cli._display._progress import is_watched
from anyftp._cli._given._rates import format_amount, format_rate
from anyftp._protocol import visible

#: Names that are written out of those that were passed over.
NAMED = 5


class Summary:
    """Reports added up, and told when the block is left, whatever has failed in it.

    Args:
        quiet: tell nothing.
        as_json: tell it as one JSON object on standard output.
    """

    def __init__(self, *, quiet: bool, as_json: bool = False) -> None:
        self._quiet = quiet
        self._as_json = as_json
        self._sum: anyftp.TransferReport | None = None
        self._places: list[str] = []

    def add(self, report: anyftp.TransferReport, place: str) -> None:
        """Count one transfer; place is where its result lies."""
        self._sum = report if self._sum is None else added(self._sum, report)
        if place not in self._places:
            self._places.append(place)

    def __enter__(self) -> Summary:
        return self

    def __exit__(self, *error: object) -> None:
        if self._as_json:
            import json

            click.echo(json.dumps(self._object()))
        if self._sum is None or self._quiet:
            return
        tell_passed_over(self._sum)
        if is_watched() and not self._as_json:
            click.echo(summary_line(self._sum, self._places), err=True)

    def _object(self) -> dict[str, Any]:
        told = self._sum or anyftp.TransferReport(nbytes=0, seconds=0.0)
        return {**report_object(told), "destinations": self._places}


def added(one: anyftp.TransferReport, other: anyftp.TransferReport) -> anyftp.TransferReport:
    """What two transfers, one after the other, came to."""
    sums = {
        field.name: getattr(one, field.name) + getattr(other, field.name) for field in fields(one)
    }
    return replace(one, **sums)


def report_object(report: anyftp.TransferReport) -> dict[str, Any]:
    """A report as JSON has it: the names of its attributes, and the rate."""
    known = {field.name: getattr(report, field.name) for field in fields(report)}
    return {**known, "rate": report.rate}


def summary_line(report: anyftp.TransferReport, places: Sequence[str]) -> str:
    """One line: how many, how much, how long, how fast, and where it is now."""
    if not report.files and not report.nbytes:
        amount, rate = "0 files", ""
    else:
        files = "" if report.files == 1 else f"{report.files} files, "
        amount = files + format_amount(report.nbytes)
        rate = f" ({format_rate(report.rate)})" if report.seconds else ""
    place = f" to {visible(places[0])}" if len(places) == 1 else ""
    return f"{amount} in {report.seconds:.1f} s{rate}{place}"


def tell_passed_over(report: anyftp.TransferReport) -> None:
    """Name what was not transferred as it should be, on standard error."""
    _name_some("passed over", report.skipped)
    _name_some("lines of listings that made no sense", report.odd_lines)
    _name_some("time not kept", report.untimed)
    _name_some("written in place, for the server does not let us rename", report.in_place)
    _name_some("grew meanwhile, most likely", report.grown)
    _name_some("whole, but not confirmed by the server", report.unconfirmed)


def _name_some(what: str, names: Sequence[str]) -> None:
    if names:
        some = ", ".join(visible(name) for name in names[:NAMED])
        more = ", …" if len(names) > NAMED else ""
        click.echo(f"anyftp: {what} ({len(names)}): {some}{more}", err=True)
