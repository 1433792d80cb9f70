"""`anyftp put`: upload a file or a folder."""

from __future__ import annotations

import os
import stat
import sys
from typing import Unpack

import anyio.to_thread
import click

from anyftp import TransferReport
from anyftp._cli._display._progress import Meter, tell_report, transfer_bars
from anyftp._cli._ending._run import run_interruptible
from anyftp._cli._given._standard_input import descriptor
from anyftp._cli._reaching._options import (
    Copying,
    backend_option,
    limit_option,
    quiet_option,
    refuse_for_pipes,
    refuse_for_text,
    remote_options,
    transfer_options,
    url_argument,
)
from anyftp._cli._reaching._remote import Remote

STANDARD_INPUT = "-"
BLOCK = 1 << 18


@click.command()
@click.argument("src", type=click.Path())
@url_argument
@transfer_options
@limit_option
@remote_options
@backend_option
@quiet_option
def put(remote: Remote, src: str, backend: str | None, quiet: bool, **how: Unpack[Copying]) -> None:
    """Upload SRC, a file or a folder, to URL.

    The URL names the result, unless it is a folder or ends with a slash: then the result goes into
    it under its own name. A SRC of - is standard input, and the URL must name the result.
    """
    refuse_for_text(remote.url.kind, how)
    if src == STANDARD_INPUT:
        refuse_for_pipes(how)
        if not remote.url.name or remote.url.path.endswith("/"):
            raise click.UsageError("the URL must name the file that standard input becomes")
        with remote.blamed(reads_files=True):
            run_interruptible(lambda: _from_input(remote), backend)
        return
    with remote.blamed(reads_files=True), transfer_bars(quiet=quiet) as meter:
        report = run_interruptible(lambda: _upload(remote, src, meter, how), backend)
    tell_report(report, quiet=quiet)


async def _upload(remote: Remote, src: str, meter: Meter | None, how: Copying) -> TransferReport:
    url = remote.url
    async with remote.connect() as client:
        return await client.upload(src, url.path, progress=meter, kind=url.kind, **how)


async def _from_input(remote: Remote) -> None:
    path, kind = remote.url.path, remote.url.kind
    async with remote.connect() as client, client.upload_stream(path, kind=kind) as stream:
        while block := await _read_block(descriptor()):
            await stream.write(block)


async def _read_block(number: int) -> bytes:
    # A thread that reads a pipe or a terminal cannot be interrupted, and would keep the process
    # alive. So wait without a thread for what can be waited for; files and /dev/null cannot.
    mode = os.fstat(number).st_mode
    can_wait = stat.S_ISFIFO(mode) or stat.S_ISSOCK(mode) or os.isatty(number)
    if not can_wait or sys.platform == "win32":
        return await anyio.to_thread.run_sync(os.read, number, BLOCK)
    await anyio.wait_readable(number)
    return os.read(number, BLOCK)
