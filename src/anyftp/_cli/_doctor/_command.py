"""`anyftp doctor`: connects in every way there is, and tells what works."""

from __future__ import annotations

import sys
from dataclasses import replace

import click

from anyftp._cli._display._entries import print_json
from anyftp._cli._ending._failure import ToldAlready
from anyftp._cli._ending._run import run_interruptible
from anyftp._cli._ending._status import Status
from anyftp._cli._given._url import RemoteURL
from anyftp._cli._reaching._access import Access
from anyftp._cli._reaching._options import (
    backend_option,
    json_option,
    limit_option,
    remote_options,
    url_argument,
)


@click.command()
@url_argument
@click.option("--write", is_flag=True, help="Write a hidden file in the folder too, and remove it.")
@limit_option
@json_option
@remote_options
@backend_option
def doctor(url: RemoteURL, access: Access, write: bool, as_json: bool, backend: str | None) -> None:
    """Find out what works with the server of URL, in its folder, and what to do about the rest.

    Names and both versions of IP, greeting, TLS, login, data connections each way, listings, names,
    resuming, clocks, connections at once, and rates. It takes some seconds, and changes nothing
    without --write. The exit status is 1 if something does not work.
    """
    from anyftp._cli._doctor._all import examine_all
    from anyftp._cli._doctor._findings import findings_object, print_findings
    from anyftp._cli._doctor._patient import Patient

    patient = Patient(replace(access.to(url), retry=0), writes=write)
    findings = run_interruptible(lambda: examine_all(patient), backend)
    if as_json:
        print_json(findings_object(findings))
    else:
        from rich.console import Console

        width = None if sys.stdout.isatty() else 100
        print_findings(Console(width=width, highlight=False), findings)
    if any(finding.state == "bad" for finding in findings):
        raise ToldAlready("", Status.FAILED)
