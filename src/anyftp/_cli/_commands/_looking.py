"""`anyftp du`, `tree`, `find`, `stat` and `quote`: what is there, and what the server says."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import aclosing
from pathlib import PurePosixPath

import click

import anyftp
from anyftp._cli._commands._search import LINES, Search, drawn, folder_sizes
from anyftp._cli._display._entries import can_show, entry_object, print_json, timestamp
from anyftp._cli._display._output import print_name, print_text, write_out
from anyftp._cli._given._rates import format_amount
from anyftp._cli._given._url import RemoteURL
from anyftp._cli._reaching._access import Access
from anyftp._cli._reaching._each import visit
from anyftp._cli._reaching._options import (
    amount_option,
    backend_option,
    json_option,
    remote_options,
    url_argument,
    urls_argument,
)
from anyftp._cli._reaching._remote import Remote
from anyftp._protocol import visible


@click.command()
@urls_argument
@click.option("-s", "--summarize", is_flag=True, help="Only one line for each URL.")
@click.option("-H", "--human", is_flag=True, help="Amounts such as 1.50 MiB instead of bytes.")
@json_option
@remote_options
@backend_option
def du(
    urls: list[RemoteURL],
    access: Access,
    summarize: bool,
    human: bool,
    as_json: bool,
    backend: str | None,
) -> None:
    """Add up the sizes of the files in each URL and in every folder below it: bytes, tab, path."""
    sizes: list[tuple[str, int]] = []

    async def add_up(client: anyftp.Client, place: Remote) -> None:
        found = await folder_sizes(client, place.url.path)
        sizes.extend(found[-1:] if summarize else found)
        if not as_json:
            for name, nbytes in found[-1:] if summarize else found:
                await print_name(name, before=f"{format_amount(nbytes) if human else nbytes}\t")

    try:
        visit(access, urls, add_up, backend)
    finally:
        if as_json:
            print_json([{"path": path, "size": nbytes} for path, nbytes in sizes])


@click.command()
@url_argument
@click.option("-L", "--max-depth", type=click.IntRange(min=1), metavar="N", help="So deep at most.")
@remote_options
@backend_option
def tree(url: RemoteURL, access: Access, max_depth: int | None, backend: str | None) -> None:
    """Draw the folder URL with all that is in it."""

    async def draw(client: anyftp.Client, place: Remote) -> None:
        await print_text(visible(place.url.path) or ".")
        folders = files = 0
        is_ascii = not can_show("".join(LINES))
        async with aclosing(drawn(client, place.url.path, max_depth, ascii_only=is_ascii)) as lines:
            async for line, entry in lines:
                await print_text(line)
                folders += entry.is_dir
                files += not entry.is_dir
        await print_text(f"\n{folders} folders, {files} files")

    visit(access, [url], draw, backend)


@click.command()
@urls_argument
@click.option("--name", metavar="PATTERN", help="Names that fit this pattern.")
@click.option("--type", "kind", type=click.Choice(["f", "d", "l"]), help="Files, folders or links.")
@amount_option("--larger", "Files of more bytes than this.")
@amount_option("--smaller", "Files of fewer bytes than this.")
@click.option("--newer", type=click.DateTime(), metavar="TIME", help="Changed after this (UTC).")
@click.option("--older", type=click.DateTime(), metavar="TIME", help="Changed before this (UTC).")
@click.option("--max-depth", type=click.IntRange(min=0), metavar="N", help="So deep at most.")
@click.option("-0", "--null", is_flag=True, help="End each path with a NUL, for xargs -0.")
@json_option
@remote_options
@backend_option
def find(
    urls: list[RemoteURL],
    access: Access,
    null: bool,
    as_json: bool,
    max_depth: int | None,
    backend: str | None,
    **wanted: object,
) -> None:
    """Print the paths of all that is below each URL and is as the options want it."""
    search = Search(**wanted)  # type: ignore[arg-type]  # click gives what the options say
    found: list[anyftp.Entry] = []

    async def look(client: anyftp.Client, place: Remote) -> None:
        async with aclosing(search.below(client, place.url.path, max_depth)) as entries:
            async for entry in entries:
                if as_json:
                    found.append(entry)
                else:
                    await print_name(str(entry.path), end="\0" if null else "\n")

    try:
        visit(access, urls, look, backend)
    finally:
        if as_json:
            print_json([entry_object(entry) for entry in found])


@click.command()
@urls_argument
@json_option
@remote_options
@backend_option
def stat(urls: list[RemoteURL], access: Access, as_json: bool, backend: str | None) -> None:
    """Tell all that the server tells of what each URL names, or of what fits its pattern."""
    found: list[anyftp.Entry] = []

    async def tell(client: anyftp.Client, place: Remote) -> None:
        entry = await client.stat(place.url.path or ".")
        found.append(entry)
        if not as_json:
            await _print_entry(entry)

    try:
        visit(access, urls, tell, backend)
    finally:
        if as_json:
            print_json([entry_object(entry) for entry in found])


async def _print_entry(entry: anyftp.Entry) -> None:
    fields = {
        "path": str(entry.path),
        "type": entry.type,
        "size": "-" if entry.size is None else f"{entry.size} ({format_amount(entry.size)})",
        "modified": "-" if entry.modified is None else timestamp(entry.modified),
        **({"target": entry.target} if entry.target else {}),
        **{name: value for name, value in entry.facts.items() if name not in _SAID},
    }
    lines = [f"{visible(name)}: {visible(value)}\n" for name, value in fields.items()]
    await write_out("".join([*lines, "\n"]).encode("utf-8", "surrogateescape"))


#: Facts that have a line of their own.
_SAID = ("type", "size", "modify")


@click.command()
@url_argument
@click.argument("commands", nargs=-1, required=True, metavar="COMMAND...")
@remote_options
@backend_option
def quote(url: RemoteURL, access: Access, commands: Sequence[str], backend: str | None) -> None:
    """Send each COMMAND as it is to the server, in the folder URL, and print the replies.

    `anyftp quote ftp://host/ "SITE HELP" FEAT`. Commands with a data connection are none of them.
    """
    for command in commands:
        if not command.strip() or set(command) & set("\r\n\0"):
            raise click.UsageError(
                f"{command!r} is not a command: write one line that begins with a verb"
            )

    async def send(client: anyftp.Client, place: Remote) -> None:
        if place.url.path:
            await client.change_directory(PurePosixPath(place.url.path))
        for command in commands:
            reply = await client.command(command, expected_codes=("2xx", "3xx"))
            for line in reply.lines:
                await print_text(f"{reply.code} {visible(line)}")

    visit(access, [url], send, backend, as_written=True)
