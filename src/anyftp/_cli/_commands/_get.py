"""`anyftp get`: download a file or a folder."""

from __future__ import annotations

import sys
from typing import BinaryIO, Unpack

import anyio.to_thread
import click

from anyftp import TransferReport
from anyftp._cli._display._progress import Meter, tell_report, transfer_bars
from anyftp._cli._ending._run import run_interruptible
from anyftp._cli._reaching._options import (
    Fetching,
    backend_option,
    limit_option,
    quiet_option,
    refuse_for_pipes,
    refuse_for_text,
    remote_options,
    segments_option,
    transfer_options,
    url_argument,
)
from anyftp._cli._reaching._remote import Remote

STANDARD_OUTPUT = "-"


@click.command()
@url_argument
@click.argument("dest", required=False)
@transfer_options
@segments_option
@limit_option
@remote_options
@backend_option
@quiet_option
def get(
    remote: Remote, dest: str | None, backend: str | None, quiet: bool, **how: Unpack[Fetching]
) -> None:
    """Download URL, a file or a folder, to DEST.

    DEST names the result, unless it is a folder or ends with a slash: then the result goes into it
    under its own name. Without DEST it goes into the current folder. A DEST of - is standard
    output. A file appears whole or not at all; with --continue, what has come stays for the next
    time.
    """
    refuse_for_text(remote.url.kind, how)
    if how["segments"] > 1:
        _refuse_for_segments(how, dest)
    target = dest if dest is not None else _own_name(remote)
    if target == STANDARD_OUTPUT:
        refuse_for_pipes(how)
        with remote.blamed():
            run_interruptible(lambda: _to_output(remote), backend)
        return
    with remote.blamed(), transfer_bars(quiet=quiet) as meter:
        report = run_interruptible(lambda: _download(remote, target, meter, how), backend)
    tell_report(report, quiet=quiet)


def _refuse_for_segments(how: Fetching, dest: str | None) -> None:
    """Parts come in any order, so they are neither a stream nor the beginning of the file."""
    if how["resume"] or dest == STANDARD_OUTPUT:
        raise click.UsageError("--segments goes neither with --continue nor with -")


def _own_name(remote: Remote) -> str:
    if not remote.url.name:
        raise click.UsageError("the URL names no file or folder: name a DEST")
    return "./"


async def _download(
    remote: Remote, target: str, meter: Meter | None, how: Fetching
) -> TransferReport:
    url = remote.url
    async with remote.connect() as client:
        return await client.download(url.path, target, progress=meter, kind=url.kind, **how)


async def _to_output(remote: Remote) -> None:
    output = sys.stdout.buffer
    path, kind = remote.url.path, remote.url.kind
    async with remote.connect() as client, client.download_stream(path, kind=kind) as stream:
        async for block in stream.iter_by_block(1 << 18):
            await anyio.to_thread.run_sync(_write, output, block)


def _write(output: BinaryIO, block: bytes) -> None:
    """Write and flush, so that a reader who has gone is noticed here and not at exit."""
    output.write(block)
    output.flush()
