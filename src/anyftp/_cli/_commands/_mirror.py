"""`anyftp mirror`: make one folder like another, whichever of them is the server's."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import PurePosixPath
from typing import Literal, TypedDict, Unpack

import click

from anyftp import MirrorPlan, MirrorReport
from anyftp._cli._display._progress import Meter, transfer_bars
from anyftp._cli._display._summary import Summary
from anyftp._cli._ending._run import run_interruptible
from anyftp._cli._given._url import RemoteURL
from anyftp._cli._reaching._access import Access
from anyftp._cli._reaching._options import (
    backend_option,
    is_remote,
    jobs_option,
    limit_option,
    quiet_option,
    remote_options,
    url_of,
    verify_option,
)
from anyftp._cli._reaching._remote import Remote
from anyftp._protocol import visible


class Mirroring(TypedDict):
    """The values of the options of this command alone, and of those of transfers."""

    delete: bool
    dry_run: bool
    include: tuple[str, ...]
    exclude: tuple[str, ...]
    verify: Literal["if-offered", "required"] | None
    jobs: int


def _take_sides(ctx: click.Context, param: click.Parameter, texts: tuple[str, str]) -> object:
    """Find out which of the two is the URL; gives it parsed, and the local folder in its place."""
    is_url = [is_remote(text) for text in texts]
    if is_url.count(True) != 1:
        raise click.UsageError("one of SRC and DEST must be a URL, the other a folder")
    url = url_of(texts[is_url.index(True)])
    if url.kind != "I":
        raise click.UsageError("a mirror compares sizes, which text does not keep: no ;type=a")
    ctx.params["url"] = url
    ctx.params["is_download"] = is_url[0]
    return texts[is_url.index(False)]


@click.command()
@click.argument("local", nargs=2, metavar="SRC DEST", callback=_take_sides)
@click.option(
    "--delete", is_flag=True, help="Delete at DEST what SRC lacks, when all else is done."
)
@click.option("-n", "--dry-run", is_flag=True, help="Change nothing; print what would be done.")
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
def mirror(
    access: Access,
    url: RemoteURL,
    local: str,
    is_download: bool,
    backend: str | None,
    quiet: bool,
    **how: Unpack[Mirroring],
) -> None:
    """Make the folder DEST like the folder SRC; one of them is an FTP URL.

    What is new or different in size or time is transferred, and gets the time of its original, so
    that the next run transfers nothing. DEST itself becomes like SRC; it is made if it is missing.
    """
    remote = access.to(url)
    with Summary(quiet=quiet) as summary:
        with remote.blamed(reads_files=not is_download), transfer_bars(quiet=quiet) as meter:
            report = run_interruptible(
                lambda: _mirror(remote, local, is_download, meter, how), backend
            )
        if report.is_dry_run:
            _print_plan(report.plan)
        else:
            summary.add(report.transfer, local if is_download else str(url))


async def _mirror(
    remote: Remote, local: str, is_download: bool, meter: Meter | None, how: Mirroring
) -> MirrorReport:
    async with remote.connect() as client:
        if is_download:
            return await client.mirror_download(remote.url.path, local, progress=meter, **how)
        return await client.mirror_upload(local, remote.url.path, progress=meter, **how)


def _print_plan(plan: MirrorPlan) -> None:
    """One line a thing, in words that a script can look for."""
    _print("make", plan.make)
    _print("transfer", plan.transfer)
    _print("replace", plan.replace)
    _print("delete", plan.delete)
    _print("pass over", plan.skipped)


def _print(what: str, paths: Iterable[PurePosixPath]) -> None:
    for path in paths:
        click.echo(f"{what}\t{visible(str(path))}")
