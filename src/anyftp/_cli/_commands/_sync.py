"""`anyftp sync`: keep a local and a remote folder alike, whichever of them is changed."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path, PurePosixPath
from typing import Any, Literal, TypedDict, Unpack

import click

import anyftp
from anyftp._cli._commands._sides import dry_run_option, max_delete_option, take_sides
from anyftp._cli._display._entries import print_json
from anyftp._cli._display._progress import transfer_bars
from anyftp._cli._display._summary import Summary, report_object
from anyftp._cli._ending._run import run_interruptible
from anyftp._cli._given._param_type import Place
from anyftp._cli._given._url import RemoteURL
from anyftp._cli._reaching._access import Access
from anyftp._cli._reaching._items import ItemFailures
from anyftp._cli._reaching._options import (
    backend_option,
    jobs_option,
    json_option,
    limit_option,
    quiet_option,
    remote_options,
    verify_option,
)
from anyftp._cli._reaching._remote import Remote
from anyftp._protocol import visible

#: What is done, and how the lines for people and scripts call it.
DONE = {
    "make_local": "make here",
    "make_remote": "make there",
    "conflicts": "keep both",
    "download": "download",
    "upload": "upload",
    "delete_local": "delete here",
    "delete_remote": "delete there",
    "skipped": "pass over",
}


class Syncing(TypedDict):
    """The values of the options of this command alone, and of those of transfers."""

    allow_empty: bool
    max_delete: int | float | None
    dry_run: bool
    exclude: tuple[str, ...]
    verify: Literal["if-offered", "required"] | None
    jobs: int


@click.command()
@click.argument("local", nargs=-1, metavar="FOLDER URL", callback=take_sides)
@click.option(
    "--state",
    type=Place(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Where it is remembered what both had (default: a file of the user's for each pair).",
)
@max_delete_option
@click.option("--allow-empty", is_flag=True, help="Believe a folder that has become empty.")
@dry_run_option
@click.option(
    "--exclude", multiple=True, metavar="PATTERN", help="Leave alone what fits; repeatable."
)
@verify_option
@jobs_option
@limit_option
@remote_options
@backend_option
@quiet_option
@json_option
def sync(
    access: Access,
    url: RemoteURL,
    local: str,
    is_download: bool,
    state: Path | None,
    backend: str | None,
    quiet: bool,
    as_json: bool,
    **how: Unpack[Syncing],
) -> None:
    """Make FOLDER and the folder at URL alike, whichever of them was changed since the last time.

    What is new or changed on one side is copied to the other; what was removed on one is removed on
    the other, unless it was changed there. What was changed on both is kept twice, on both sides:
    the server's version as NAME.conflict. A first sync deletes nothing; it makes a folder that is
    missing.
    """
    del is_download  # the two may stand in either order
    remote = access.to(url)
    file = state or default_state(remote, local)
    items = ItemFailures(remote)

    async def sync_once() -> anyftp.SyncReport:
        with transfer_bars(quiet=quiet, limit_rate=remote.limit_rate) as meter:
            async with remote.connect() as client:
                return await client.sync(
                    local,
                    url.path,
                    state=file,
                    progress=meter,
                    on_error=items,
                    on_plan=None if meter is None else meter.expect_plan,
                    **how,
                )

    is_shown = how["dry_run"]
    with Summary(quiet=quiet) as summary:
        with remote.blamed():
            report = run_interruptible(sync_once, backend)
        if not is_shown:
            summary.add(report.transfer, str(url))
    if as_json:
        told = {} if is_shown else {"transfer": report_object(report.transfer)}
        print_json({"plan": plan_object(report.plan), "state": str(file), **told})
    elif is_shown:
        for line in lines_of(report.plan):
            click.echo(line)
    elif not quiet:
        for old, new in report.plan.conflicts:
            both = f"{_shown(old)}, and as {_shown(new)}"
            click.echo(f"anyftp: changed on both sides, and kept twice: {both}", err=True)
    items.check()


def default_state(remote: Remote, local: str) -> Path:
    """The file for a pair of folders, among what the platform keeps of a user's programs."""
    from platformdirs import user_state_path

    pair = (os.path.abspath(local), remote.user, str(remote.url))
    name = hashlib.sha256("\0".join(pair).encode("utf-8", "surrogateescape")).hexdigest()[:16]
    return user_state_path("anyftp", appauthor=False) / "sync" / f"{name}.json"


def plan_object(plan: anyftp.SyncPlan) -> dict[str, Any]:
    """A plan as JSON has it: lists of paths by the names of its attributes, and sizes."""
    lists = [field.name for field in fields(plan) if field.name != "sizes"]
    sizes = {str(path): nbytes for path, nbytes in plan.sizes.items()}
    told = {name: [_plain(each) for each in getattr(plan, name)] for name in lists}
    return {**told, "sizes": sizes}


def _plain(each: PurePosixPath | tuple[PurePosixPath, ...]) -> str | list[str]:
    return [str(path) for path in each] if isinstance(each, tuple) else str(each)


def lines_of(plan: anyftp.SyncPlan) -> Iterator[str]:
    """One line a thing, in words that a script can look for."""
    for name, word in DONE.items():
        for each in getattr(plan, name):
            paths = each if isinstance(each, tuple) else (each,)
            yield "\t".join([word, *map(_shown, paths)])


def _shown(path: PurePosixPath) -> str:
    return visible(str(path))
