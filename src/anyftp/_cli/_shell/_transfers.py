"""What moves data, in the foreground or as a job: get, put and mirror."""

from __future__ import annotations

import os
from collections.abc import Sequence

import click

from anyftp import Client
from anyftp._cli._commands._get import Fetch
from anyftp._cli._commands._mirror import Mirroring, Run
from anyftp._cli._commands._plans import lines_of
from anyftp._cli._commands._put import Atomic, Send, matches
from anyftp._cli._display._output import print_text
from anyftp._cli._display._progress import Meter, is_watched, transfer_bars
from anyftp._cli._display._summary import Summary
from anyftp._cli._given._param_type import Place
from anyftp._cli._reaching._items import ItemFailures
from anyftp._cli._reaching._options import Copying, Fetching
from anyftp._cli._shell._state import Shell, ShortFailures, Work

_background = click.option("-b", "--background", is_flag=True, help="Go on meanwhile, as with &.")


@click.command()
@click.argument("paths", nargs=-1, required=True, type=Place())
@click.option("-o", "dest", default="./", help="Where to.")
@click.option("-c", "resume", is_flag=True, help="Go on with parts.")
@click.option("-j", "jobs", type=click.IntRange(min=1), default=1, help="How many files at once.")
@_background
@click.pass_obj
async def get(
    shell: Shell, paths: Sequence[str], dest: str, resume: bool, jobs: int, background: bool
) -> None:
    """Download files, folders, and what fits patterns."""
    how: Fetching = {
        "resume": resume,
        "verify": None,
        "keep_times": False,
        "jobs": jobs,
        "segments": 1,
    }

    async def work(client: Client, meter: Meter | None) -> None:
        with Summary(quiet=background) as summary:
            fetch = Fetch(dest, len(paths) > 1, how, meter, summary)
            await shell.at_each(client, paths, fetch)

    await _carry_out(shell, f"get {' '.join(paths)}", work, background)


@click.command()
@click.argument("sources", nargs=-1, required=True, type=Place())
@click.option("-o", "dest", default="", help="Where to.")
@click.option("-c", "resume", is_flag=True, help="Go on with parts.")
@click.option("-j", "jobs", type=click.IntRange(min=1), default=1, help="How many files at once.")
@_background
@click.pass_obj
async def put(
    shell: Shell, sources: Sequence[str], dest: str, resume: bool, jobs: int, background: bool
) -> None:
    """Upload files, folders, and what fits patterns."""
    how: Copying = {"resume": resume, "verify": None, "keep_times": False, "jobs": jobs}
    found = [path for source in sources for path in matches(source)]
    place = shell.place(dest)

    async def work(client: Client, meter: Meter | None) -> None:
        with Summary(quiet=background) as summary:
            atomic: Atomic = False if resume else "if-possible"
            send = Send(found, how, atomic, meter, summary)
            failures = ShortFailures(reads_files=True)
            for _ in found:
                with failures.told(place):
                    await send(client, place)
            failures.check()

    await _carry_out(shell, f"put {' '.join(sources)}", work, background)


@click.command()
@click.argument("source", type=Place())
@click.argument("dest", default="")
@click.option("-R", "--reverse", is_flag=True, help="Upload: SOURCE is here, DEST there.")
@click.option("-e", "--delete", is_flag=True, help="Delete at DEST what SOURCE lacks.")
@click.option("-n", "--dry-run", is_flag=True, help="Only tell what would be done.")
@click.option("-j", "jobs", type=click.IntRange(min=1), default=1, help="How many files at once.")
@_background
@click.pass_obj
async def mirror(
    shell: Shell,
    source: str,
    dest: str,
    reverse: bool,
    delete: bool,
    dry_run: bool,
    jobs: int,
    background: bool,
) -> None:
    """Make the folder DEST like the folder SOURCE, whose name it has unless told."""
    dest = dest or os.path.basename(source.rstrip("/")) or "."
    remote, local = (dest, source) if reverse else (source, dest)
    how: Mirroring = {
        "delete": delete,
        "allow_empty": False,
        "max_delete": None,
        "dry_run": dry_run,
        "include": (),
        "exclude": (),
        "verify": None,
        "jobs": jobs,
    }
    place = shell.place(remote)

    async def work(client: Client, meter: Meter | None) -> None:
        items = ItemFailures(place, reads_files=reverse)
        with Summary(quiet=background) as summary:
            report = await Run(place, local, not reverse, meter, how, items).once(client)
            if dry_run:
                await print_text("\n".join(lines_of(report.plan)))
            else:
                summary.add(report.transfer, dest)
        items.check()

    await _carry_out(shell, f"mirror {source} {dest}", work, background)


async def _carry_out(shell: Shell, text: str, work: Work, background: bool) -> None:
    if background:
        job = await shell.start(text, work)
        shell.tell(f"[{job.number}] {text}")
        return
    limit = shell.throttle.read.limit
    with transfer_bars(quiet=not is_watched(), limit_rate=int(limit) if limit else None) as meter:
        await work(shell.client, meter or (lambda progress: None))
