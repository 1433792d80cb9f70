"""`anyftp ls`: list a folder, for a person or for a script."""

from __future__ import annotations

import sys

import click

import anyftp
from anyftp import PermanentReplyError
from anyftp._cli._display._entries import entry_line, entry_object, print_json
from anyftp._cli._ending._run import run_interruptible
from anyftp._cli._given._url import RemoteURL
from anyftp._cli._reaching._access import Access
from anyftp._cli._reaching._options import (
    backend_option,
    json_option,
    remote_options,
    url_argument,
)
from anyftp._cli._reaching._remote import Remote


@click.command()
@url_argument
@click.option("-l", "--long", "is_long", is_flag=True, help="Type, bytes, UTC time and name.")
@json_option
@remote_options
@backend_option
def ls(url: RemoteURL, access: Access, is_long: bool, as_json: bool, backend: str | None) -> None:
    """List URL, sorted by name; or what fits its pattern.

    A terminal gets a table. A pipe gets one name a line; with --long type, bytes, UTC time and
    name, with tabs between them and - for what the server does not tell.
    """
    remote = access.to(url)
    with remote.blamed():
        entries = run_interruptible(lambda: _entries(remote), backend)
    entries.sort(key=lambda entry: entry.name)
    if as_json:
        print_json([entry_object(entry) for entry in entries])
    elif sys.stdout.isatty():
        from rich.console import Console

        from anyftp._cli._display._table import print_listing

        print_listing(Console(), entries, exact=is_long)
    else:
        click.echo(b"".join(entry_line(entry, is_long=is_long) for entry in entries), nl=False)


async def _entries(remote: Remote) -> list[anyftp.Entry]:
    async with remote.connect() as client:
        if remote.url.pattern and (found := await client.glob(remote.url.pattern)):
            return found
        return await list_place(client, remote.url.path)


async def list_place(client: anyftp.Client, path: str) -> list[anyftp.Entry]:
    """List a folder, or one file by itself. Cancellation: safe."""
    try:
        return await client.list(path).whole()
    except PermanentReplyError:
        # MLSD takes folders only (RFC 3659 section 7.2): a file is asked for by itself.
        if not path or not await client.is_file(path):
            raise
        return [await client.stat(path)]
