"""`anyftp cat`, `head` and `tail`: remote files on standard output."""

from __future__ import annotations

import click

import anyftp
from anyftp._cli._commands._piping import (
    head_bytes,
    head_lines,
    tail_bytes,
    tail_lines,
    to_output,
)
from anyftp._cli._given._rates import parse_amount
from anyftp._cli._given._url import RemoteURL
from anyftp._cli._reaching._access import Access
from anyftp._cli._reaching._each import visit
from anyftp._cli._reaching._options import (
    Command,
    backend_option,
    limit_option,
    remote_options,
    urls_argument,
)
from anyftp._cli._reaching._remote import Remote

LINES = 10


@click.command()
@urls_argument
@limit_option
@remote_options
@backend_option
def cat(urls: list[RemoteURL], access: Access, backend: str | None) -> None:
    """Write the files that each URL names, or fit its pattern, to standard output."""
    visit(access, urls, to_output, backend)


def _amount(ctx: click.Context, param: click.Parameter, text: str | None) -> int | None:
    try:
        return None if text is None else parse_amount(text, least=0)
    except ValueError as error:
        raise click.BadParameter(str(error), ctx, param) from error


def _how_much(command: Command) -> Command:
    for option in (
        click.option("-c", "--bytes", "nbytes", callback=_amount, metavar="AMOUNT", help="Bytes."),
        click.option("-n", "--lines", type=click.IntRange(min=0), default=LINES, show_default=True),
    ):
        command = option(command)
    return command


@click.command()
@urls_argument
@_how_much
@remote_options
@backend_option
def head(
    urls: list[RemoteURL], access: Access, lines: int, nbytes: int | None, backend: str | None
) -> None:
    """Write the first lines, or bytes, of the files that each URL names; fetch no more."""

    async def write(client: anyftp.Client, place: Remote) -> None:
        if nbytes is None:
            await head_lines(client, place.url.path, lines)
        else:
            await head_bytes(client, place.url.path, nbytes)

    visit(access, urls, write, backend)


@click.command()
@urls_argument
@_how_much
@remote_options
@backend_option
def tail(
    urls: list[RemoteURL], access: Access, lines: int, nbytes: int | None, backend: str | None
) -> None:
    """Write the last lines, or bytes, of the files that each URL names; fetch little more."""

    async def write(client: anyftp.Client, place: Remote) -> None:
        if nbytes is None:
            await tail_lines(client, place.url.path, lines)
        else:
            await tail_bytes(client, place.url.path, nbytes)

    visit(access, urls, write, backend)
