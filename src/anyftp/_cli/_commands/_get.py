"""`anyftp get`: download files and folders."""

from __future__ import annotations

import os
import stat
from collections.abc import Sequence
from contextlib import suppress
from typing import Unpack

import anyio
import click

import anyftp
from anyftp import FTPError, ReplyError
from anyftp._cli._display._progress import Meter, transfer_bars
from anyftp._cli._display._summary import Summary
from anyftp._cli._ending._failure import Failure, Interrupted
from anyftp._cli._ending._run import run_interruptible
from anyftp._cli._ending._status import Status
from anyftp._cli._given._param_type import Place
from anyftp._cli._given._url import RemoteURL
from anyftp._cli._reaching._access import Access
from anyftp._cli._reaching._each import at_each
from anyftp._cli._reaching._items import ItemFailures
from anyftp._cli._reaching._options import (
    Fetching,
    backend_option,
    is_remote,
    json_option,
    limit_option,
    quiet_option,
    refuse_for_pipes,
    refuse_for_text,
    remote_options,
    segments_option,
    transfer_options,
    url_of,
)
from anyftp._cli._reaching._remote import Remote
from anyftp._cli._reaching._results import Results, is_same_here

STANDARD_OUTPUT = "-"
HERE = "./"
#: How long to look through folders beforehand, for the sake of a bar.
LOOK_SECONDS = 10.0


@click.command()
@click.argument("words", nargs=-1, required=True, metavar="URL... [DEST]", type=Place())
@click.option(
    "-o",
    "--output",
    type=Place(),
    metavar="DEST",
    help="Where to; as a last DEST, but before URLs.",
)
@transfer_options
@segments_option
@limit_option
@remote_options
@backend_option
@quiet_option
@json_option
def get(
    words: Sequence[str],
    output: str | None,
    access: Access,
    backend: str | None,
    quiet: bool,
    as_json: bool,
    **how: Unpack[Fetching],
) -> None:
    """Download each URL, a file or a folder, to DEST.

    DEST names the result, unless it is a folder or ends with a slash: then the result goes into it
    under its own name. Several results go into the folder DEST, which is made. Without DEST they go
    into the current folder. A DEST of - is standard output. A device or a pipe is written to.

    `*`, `?` and `[ab]` in a URL stand for names on the server; quote them for the shell.

    A file appears whole or not at all; with --continue, what has come stays for the next time.
    """
    urls, dest = _sides(words, output)
    for url in urls:
        refuse_for_text(url.kind, how)
    is_pipe = dest == STANDARD_OUTPUT or is_pipe_or_device(dest)
    if how["segments"] > 1 and (how["resume"] or is_pipe):
        # Parts come in any order, so they are neither a stream nor the beginning of the file.
        raise click.UsageError("--segments cannot be combined with --continue or -")
    places = [access.to(url) for url in urls]
    if is_pipe:
        from anyftp._cli._commands._piping import to_device, to_output

        refuse_for_pipes(how)
        if dest == STANDARD_OUTPUT:
            run_interruptible(lambda: at_each(places, to_output), backend)
        else:
            run_interruptible(lambda: to_device(dest, places), backend)
        return
    with Summary(quiet=quiet, as_json=as_json) as summary:

        async def fetch_all() -> None:
            with transfer_bars(quiet=quiet, limit_rate=places[0].limit_rate) as meter:
                await at_each(places, Fetch(dest, len(urls) > 1, how, meter, summary))

        try:
            run_interruptible(fetch_all, backend)
        except Interrupted as interrupted:
            advice = "the same command goes on" if how["resume"] else "--continue would keep parts"
            raise type(interrupted)(advice) from interrupted


def is_pipe_or_device(path: str) -> bool:
    """Whether a path is written to as it is: `/dev/null`, or a shell's `>(program)`."""
    with suppress(OSError):
        mode = os.stat(path).st_mode
        return stat.S_ISFIFO(mode) or stat.S_ISCHR(mode)
    return False


def _sides(words: Sequence[str], output: str | None) -> tuple[list[RemoteURL], str]:
    """The URLs, and where they go to."""
    sources, dest = list(words), output
    if output is None and len(words) > 1 and not is_remote(words[-1]):
        dest = sources.pop()
    if dest is not None and is_remote(dest):
        raise click.UsageError("the destination must be a local path, not a URL")
    urls = [url_of(word) for word in sources]
    if dest is None and not all(url.name for url in urls):
        raise click.UsageError("the URL names no file or folder: name a DEST")
    return urls, HERE if dest is None else dest


class Fetch:
    """Downloads a file or folder.

    Args:
        dest: a path here.
        is_one_of_many: there are other results, so that dest is a folder.
    """

    def __init__(
        self, dest: str, is_one_of_many: bool, how: Fetching, meter: Meter | None, summary: Summary
    ) -> None:
        self._dest = dest
        self._is_one_of_many = is_one_of_many
        self._how = how
        self._meter = meter
        self._summary = summary
        self._results = Results(is_same_here)

    async def __call__(self, client: anyftp.Client, place: Remote) -> None:
        """Download it. Cancellation: no part of a file appears, unless parts are to be kept."""
        path, dest = place.url.path, self._dest
        if self._is_one_of_many or place.among > 1:
            dest = _made_folder(dest)
            self._results.claim(os.path.join(dest, place.url.name), str(place.url))
        elif _is_new_folder(dest):
            dest = await _new_folder(client, path, dest)
        if self._how["resume"] and not self._how["verify"]:
            from anyftp._cli._commands._other_parts import complete_part

            report = await complete_part(
                client, path, dest, self._meter, keep_times=self._how["keep_times"]
            )
            if report is not None:
                self._summary.add(report, dest)
                return
        items = ItemFailures(place)
        report = await client.download(
            path, dest, progress=self._meter, kind=place.url.kind, on_error=items, **self._how
        )
        self._summary.add(report, dest)
        items.check()


async def content_of(client: anyftp.Client, path: str) -> tuple[int, int]:
    """Bytes and number of what is at a path, to tell how long it takes; 0 of what is not known.

    Cancellation: safe.
    """
    nbytes = nfiles = 0
    with suppress(FTPError), anyio.move_on_after(LOOK_SECONDS):
        try:
            async for folder in client.walk(path):
                nbytes += sum(entry.size or 0 for entry in folder.files)
                nfiles += len(folder.files)
        except ReplyError:  # it is a file
            return (await client.stat(path)).size or 0, 1
        return nbytes, nfiles
    return 0, 0


def _made_folder(dest: str) -> str:
    try:
        os.makedirs(dest, exist_ok=True)
    except FileExistsError:
        raise click.UsageError(f"{dest}: several things need a folder to go to") from None
    return os.path.join(dest, "")


def _is_new_folder(dest: str) -> bool:
    return dest.endswith(("/", os.sep)) and not os.path.isdir(dest)


async def _new_folder(client: anyftp.Client, path: str, dest: str) -> str:
    """As `cp -r` has it: a folder becomes the new one, a file does not make one."""
    if not await client.is_dir(path):
        raise Failure(f"{dest}: there is no such folder", Status.LOCAL_WRITE)
    return dest.rstrip("/" + os.sep)
