"""`anyftp put`: upload a file or a folder."""

from __future__ import annotations

import click

from anyftp import TransferReport
from anyftp._cli._options import URL, backend_option, limit_option, quiet_option, remote_options
from anyftp._cli._progress import Meter, tell_report, transfer_bars
from anyftp._cli._remote import Remote
from anyftp._cli._run import run_interruptible


@click.command()
@click.argument("src", type=click.Path())
@click.argument("url", type=URL())
@limit_option
@remote_options
@backend_option
@quiet_option
def put(remote: Remote, src: str, backend: str | None, quiet: bool) -> None:
    """Upload SRC, a file or a folder, to URL.

    The URL names the result, unless it is a folder or ends with a slash: then the result goes into
    it under its own name.
    """
    with remote.blamed(), transfer_bars(quiet=quiet) as meter:
        report = run_interruptible(lambda: _upload(remote, src, meter), backend)
    tell_report(report, quiet=quiet)


async def _upload(remote: Remote, src: str, meter: Meter | None) -> TransferReport:
    async with remote.connect() as client:
        return await client.upload(src, remote.url.path, progress=meter)
