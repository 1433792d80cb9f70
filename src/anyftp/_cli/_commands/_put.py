"""`anyftp put`: upload files and folders."""

from __future__ import annotations

import glob
import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, Unpack

import click

import anyftp
from anyftp import PermanentReplyError
from anyftp._cli._display._progress import Meter, is_watched, transfer_bars
from anyftp._cli._display._summary import Summary
from anyftp._cli._ending._run import run_interruptible
from anyftp._cli._given._param_type import Place
from anyftp._cli._given._pipes import read_some
from anyftp._cli._given._standard_input import descriptor
from anyftp._cli._given._url import RemoteURL
from anyftp._cli._reaching._access import Access
from anyftp._cli._reaching._each import at_each
from anyftp._cli._reaching._items import ItemFailures
from anyftp._cli._reaching._options import (
    Copying,
    backend_option,
    is_remote,
    json_option,
    limit_option,
    quiet_option,
    refuse_for_pipes,
    refuse_for_text,
    remote_options,
    transfer_options,
    url_argument,
)
from anyftp._cli._reaching._remote import Remote
from anyftp._cli._reaching._results import Results

STANDARD_INPUT = "-"

#: As `Client.upload` has it.
Atomic = bool | Literal["if-possible"]

BLOCK = 1 << 18


@click.command()
@click.argument("sources", nargs=-1, metavar="SRC...", type=Place())
@url_argument
@transfer_options
@click.option(
    "--atomic/--in-place",
    default=None,
    help="Write under a hidden name, and rename what is whole; the default where the server lets "
    "us. With --in-place what is cut short stays.",
)
@limit_option
@remote_options
@backend_option
@quiet_option
@json_option
def put(
    sources: Sequence[str],
    url: RemoteURL,
    access: Access,
    backend: str | None,
    quiet: bool,
    as_json: bool,
    atomic: bool | None,
    **how: Unpack[Copying],
) -> None:
    """Upload each SRC, a file or a folder, to URL.

    The URL names the result, unless it is a folder or ends with a slash: then the result goes into
    it under its own name. Several results go into the folder URL, which is made. A SRC of - is
    standard input, and the URL must name the result.

    `*`, `?` and `[ab]` in a SRC that the shell has left stand for names here.
    """
    if not sources:
        raise click.UsageError("a SRC and a URL are required")
    refuse_for_text(url.kind, how)
    if atomic and how["resume"]:
        raise click.UsageError(
            "--atomic cannot be combined with --continue: the part would be seen"
        )
    chosen: Atomic = "if-possible" if atomic is None and not how["resume"] else bool(atomic)
    for source in sources:
        if is_remote(source):
            raise click.UsageError("a source must be a local path; only the last argument is a URL")
    place = access.to(url)
    place = place.at(place.url.path)  # a pattern stands for names that are there
    if STANDARD_INPUT in sources:
        refuse_for_pipes(how)
        if len(sources) > 1 or atomic:
            raise click.UsageError("- cannot be combined with other sources or --atomic")
        if not url.name or url.path.endswith("/"):
            raise click.UsageError("the URL must name the file that standard input becomes")
        with place.blamed(reads_files=True):
            run_interruptible(lambda: _from_input(place), backend)
        return
    found = [path for source in sources for path in matches(source)]
    total = size_of(found) if is_watched() and not quiet and url.kind == "I" else None
    with Summary(quiet=quiet, as_json=as_json) as summary:

        async def send_all() -> None:
            with transfer_bars(quiet=quiet, total=total, limit_rate=place.limit_rate) as meter:
                send = Send(found, how, chosen, meter, summary)
                await at_each([place] * len(found), send, reads_files=True)

        run_interruptible(send_all, backend)


def matches(source: str) -> list[str]:
    """What a source stands for: itself if it is there, else what fits it as a pattern."""
    if os.path.lexists(source) or not glob.has_magic(source):
        return [source]
    return sorted(glob.glob(source, recursive=True)) or [source]


def size_of(sources: Sequence[str]) -> int:
    """The bytes of files, and of all files in folders; what cannot be read is told later."""
    total = 0
    for source in sources:
        if not os.path.isdir(source):
            total += _file_size(source)
        for folder, _, names in os.walk(source):
            total += sum(_file_size(os.path.join(folder, name)) for name in names)
    return total


def _file_size(path: str) -> int:
    try:
        return os.stat(path).st_size
    except OSError:
        return 0


@dataclass(slots=True)
class Send:
    """Uploads one source after the other."""

    sources: list[str]
    how: Copying
    atomic: Atomic
    meter: Meter | None
    summary: Summary
    done: int = 0
    results: Results = field(default_factory=Results)

    async def __call__(self, client: anyftp.Client, place: Remote) -> None:
        """Upload the next one. Cancellation: the server does not take a part for the whole."""
        source = self.sources[self.done]
        self.done += 1
        path = place.url.path
        if len(self.sources) > 1:
            if self.done == 1 and path.strip("/"):
                await _make_folder(client, place)
            path = f"{path.rstrip('/')}/" if path else ""
            self.results.claim(path + Path(source).name, source)
        elif path.endswith("/") and _is_folder(source) and not await client.is_dir(path):
            path = path.rstrip("/")  # as `cp -r` has it: a folder becomes the new one
        items = ItemFailures(place, reads_files=True)
        report = await client.upload(
            source,
            path,
            progress=self.meter,
            kind=place.url.kind,
            atomic=self.atomic,
            on_error=items,
            **self.how,
        )
        self.summary.add(report, str(place.url))
        items.check()


def _is_folder(source: str) -> bool:
    return os.path.isdir(source)


async def _make_folder(client: anyftp.Client, place: Remote) -> None:
    """Make the folder that several results go into.

    Raises:
        click.UsageError: something else has its name.
    """
    try:
        await client.make_directory(place.url.path)
    except PermanentReplyError:
        if await client.exists(place.url.path) and not await client.is_dir(place.url.path):
            raise click.UsageError(f"{place.url}: several things need a folder to go to") from None
        raise


async def _from_input(place: Remote) -> None:
    path, kind = place.url.path, place.url.kind
    async with place.connect() as client, client.upload_stream(path, kind=kind) as stream:
        while block := await read_some(descriptor(), BLOCK):
            await stream.write(block)
