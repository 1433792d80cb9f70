"""`anyftp ls`: list a folder, for a person or for a script."""

from __future__ import annotations

import os
import sys
from datetime import UTC

import click

from anyftp import Entry, PermanentReplyError
from anyftp._cli._ending._run import run_interruptible
from anyftp._cli._given._url import RemoteURL
from anyftp._cli._reaching._access import Access
from anyftp._cli._reaching._options import backend_option, remote_options, url_argument
from anyftp._cli._reaching._remote import Remote


@click.command()
@url_argument
@click.option("-l", "--long", "is_long", is_flag=True, help="Type, bytes, UTC time and name.")
@remote_options
@backend_option
def ls(url: RemoteURL, access: Access, is_long: bool, backend: str | None) -> None:
    """List URL, sorted by name.

    A terminal gets a table. A pipe gets one name a line; with --long type, bytes, UTC time and
    name, with tabs between them and - for what the server does not tell.
    """
    remote = access.to(url)
    with remote.blamed():
        entries = run_interruptible(lambda: _entries(remote), backend)
    entries.sort(key=lambda entry: entry.name)
    if sys.stdout.isatty():
        from rich.console import Console

        from anyftp._cli._display._table import print_listing

        print_listing(Console(), entries, exact=is_long)
        return
    for entry in entries:
        click.echo(os.fsencode(_fields(entry) if is_long else entry.name))


async def _entries(remote: Remote) -> list[Entry]:
    path = remote.url.path
    async with remote.connect() as client:
        try:
            return list(await client.list(path))
        except PermanentReplyError:
            # MLSD takes folders only (RFC 3659 section 7.2): a file is asked for by itself.
            if not path or not await client.is_file(path):
                raise
            return [await client.stat(path)]


def _fields(entry: Entry) -> str:
    size = "-" if entry.size is None else str(entry.size)
    when = entry.modified
    modified = "-" if when is None else f"{when.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
    return "\t".join((entry.type, size, modified, entry.name))
