"""Keeping a local and a remote folder alike: look, decide, copy, delete, remember.

Everything is looked at before anything is decided, and everything is copied before anything is
deleted. What both sides have is remembered as it is done, and written down whatever ends the call.

What is remembered of a copy is what was seen of its original before it was copied: should that
change meanwhile, it differs from what is remembered, and the next sync copies it again.
"""

from __future__ import annotations

import errno
from collections import defaultdict
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import PurePosixPath
from typing import NamedTuple

import anyio
from anyio import to_thread

from anyftp._client._copying._download import FileDownload
from anyftp._client._copying._job import Job
from anyftp._client._copying._upload import FileUpload, send_all
from anyftp._client._copying._verify import check_verifiable
from anyftp._client._copying._version import version_of
from anyftp._client._copying._workers import Workers
from anyftp._client._listing._portions import Portions, worked_out
from anyftp._client._mirroring._job import MirrorJob
from anyftp._client._mirroring._plan import Kind, PlanReport, Selection, Thing, parents_of
from anyftp._client._mirroring._sides import HERE, LocalSide, RemoteSide, thing_of
from anyftp._client._mirroring._unlisted import find_unlisted
from anyftp._client._remote._attributes import modified
from anyftp._client._remote._removal import rename
from anyftp._client._session._features import has_feature
from anyftp._client._syncing._as_seen import (
    SeenTarget,
    SeenUpload,
    changed_meanwhile,
    is_still_there,
    was_changed,
)
from anyftp._client._syncing._content import has_same_checksum, has_same_content
from anyftp._client._syncing._look import Sides
from anyftp._client._syncing._memory import read_memory, write_memory
from anyftp._client._syncing._merge import Known, Memory, Merge, SyncPlan, Things, is_as_it_was
from anyftp._errors import (
    FileSystemError,
    RemoteProtocolError,
    ReplyError,
)
from anyftp._protocol import KnownEntry

_ROOT = PurePosixPath("/")


class SyncReport(PlanReport[SyncPlan]):
    """What a sync came to: its `plan`, the `transfer` of that, and whether `is_dry_run`."""

    __slots__ = ()


@dataclass(slots=True)
class Sync:
    """One call.

    Attributes:
        job: what is asked for, over the caller's session.
        state: the file in which is remembered what both sides had.
        pair: the two folders that it is about.
    """

    job: MirrorJob
    local: LocalSide
    remote: RemoteSide
    state: str
    pair: list[str]
    memory: Memory = field(default_factory=dict)

    async def run(self) -> SyncReport:
        """Find out what is to be done, and unless it is only for show, do it.

        Cancellation: what was done is remembered; nothing has been deleted unless all was copied.
        """
        job = self.job
        await check_verifiable(job)
        self.memory = await to_thread.run_sync(read_memory, self.state, self.pair)
        before = dict(self.memory)
        if before and not self.local.exists:
            raise FileSystemError(errno.ENOENT, self.pair[0])
        sides = Sides(self.local, self.remote, Selection((), job.exclude))
        await sides.look(job, is_first=not before, allow_empty=job.allow_empty)
        nfound = len(before) + len(sides.here) + len(sides.there)
        merge = Merge(self.memory, sides.here, sides.there, sides.skipped)
        await self._ask_times(job, merge)
        await self._compare_contents(job, merge)
        plan = await worked_out(nfound, merge.plan)
        count = len(plan.delete_local) + len(plan.delete_remote)
        if count:
            job.check_amount(count, len(before))
            await self.remote.prove(job)
        if job.on_plan is not None:
            job.on_plan(plan)
        if not job.dry_run:
            await self._carry_out_and_remember(job, plan, merge, has_remote=sides.has_remote)
        async for portion in Portions(plan.skipped):
            job.tally.skipped += [str(self.remote.root / path) for path in portion]
        return SyncReport(plan, job.report(), is_dry_run=job.dry_run)

    async def _ask_times(self, job: Job, merge: Merge) -> None:
        """LIST tells times in minutes at best, in a zone that nobody tells: have MDTM decide."""
        async for portion in Portions([*merge.remote.items()]):
            for path, thing in portion:
                known = merge.memory.get(path)
                if thing.kind != "file" or thing.precision <= 1:
                    continue
                if known is None and path not in merge.local:
                    continue  # it is new, whenever that was
                if known is None or not is_as_it_was(thing, known.remote):
                    with suppress(ReplyError, RemoteProtocolError):
                        time = (await modified(job.session, self.remote.root / path)).timestamp()
                        merge.remote[path] = replace(thing, modified=time, precision=1.0)

    async def _compare_contents(self, job: Job, merge: Merge) -> None:
        """Find out what is the same where memory, sizes and times do not prove it.

        What nothing is remembered of is believed to be, unless the server's checksum denies it:
        to read two large folders at a first sync would take as long as to copy them.
        """
        same: set[PurePosixPath] = set()
        different: set[PurePosixPath] = set()
        nthings = len(merge.local) + len(merge.remote)
        for path in await worked_out(nthings, merge.doubtful):
            nbytes = merge.remote[path].size or 0
            target = self._target(path, merge)
            is_same = await has_same_content(job, target, self.remote.root / path, nbytes)
            (same if is_same else different).add(path)
        for path in await worked_out(nthings, merge.unproven):
            target = self._target(path, merge)
            is_equal = await has_same_checksum(job, target, self.remote.root / path)
            if is_equal is not None:
                (same if is_equal else different).add(path)
        merge.same, merge.different = same, different

    async def _carry_out_and_remember(
        self, job: Job, plan: SyncPlan, merge: Merge, *, has_remote: bool
    ) -> None:
        def look_back() -> None:
            self._remember(plan.unchanged, merge.local, merge.remote)
            self._forget_what_is_gone(merge)

        try:
            await worked_out(len(merge.local) + len(merge.remote), look_back)
            await self._carry_out(job, plan, merge, has_remote=has_remote)
        finally:
            with anyio.CancelScope(shield=True):
                await to_thread.run_sync(write_memory, self.state, self.pair, self.memory)

    async def _carry_out(self, job: Job, plan: SyncPlan, merge: Merge, *, has_remote: bool) -> None:
        if not self.local.exists:
            await self.local.make(job, HERE)
        if not has_remote:
            await self.remote.make(job, HERE)
        renamed = await self._rename(job, plan, merge)
        for path in filter(renamed.allows, plan.make_local):
            await self.local.make(job, path)
        for path in filter(renamed.allows, plan.make_remote):
            with job.passing_over(self.remote.root / path):
                await self.remote.make(job, path)
        await self._download(job, filter(renamed.allows, plan.download), merge)
        uploads = list(filter(renamed.allows, plan.upload))
        await self._upload(job, uploads, merge)
        new = [path for path in (*plan.make_remote, *uploads) if path not in merge.remote]
        sent = _Arrived(self.remote.root, {*job.tally.failed})
        new = list(filter(sent.has, filter(renamed.allows, new)))
        unlisted = await find_unlisted(job, self.remote, new)
        sent.lost.update(str(self.remote.root / path) for path in unlisted)
        nthings = len(merge.local) + len(merge.remote)
        await worked_out(nthings, lambda: self._remember_folders(plan, merge, sent))
        await self._remember_uploads(job, list(filter(sent.has, uploads)), merge)
        for path, error in unlisted.items():
            with job.passing_over(self.remote.root / path):
                raise error
        if not job.tally.failed:
            await self._delete(job, plan, merge)

    async def _rename(self, job: Job, plan: SyncPlan, merge: Merge) -> _Renamed:
        """Give the server's versions of what is in conflict other names."""
        failed: list[PurePosixPath] = []
        for old, new in plan.conflicts:
            path = self.remote.root / old
            with job.passing_over(path):
                if not await is_still_there(job, self.remote.root / new, None):
                    raise changed_meanwhile(new)
                await rename(job.session, path, self.remote.root / new)
                for known in [p for p in self.memory if p == old or old in p.parents]:
                    del self.memory[known]
                continue
            failed += [old, new]
        return _Renamed(tuple(failed))

    async def _download(self, job: Job, paths: Iterable[PurePosixPath], merge: Merge) -> None:
        workers = Workers(of_items=True)
        async for portion in Portions(paths):
            for path in portion:
                workers.add_file(self._download_of(path, merge))
        if workers.has_tasks:
            await workers.run(job, job.jobs)

    def _download_of(self, path: PurePosixPath, merge: Merge) -> _Download:
        thing = merge.remote[path]
        time = None if thing.modified is None else datetime.fromtimestamp(thing.modified, UTC)
        entry = KnownEntry(path.name, "file", size=thing.size, modified=time)
        task = FileDownload(self.remote.root / path, entry, self._target(path, merge))
        return _Download(task, self, path, merge)

    async def _upload(self, job: Job, paths: list[PurePosixPath], merge: Merge) -> None:
        workers = Workers(of_items=True)
        for path in paths:
            task = FileUpload(self._target(path, merge), self.remote.root / path)
            workers.add_file(SeenUpload(task, path, merge.remote.get(path)))
        if workers.has_tasks:
            await send_all(job, workers)

    async def _remember_uploads(self, job: Job, paths: list[PurePosixPath], merge: Merge) -> None:
        takes_times = await has_feature(job.session, "MFMT")
        untimed = set(job.tally.untimed)
        for path in paths:
            name = str(self.remote.root / path)
            theirs = mine = merge.local[path]
            if not takes_times or name in untimed:
                theirs = Thing("file", mine.size, None)
                with suppress(ReplyError, RemoteProtocolError):
                    theirs = thing_of(await version_of(job.session, self.remote.root / path))
            self.memory[path] = Known(mine, theirs)

    async def _delete(self, job: Job, plan: SyncPlan, merge: Merge) -> None:
        """Delete what is still as it was when it was looked at, and folders that held no more."""
        left: set[PurePosixPath] = set()

        async def is_still(path: PurePosixPath) -> bool:
            is_so = await is_still_there(job, self.remote.root / path, merge.remote[path])
            left.update(() if is_so else (path,))
            return is_so

        files, folders = _by_kind(plan.delete_local, merge.local)
        for path in files:
            with job.passing_over(path):
                if not await self._target(path, merge).remove():
                    left.add(path)
        await self.local.remove(job, (), [path for path in folders if path not in parents_of(left)])
        files, folders = _by_kind(plan.delete_remote, merge.remote)
        await self.remote.remove(job, files, folders, is_still=is_still)
        failed = {*job.tally.failed}
        for path in (*plan.delete_local, *plan.delete_remote):
            is_gone = path not in left and path not in parents_of(left)
            if is_gone and failed.isdisjoint((str(path), str(self.remote.root / path))):
                self.memory.pop(path, None)

    def _target(self, path: PurePosixPath, merge: Merge) -> SeenTarget:
        return SeenTarget(self.local.files, _ROOT / path, merge.local.get(path))

    def _remember(self, paths: Iterable[PurePosixPath], local: Things, remote: Things) -> None:
        for path in paths:
            self.memory[path] = Known(local[path], remote[path])

    def _remember_folders(self, plan: SyncPlan, merge: Merge, sent: _Arrived) -> None:
        made = {*plan.make_local, *filter(sent.has, plan.make_remote)}
        for path, thing in {**merge.local, **merge.remote}.items():
            is_on_both = path in made or (path in merge.local and path in merge.remote)
            if thing.kind == "dir" and is_on_both:
                self.memory[path] = Known(Thing("dir"), Thing("dir"))

    def _forget_what_is_gone(self, merge: Merge) -> None:
        for path in list(self.memory):
            is_hidden = path in merge.skipped or not merge.skipped.isdisjoint(path.parents)
            is_gone = path not in merge.local and path not in merge.remote
            # What the merge has not in its memory is in conflict: that is forgotten when renamed.
            if is_gone and not is_hidden and path in merge.memory:
                del self.memory[path]


def _by_kind(
    paths: Iterable[PurePosixPath], things: Things
) -> tuple[list[PurePosixPath], list[PurePosixPath]]:
    """Files, and folders."""
    found: dict[Kind, list[PurePosixPath]] = defaultdict(list)
    for path in paths:
        found[things[path].kind].append(path)
    return found["file"], found["dir"]


class _Renamed(NamedTuple):
    """What could not be renamed: neither the old name nor the new one is touched."""

    failed: tuple[PurePosixPath, ...]

    def allows(self, path: PurePosixPath) -> bool:
        """Whether a file can be moved."""
        return not any(path == each or each in path.parents for each in self.failed)


class _Arrived(NamedTuple):
    """What was sent or made, and came there under its name: that alone is on both sides now."""

    root: PurePosixPath
    lost: set[str]

    def has(self, path: PurePosixPath) -> bool:
        """Whether neither it nor a folder that it is in was lost."""
        full = self.root / path
        return not self.lost or self.lost.isdisjoint(map(str, (full, *full.parents)))


class _Download(NamedTuple):
    """A download that is remembered once it is here, and replaces nothing that has changed."""

    task: FileDownload
    sync: Sync
    path: PurePosixPath
    merge: Merge

    @property
    def remote(self) -> PurePosixPath:
        """See `Task`."""
        return self.task.remote

    async def __call__(self, job: Job, workers: Workers) -> None:
        try:
            await self.task(job, workers)
        except FileSystemError as error:
            if was_changed(error):
                raise changed_meanwhile(self.path) from error
            raise
        ours = theirs = self.merge.remote[self.path]
        if theirs.precision > 1 or str(self.remote) in job.tally.untimed:
            # Its time is not known to be what is told of theirs, to the second; so it is looked at.
            found = await self.sync.local.files.stat(_ROOT / self.path)
            ours = Thing("file", theirs.size, found.modified)
        self.sync.memory[self.path] = Known(ours, theirs)
