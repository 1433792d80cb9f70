"""What can be typed: lftp's words where it has them."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Sequence
from contextlib import aclosing

import anyio
import anyio.to_thread
import click

from anyftp import Client
from anyftp._cli._commands._changes import Mode
from anyftp._cli._commands._ls import list_place
from anyftp._cli._commands._piping import head_lines, tail_lines, to_output
from anyftp._cli._commands._search import LINES, Search, drawn, folder_sizes
from anyftp._cli._display._entries import can_show, entry_line
from anyftp._cli._display._output import print_name, print_text, write_out
from anyftp._cli._ending._failure import ToldAlready
from anyftp._cli._given._param_type import Place
from anyftp._cli._given._rates import format_amount, format_rate, parse_amount
from anyftp._cli._reaching._remote import Remote
from anyftp._cli._shell._state import Shell
from anyftp._cli._shell._transfers import get, mirror, put
from anyftp._protocol import visible

verbs = click.Group("shell", context_settings={"help_option_names": ["-h", "--help"]})
for _command in (get, put, mirror):
    verbs.add_command(_command)
#: Other names, as lftp and ftp have them.
ALIASES = {
    "mget": "get",
    "mput": "put",
    "exit": "quit",
    "bye": "quit",
    "dir": "ls",
    "?": "help",
    "more": "cat",
    "mrm": "rm",
    "del": "rm",
}

#: And the number of a signal, as a shell reports it.
SIGNALLED = 128


@verbs.command()
@click.argument("name", required=False)
async def help(name: str | None) -> None:
    """List what can be typed, or tell about one word."""
    command = verbs.commands.get(ALIASES.get(name or "", name or ""))
    context = click.Context(command or verbs, info_name=name or "")
    await print_text((command or verbs).get_help(context))


@verbs.command()
@click.pass_obj
def quit(shell: Shell) -> None:
    """Leave; jobs are waited for (kill them before)."""
    shell.has_ended = True


@verbs.command()
@click.argument("path", default="")
@click.option("-l", "is_long", is_flag=True, help="Type, bytes, UTC time and name.")
@click.pass_obj
async def ls(shell: Shell, path: str, is_long: bool) -> None:
    """List a folder, or what fits a pattern."""
    url = shell.url(path)
    found = await shell.client.glob(url.pattern) if url.pattern else []
    entries = found or await list_place(shell.client, path)
    entries = sorted(entries, key=lambda entry: entry.name)
    await write_out(b"".join(entry_line(entry, is_long=is_long) for entry in entries))


@verbs.command()
@click.argument("path", default="")
@click.pass_obj
async def cd(shell: Shell, path: str) -> None:
    """Go to another folder of the server."""
    await shell.client.change_directory(path or "/")


@verbs.command()
@click.pass_obj
async def pwd(shell: Shell) -> None:
    """Tell where we are on the server."""
    await print_name(str(await shell.client.get_current_directory()))


@verbs.command()
@click.argument("path", default="~")
def lcd(path: str) -> None:
    """Go to another folder of this machine."""
    os.chdir(os.path.expanduser(path))


@verbs.command()
async def lpwd() -> None:
    """Tell where we are on this machine."""
    await print_name(os.getcwd())


@verbs.command()
@click.argument("paths", nargs=-1, required=True, type=Place())
@click.pass_obj
async def cat(shell: Shell, paths: Sequence[str]) -> None:
    """Show files."""
    await shell.at_each(shell.client, paths, to_output)


@verbs.command()
@click.argument("path", type=Place())
@click.option("-n", "count", type=click.IntRange(min=0), default=10, help="How many lines.")
@click.pass_obj
async def head(shell: Shell, path: str, count: int) -> None:
    """Show the first lines of a file."""
    await head_lines(shell.client, path, count)


@verbs.command()
@click.argument("path", type=Place())
@click.option("-n", "count", type=click.IntRange(min=0), default=10, help="How many lines.")
@click.pass_obj
async def tail(shell: Shell, path: str, count: int) -> None:
    """Show the last lines of a file."""
    await tail_lines(shell.client, path, count)


@verbs.command()
@click.argument("paths", nargs=-1, required=True, type=Place())
@click.option("-r", "recursive", is_flag=True, help="Folders, with all that is in them.")
@click.pass_obj
async def rm(shell: Shell, paths: Sequence[str], recursive: bool) -> None:
    """Remove files and folders, and what fits patterns."""

    async def remove(client: Client, place: Remote) -> None:
        path = place.url.path
        await (client.remove(path) if recursive else client.remove_file(path))

    await shell.at_each(shell.client, paths, remove)


@verbs.command()
@click.argument("paths", nargs=-1, required=True, type=Place())
@click.pass_obj
async def rmdir(shell: Shell, paths: Sequence[str]) -> None:
    """Remove folders that are empty."""

    async def remove(client: Client, place: Remote) -> None:
        await client.remove_directory(place.url.path)

    await shell.at_each(shell.client, paths, remove)


@verbs.command()
@click.argument("source", type=Place())
@click.argument("dest", type=Place())
@click.pass_obj
async def mv(shell: Shell, source: str, dest: str) -> None:
    """Rename a file or folder, or move it into a folder."""
    if dest.endswith("/") or await shell.client.is_dir(dest):
        dest = f"{dest.rstrip('/')}/{source.rstrip('/').rpartition('/')[2]}"
    await shell.client.rename(source, dest)


@verbs.command()
@click.argument("paths", nargs=-1, required=True, type=Place())
@click.option("-p", "parents", is_flag=True, help="And those above.")
@click.pass_obj
async def mkdir(shell: Shell, paths: Sequence[str], parents: bool) -> None:
    """Make folders."""
    for path in paths:
        await shell.client.make_directory(path, parents=parents)


@verbs.command()
@click.argument("mode", type=Mode())
@click.argument("paths", nargs=-1, required=True, type=Place())
@click.pass_obj
async def chmod(shell: Shell, mode: int, paths: Sequence[str]) -> None:
    """Set permission bits, as octal digits."""

    async def change(client: Client, place: Remote) -> None:
        await client.chmod(place.url.path, mode)

    await shell.at_each(shell.client, paths, change)


@verbs.command()
@click.argument("path", default="")
@click.pass_obj
async def du(shell: Shell, path: str) -> None:
    """Add up the sizes in a folder."""
    for name, nbytes in await folder_sizes(shell.client, path):
        await print_name(name, before=f"{format_amount(nbytes):>10}  ")


@verbs.command()
@click.argument("path", default="")
@click.pass_obj
async def tree(shell: Shell, path: str) -> None:
    """Draw a folder with all that is in it."""
    is_ascii = not can_show("".join(LINES))
    async with aclosing(drawn(shell.client, path, None, ascii_only=is_ascii)) as lines:
        async for line, _ in lines:
            await print_text(line)


@verbs.command()
@click.argument("path", default="")
@click.argument("name", required=False)
@click.pass_obj
async def find(shell: Shell, path: str, name: str | None) -> None:
    """Find what is below a folder, by a pattern of names."""
    async with aclosing(Search(name).below(shell.client, path, None)) as entries:
        async for entry in entries:
            await print_name(str(entry.path))


@verbs.command(context_settings={"ignore_unknown_options": True})
@click.argument("words", nargs=-1, required=True)
@click.pass_obj
async def quote(shell: Shell, words: Sequence[str]) -> None:
    """Send a command as it is."""
    reply = await shell.client.command(" ".join(words), expected_codes=("2xx", "3xx"))
    for line in reply.lines:
        await print_text(f"{reply.code} {visible(line)}")


@verbs.command()
@click.argument("rate", required=False)
@click.pass_obj
async def limit(shell: Shell, rate: str | None) -> None:
    """Limit all transfers together, those that run too: 1M, 512K; off for none."""
    if rate is not None:
        value = None if rate in ("off", "none", "0") else _rate(rate)
        shell.throttle.read.limit = shell.throttle.write.limit = value
    known = shell.throttle.read.limit
    await print_text("no limit" if known is None else format_rate(known))


def _rate(text: str) -> int:
    try:
        return parse_amount(text, least=1)
    except ValueError as error:
        raise click.UsageError(str(error)) from error


@verbs.command()
@click.pass_obj
async def jobs(shell: Shell) -> None:
    """Tell what goes on in the background, and how far it is."""
    now = anyio.current_time()
    for job in shell.jobs:
        moved = sum(job.moved.values())
        rate = moved / max(now - job.began, 0.001)
        state = job.end or f"{format_amount(moved)}, {format_rate(rate)}"
        await print_text(f"[{job.number}] {visible(job.text)}: {state}")


@verbs.command()
@click.pass_obj
async def wait(shell: Shell) -> None:
    """Wait until all jobs are over."""
    for job in shell.jobs:
        await job.done.wait()


@verbs.command()
@click.argument("number", type=int)
@click.pass_obj
async def kill(shell: Shell, number: int) -> None:
    """Stop a job."""
    if not 1 <= number <= len(shell.jobs):
        raise click.UsageError(f"there is no job {number}")
    shell.jobs[number - 1].scope.cancel()
    await shell.jobs[number - 1].done.wait()


async def run_here(line: str) -> None:
    """Have this machine's shell run a line.

    Raises:
        ToldAlready: it fails, with its status.

    Cancellation: the line is run to its end.
    """
    done = await anyio.to_thread.run_sync(lambda: subprocess.run(line, shell=True, check=False))
    if status := done.returncode:
        raise ToldAlready("", SIGNALLED - status if status < 0 else status)
