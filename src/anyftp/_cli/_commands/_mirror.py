"""`anyftp mirror`: make one folder like another, whichever of them is the server's."""

from __future__ import annotations

from contextlib import aclosing
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TypedDict, Unpack

import click

import anyftp
from anyftp import FTPError
from anyftp._cli._commands._plans import check_same, lines_of, plan_object, read_plan
from anyftp._cli._commands._sides import dry_run_option, max_delete_option, take_sides
from anyftp._cli._commands._watching import check_watchable, due_runs
from anyftp._cli._display._entries import print_json
from anyftp._cli._display._progress import Meter, TreeMeter, transfer_bars
from anyftp._cli._display._summary import Summary
from anyftp._cli._ending._run import run_interruptible
from anyftp._cli._given._param_type import Place
from anyftp._cli._given._url import RemoteURL
from anyftp._cli._reaching._access import Access
from anyftp._cli._reaching._items import ItemFailures, tell
from anyftp._cli._reaching._options import (
    Seconds,
    backend_option,
    jobs_option,
    json_option,
    limit_option,
    quiet_option,
    remote_options,
    verify_option,
)
from anyftp._cli._reaching._remote import Remote


class Mirroring(TypedDict):
    """The values of the options of this command alone, and of those of transfers."""

    delete: bool
    allow_empty: bool
    max_delete: int | float | None
    dry_run: bool
    include: tuple[str, ...]
    exclude: tuple[str, ...]
    verify: Literal["if-offered", "required"] | None
    jobs: int


@click.command()
@click.argument("local", nargs=-1, metavar="SRC DEST", callback=take_sides)
@click.option(
    "--delete", is_flag=True, help="Delete at DEST what SRC lacks, when all else is done."
)
@max_delete_option
@click.option("--allow-empty", is_flag=True, help="Delete also where SRC has nothing in it at all.")
@dry_run_option
@click.option(
    "--print-plan", is_flag=True, help="Change nothing; print the plan as JSON, for --plan."
)
@click.option(
    "--plan",
    "plan_file",
    type=Place(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Do what the plan in FILE says; nothing, if it would be another one by now.",
)
@click.option("--watch", is_flag=True, help="Go on: mirror again whenever something may be new.")
@click.option(
    "--interval",
    type=Seconds(),
    default=60.0,
    show_default=True,
    metavar="SECONDS",
    help="With --watch, how often to look at a remote SRC.",
)
@click.option(
    "--include", multiple=True, metavar="PATTERN", help="Only files that fit one of these."
)
@click.option(
    "--exclude", multiple=True, metavar="PATTERN", help="Leave out what fits; repeatable."
)
@verify_option
@jobs_option
@limit_option
@remote_options
@backend_option
@quiet_option
@json_option
def mirror(
    access: Access,
    url: RemoteURL,
    local: str,
    is_download: bool,
    print_plan: bool,
    plan_file: Path | None,
    watch: bool,
    interval: float,
    backend: str | None,
    quiet: bool,
    as_json: bool,
    **how: Unpack[Mirroring],
) -> None:
    """Make the folder DEST like the folder SRC; one of them is an FTP URL.

    What is new or different in size or time is transferred, and gets the time of its original, so
    that the next run transfers nothing. DEST itself becomes like SRC; it is made if it is missing.

    If something fails, the rest is transferred, and nothing is deleted.
    """
    how["dry_run"] = how["dry_run"] or print_plan
    wanted = None if plan_file is None else read_plan(plan_file)
    if wanted is not None and how["dry_run"]:
        raise click.UsageError("--plan cannot be combined with --dry-run")
    if watch and (how["dry_run"] or wanted is not None or as_json):
        raise click.UsageError("--watch cannot be combined with --dry-run, --plan or --json")
    remote = access.to(url)
    if watch:
        check_watchable(is_download=is_download)
        watched = Watched(remote, local, is_download, how, quiet)
        with remote.blamed(reads_files=not is_download):
            run_interruptible(lambda: watched.mirror(interval), backend)
        return
    shows_plan = how["dry_run"]
    with Summary(quiet=quiet, as_json=as_json and not shows_plan) as summary:
        items = ItemFailures(remote, reads_files=not is_download)

        async def mirror_once() -> anyftp.MirrorReport:
            with transfer_bars(quiet=quiet, limit_rate=remote.limit_rate) as meter:
                return await Run(remote, local, is_download, meter, how, items).mirror(wanted)

        with remote.blamed(reads_files=not is_download):
            report = run_interruptible(mirror_once, backend)
        if not shows_plan:
            summary.add(report.transfer, local if is_download else str(url))
    if print_plan or (shows_plan and as_json):
        print_json(plan_object(report.plan))
    elif shows_plan:
        for line in lines_of(report.plan):
            click.echo(line)
    items.check()


@dataclass(frozen=True, slots=True)
class Watched:
    """A mirror that runs again and again."""

    remote: Remote
    local: str
    is_download: bool
    how: Mirroring
    quiet: bool

    async def mirror(self, seconds: float) -> None:
        """Mirror whenever there may be something to do; a first run that fails is the last one.

        Cancellation: as that of one run.
        """
        due = due_runs(self.local, is_download=self.is_download, seconds=seconds)
        has_run = False
        async with aclosing(due):
            async for _ in due:
                try:
                    await self._once()
                except BrokenPipeError:
                    raise
                except (FTPError, OSError) as error:
                    if not has_run:
                        raise
                    reads_files = not self.is_download
                    tell(self.remote.failure(error, reads_files=reads_files), error)
                has_run = True

    async def _once(self) -> None:
        items = ItemFailures(self.remote, reads_files=not self.is_download)
        with Summary(quiet=self.quiet) as summary:
            with transfer_bars(quiet=self.quiet, limit_rate=self.remote.limit_rate) as meter:
                run = Run(self.remote, self.local, self.is_download, meter, self.how, items)
                report = await run.mirror(None)
            if not report.plan.is_empty:
                place = self.local if self.is_download else str(self.remote.url)
                summary.add(report.transfer, place)


@dataclass(frozen=True, slots=True)
class Run:
    """One run of a mirror."""

    remote: Remote
    local: str
    is_download: bool
    meter: Meter | None
    how: Mirroring
    items: ItemFailures

    async def mirror(self, wanted: anyftp.MirrorPlan | None) -> anyftp.MirrorReport:
        """Mirror; if a plan is wanted, only if that is still what is to be done.

        Cancellation: nothing has been deleted unless all had been transferred.
        """
        async with self.remote.connect() as client:
            how = self.how
            if wanted is not None:
                report = await self.once(client, {**how, "dry_run": True})
                check_same(wanted, report.plan)
                how = {**how, "max_delete": len(wanted.delete)}
            return await self.once(client, how)

    async def once(
        self, client: anyftp.Client, how: Mirroring | None = None
    ) -> anyftp.MirrorReport:
        """Mirror over a client. Cancellation: as that of the client's method."""
        how = how or self.how
        path, meter = self.remote.url.path, self.meter
        is_shown = not how["dry_run"]
        on_plan = meter.expect_plan if is_shown and isinstance(meter, TreeMeter) else None
        if self.is_download:
            return await client.mirror_download(
                path, self.local, progress=meter, on_error=self.items, on_plan=on_plan, **how
            )
        return await client.mirror_upload(
            self.local,
            path,
            progress=meter,
            on_error=self.items,
            on_plan=on_plan,
            atomic="if-possible",
            **how,
        )
