"""`anyftp rm`, `mv`, `mkdir` and `chmod`: what changes a server and moves no data."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import click

import anyftp
from anyftp import PermanentReplyError
from anyftp._cli._given._param_type import ParamType, Place
from anyftp._cli._given._url import RemoteURL
from anyftp._cli._reaching._access import Access
from anyftp._cli._reaching._each import visit
from anyftp._cli._reaching._options import (
    backend_option,
    is_remote,
    named_file,
    remote_options,
    url_of,
    urls_argument,
)
from anyftp._cli._reaching._remote import Remote
from anyftp._cli._reaching._results import Results


@click.command()
@urls_argument
@click.option("-r", "--recursive", is_flag=True, help="Remove folders, with all that is in them.")
@click.option("-f", "--force", is_flag=True, help="What is not there is no failure.")
@remote_options
@backend_option
def rm(
    urls: list[RemoteURL], access: Access, recursive: bool, force: bool, backend: str | None
) -> None:
    """Remove the file that each URL names, or what fits its pattern.

    Links are removed, never what they lead to. Nothing is asked.
    """

    urls = [named_file(url) for url in urls]

    async def remove(client: anyftp.Client, place: Remote) -> None:
        path = place.url.path
        try:
            await (client.remove(path) if recursive else client.remove_file(path))
        except PermanentReplyError:
            if not force or await client.exists(path):
                raise

    visit(access, urls, remove, backend)


@click.command()
@click.argument("words", nargs=-1, required=True, metavar="URL... DEST", type=Place())
@remote_options
@backend_option
def mv(words: Sequence[str], access: Access, backend: str | None) -> None:
    """Rename or move what each URL names, or what fits its pattern, to DEST on the same server.

    DEST is a URL, or a path on that server. It names the result, unless it is a folder or ends
    with a slash: then the result goes into it under its own name. Several need a folder.
    """
    if len(words) < 2:
        raise click.UsageError("a URL and a destination are required")
    urls = [named_file(url_of(word)) for word in words[:-1]]
    dest = _destination(words[-1], urls)

    results = Results()
    into: bool | None = None

    async def move(client: anyftp.Client, place: Remote) -> None:
        nonlocal into
        path = place.url.path
        if into is None:  # asked once; whatever goes there goes there together
            into = dest.endswith("/") or await client.is_dir(dest)
        if not into and (len(urls) > 1 or place.among > 1):
            raise click.UsageError(f"{dest}: several things need a folder to go to")
        name = path.rstrip("/").rpartition("/")[2]
        result = f"{dest.rstrip('/')}/{name}" if into else dest
        results.claim(result, path)
        await client.rename(path, result)

    visit(access, urls, move, backend)


def _destination(word: str, urls: list[RemoteURL]) -> str:
    """The path that a last word means.

    Raises:
        click.UsageError: it is on another server.
    """
    if not is_remote(word):
        return word
    dest = url_of(word)
    for url in urls:
        login = dest.user is None or dest.user == url.user
        if (
            replace(dest, path="", pattern=None, user=None, password=None)
            != replace(url, path="", pattern=None, user=None, password=None)
            or not login
        ):
            raise click.UsageError(
                "files cannot be moved from one server to another: use get and put"
            )
    return dest.path or "."


@click.command()
@urls_argument
@click.option("-p", "--parents", is_flag=True, help="Make those above it too; let what exists be.")
@remote_options
@backend_option
def mkdir(urls: list[RemoteURL], access: Access, parents: bool, backend: str | None) -> None:
    """Make the folder that each URL names."""

    urls = [named_file(url) for url in urls]

    async def make(client: anyftp.Client, place: Remote) -> None:
        await client.make_directory(place.url.path, parents=parents)

    visit(access, urls, make, backend, as_written=True)


class Mode(ParamType):
    """Permission bits as octal digits."""

    name = "mode"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> int:
        """Read them."""
        text = str(value)
        if not 3 <= len(text) <= 4 or set(text) - set("01234567"):
            self.fail(
                f"{text!r} is not a mode: write three or four octal digits, such as 644", param, ctx
            )
        return int(text, 8)


@click.command()
@click.argument("mode", type=Mode())
@urls_argument
@remote_options
@backend_option
def chmod(mode: int, urls: list[RemoteURL], access: Access, backend: str | None) -> None:
    """Set the permission bits MODE (octal, as 644) of each URL, or of what fits its pattern."""

    async def change(client: anyftp.Client, place: Remote) -> None:
        await client.chmod(place.url.path, mode)

    visit(access, urls, change, backend)
