"""`anyftp shell`: commands on one session, typed or from a script."""

from __future__ import annotations

import os
import sys
from importlib.util import find_spec

import anyio
import click

from anyftp import StreamThrottle
from anyftp._cli._ending._failure import Failure, ToldAlready
from anyftp._cli._ending._run import run, until_signal
from anyftp._cli._given._pipes import until_readable
from anyftp._cli._given._standard_input import descriptor, read_byte
from anyftp._cli._given._url import RemoteURL
from anyftp._cli._reaching._access import Access
from anyftp._cli._reaching._options import limit_option, remote_options, url_argument
from anyftp._cli._reaching._remote import Remote
from anyftp._cli._shell._line import is_for_here, parts, run_line
from anyftp._cli._shell._state import NextLine, Shell


@click.command()
@url_argument
@click.option("-c", "--command", "script", help="Run these commands, with ; between them, and end.")
@limit_option
@remote_options
def shell(url: RemoteURL, access: Access, script: str | None) -> None:
    """Work with the server of URL: ls, cd, get, put, mirror and what else lftp's users type first.

    The Tab key completes words and names on the server; Ctrl-C ends a transfer and keeps the
    session; & at the end of a line has it done in the background (jobs, wait, kill); limit 1M
    holds all transfers together, those that run too; help lists the rest.

    From a pipe, or with --command, the first line that fails ends it, with its exit status.
    """
    remote = access.to(url)
    is_typed = script is None and sys.stdin.isatty()
    if is_typed and find_spec("prompt_toolkit") is None:
        raise Failure('the shell needs prompt_toolkit: python -m pip install "anyftp[shell]"')
    with remote.blamed():
        status = run(lambda: _session(remote, script, is_typed), None)
    if status:
        raise ToldAlready("", status)


async def _session(remote: Remote, script: str | None, is_typed: bool) -> int:
    throttle = StreamThrottle.from_limits(remote.limit_rate, remote.limit_rate)
    async with remote.connect(throttle=throttle) as client:
        if remote.url.path:
            await client.change_directory(remote.url.path)
        async with anyio.create_task_group() as tasks:
            state = Shell(remote, client, tasks, throttle, click.echo)
            status = await _loop(state, _source(state, script, is_typed), is_typed)
        failed = (job.status for job in state.jobs if job.status)  # all of them are over
        return status if status or is_typed else next(failed, 0)
    raise AssertionError  # a client lets errors through


def _source(state: Shell, script: str | None, is_typed: bool) -> NextLine:
    if script is not None:
        return _lines_of(script)
    if not is_typed:
        return _line_of_input
    from anyftp._cli._shell._prompt import prompt

    return prompt(state)


async def _loop(state: Shell, next_line: NextLine, is_typed: bool) -> int:
    """Run lines to the end. Returns the status of the first that failed, 0 where one may go on."""
    while not state.has_ended and (text := await until_signal(next_line)) is not None:
        for line in [text] if is_for_here(text) else parts(text):
            status = 0 if state.has_ended else await run_line(state, line)
            if status and not is_typed:
                for job in state.jobs:
                    job.scope.cancel()
                return status
    return 0


def _lines_of(script: str) -> NextLine:
    lines = iter(parts(script))

    async def next_line() -> str | None:
        return next(lines, None)

    return next_line


async def _line_of_input() -> str | None:
    """A line of standard input, and no more: what `!` runs may read the rest."""
    number, line = descriptor(), bytearray()
    while not line.endswith(b"\n"):
        await until_readable(number)
        if not (byte := read_byte(number)):
            break
        line += byte
    return os.fsdecode(bytes(line)) or None
