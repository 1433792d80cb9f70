"""Making one folder like another, in either direction.

First everything is compared, and nothing is changed; then folders are made and files transferred;
and only when all of that went well, what the source lacks is deleted. What stands in the way of
something of another kind is deleted then, too, and what it was in the way of follows at the end.

A file counts as the same if its size is the same and its time is, as exactly as both sides tell.
Copies get the times of their originals, so that the next mirror finds them the same. LIST tells
times in minutes at best, and in a zone that nobody tells: where such a time differs, MDTM is asked.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, field, replace
from itertools import chain
from pathlib import PurePosixPath

from anyftp._client._copying._download import FileDownload, ResumedDownload
from anyftp._client._copying._job import Job
from anyftp._client._copying._local import Target
from anyftp._client._copying._placing import Placing
from anyftp._client._copying._reading_ahead import ReadingAhead
from anyftp._client._copying._upload import FileUpload, send_all
from anyftp._client._copying._verify import check_verifiable
from anyftp._client._copying._version import version_of
from anyftp._client._copying._workers import Task, Workers
from anyftp._client._listing._portions import Portions, worked_out
from anyftp._client._mirroring._findings import Findings, Verdict
from anyftp._client._mirroring._job import MirrorJob
from anyftp._client._mirroring._plan import (
    MirrorPlan,
    MirrorReport,
    Selection,
    Thing,
    parents_of,
)
from anyftp._client._mirroring._sides import HERE, LocalSide, RemoteSide, Side, thing_of
from anyftp._client._mirroring._unlisted import beside, find_unlisted
from anyftp._client._remote._attributes import modified
from anyftp._client._remote._stat import hides_dots
from anyftp._client._session._features import has_feature
from anyftp._errors import (
    LocalProtocolError,
    NameCollisionError,
    RemoteProtocolError,
    ReplyError,
)
from anyftp._protocol import collisions, fold_name

_ROOT = PurePosixPath("/")


@dataclass(slots=True)
class Mirror:
    """One call: both sides, what is asked for, and what has been found so far.

    Attributes:
        job: what is asked for, over the caller's session.
    """

    job: MirrorJob
    local: LocalSide
    remote: RemoteSide
    is_download: bool
    selection: Selection = field(init=False)
    found: Findings = field(default_factory=Findings)

    def __post_init__(self) -> None:
        self.selection = Selection(self.job.include, self.job.exclude)

    @property
    def source(self) -> Side:
        """What is copied."""
        return self.remote if self.is_download else self.local

    @property
    def target(self) -> Side:
        """What becomes like it."""
        return self.local if self.is_download else self.remote

    async def compare(self) -> MirrorPlan:
        """Find out what is to be done; nothing is changed.

        Raises:
            LocalProtocolError: something is in the way of something of another kind; or more
                would be deleted than is allowed.
            ReplyError: things would be deleted, and the remote one of the two is no folder.
            ListingError: things would be deleted because of a listing that may not be whole.
            UnsafeNameError: a listing holds a name that would lead elsewhere.

        Cancellation: safe.
        """
        job = self.job
        await check_verifiable(job)
        workers = Workers(of_items=True)
        workers.add_folder(_Comparison(self, HERE), is_root=True)
        await workers.run(job, job.jobs)
        found = self.found
        nfound = len(found.verdicts) + len(found.doomed) + len(found.make)
        await worked_out(nfound, self._spare_folders)
        if job.delete and found.doomed:
            job.check_amount(len(found.doomed), found.target_count)
            await self.remote.prove(job)
        return await worked_out(nfound, found.plan)

    async def carry_out(self, plan: MirrorPlan) -> None:
        """Do what was found; nothing is deleted where something could not be had.

        Cancellation: files that are whole stay; nothing has been deleted unless all came over.
        """
        job = self.job
        if not self.target.exists:
            await self.target.make(job, HERE)
        await self._copy(plan, late=False)
        if not job.tally.failed:
            await self._check_names(plan)
        if job.tally.failed:
            return
        doomed = self.found.doomed.items()
        files = [path for path, is_folder in doomed if not is_folder]
        folders = [path for path, is_folder in doomed if is_folder]
        await self.target.remove(job, files, folders)
        await self._copy(plan, late=True)

    async def _check_names(self, plan: MirrorPlan) -> None:
        """Where something is to be deleted, see that it is not what has just been put there.

        Raises:
            ListingError: it may be: the listing lacks a name that was put into the same folder.

        Cancellation: safe.
        """
        new = beside(self.found.doomed, filter(self._is_early, chain(plan.make, plan.transfer)))
        for path, error in (await find_unlisted(self.job, self.target, new)).items():
            with self.job.passing_over(self.remote.root / path):
                raise error

    def _spare_folders(self) -> None:
        """Keep the folders in which something stays; make only those that are of use."""
        found = self.found
        kept = parents_of(found.spared)
        if blocked := sorted(found.late & kept):
            raise LocalProtocolError(
                f"{blocked[0]}: the folder in its way holds what the mirror leaves out"
            )
        found.doomed = {
            path: is_folder
            for path, is_folder in found.doomed.items()
            if not (is_folder and path in kept)
        }
        if self.selection.is_by_name:
            moved = found.having("transfer") + found.having("replace")
            found.make &= parents_of(moved)

    async def _copy(self, plan: MirrorPlan, *, late: bool) -> None:
        job, workers = self.job, Workers(of_items=True)
        placing, ahead = Placing(), ReadingAhead(self.local.files)
        async for portion in Portions(plan.make):
            for path in filter(self._is_late if late else self._is_early, portion):
                with job.passing_over(self.remote.root / path):
                    await self.target.make(job, path)
        async for portion in Portions(chain(plan.transfer, plan.replace)):
            for path in filter(self._is_late if late else self._is_early, portion):
                workers.add_file(self._task(path, placing, ahead))
        if workers.has_tasks:
            work = workers.run(job, job.jobs) if self.is_download else send_all(job, workers)
            await placing.during(work)

    def _is_late(self, path: PurePosixPath) -> bool:
        late = self.found.late
        return path in late or not late.isdisjoint(path.parents)

    def _is_early(self, path: PurePosixPath) -> bool:
        return not self._is_late(path)

    def _task(self, path: PurePosixPath, placing: Placing, ahead: ReadingAhead) -> Task:
        inside, remote = _ROOT / path, self.remote.root / path
        if not self.is_download and not self.job.resume:
            return FileUpload(ahead.expect(inside), remote)
        local = Target(self.local.files, inside)
        if not self.is_download:
            return FileUpload(local, remote)
        download = FileDownload(remote, self.remote.entries[path], local, placing)
        # A file that differs by its time alone would be taken for whole by a resuming download.
        if self.job.resume and self.found.verdicts[path] == "transfer":
            return ResumedDownload(download)
        return download


async def mirror(task: Mirror) -> MirrorReport:
    """Compare, and unless it is only for show, make the destination like the source.

    Cancellation: files that are whole stay; nothing has been deleted unless all came over.
    """
    job = task.job
    plan = await task.compare()
    async for portion in Portions(plan.skipped):
        job.tally.skipped += [str(task.remote.root / path) for path in portion]
    if job.on_plan is not None:
        job.on_plan(plan)
    if not job.dry_run:
        await task.carry_out(plan)
    return MirrorReport(plan, job.report(), is_dry_run=job.dry_run)


@dataclass(slots=True)
class _Found(Findings):
    """What came of one folder; taken over at once when all of it is known."""

    below: list[_Comparison] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Comparison:
    """One folder, on both sides or on one of them."""

    mirror: Mirror
    inside: PurePosixPath
    in_source: bool = True
    in_target: bool = True

    @property
    def remote(self) -> PurePosixPath:
        """See `Task`."""
        return self.mirror.remote.root / self.inside

    async def __call__(self, job: Job, workers: Workers) -> None:
        mirror, found = self.mirror, _Found()
        theirs, ours = {}, {}
        if self.in_source:
            theirs = await mirror.source.look(job, self.inside, strict=mirror.job.delete)
            job.tally.directories += 1
        if self.in_target:
            ours = await mirror.target.look(job, self.inside, strict=False)
            found.target_count = len(ours)
        if self.in_source and self.in_target and hides_dots(job.session):
            await self._mind_hidden(job, theirs, ours, found)
        if self.in_source and ours | theirs:
            ours = await self._like_names(theirs, ours, found)
        if self.inside == HERE and mirror.job.delete:
            mirror.job.check_source(len(theirs), len(ours))
        async for names in Portions({**theirs, **ours}):
            for name in names:
                old, new = theirs.get(name), ours.get(name)
                await self._compare(job, self.inside / name, old, new, found)
        mirror.found.add(found)
        async for comparisons in Portions(found.below):
            for comparison in comparisons:
                workers.add_folder(comparison)

    async def _mind_hidden(
        self, job: Job, theirs: dict[str, Thing], ours: dict[str, Thing], found: _Found
    ) -> None:
        """Names with a dot in front may be there though LIST lacks them: look, or leave them be."""
        mirror = self.mirror
        hidden = [name for name in ours.keys() ^ theirs.keys() if name.startswith(".")]
        for name in sorted(hidden):
            path = self.inside / name
            if mirror.is_download and name in ours:
                del ours[name]
                found.spared.add(path)
            elif not mirror.is_download and name in theirs and mirror.remote.exists:
                kind = theirs[name].kind
                if not mirror.selection.has(path, is_folder=kind == "dir"):
                    continue
                if (thing := await mirror.remote.reveal(job, path, kind)) is not None:
                    ours[name] = thing

    async def _like_names(
        self, theirs: dict[str, Thing], ours: dict[str, Thing], found: _Found
    ) -> dict[str, Thing]:
        """Put what the destination has under the source's names, where case is not minded.

        Else a file would be replaced under the one name and deleted under the other. Whether a
        server minds case nobody knows; there such a file is left alone.

        Raises:
            NameCollisionError: two names of the source would be one file here.
        """
        mirror = self.mirror
        if mirror.is_download and not await mirror.local.folds_names():
            return ours
        return await worked_out(
            len(theirs) + len(ours), lambda: self._like_folded(theirs, ours, found)
        )

    def _like_folded(
        self, theirs: dict[str, Thing], ours: dict[str, Thing], found: _Found
    ) -> dict[str, Thing]:
        mirror = self.mirror
        wanted = [
            name
            for name, thing in theirs.items()
            if mirror.selection.has(self.inside / name, is_folder=thing.kind == "dir")
        ]
        for collision in collisions(wanted) if mirror.is_download else ():
            raise NameCollisionError(str(mirror.remote.root / self.inside), collision)
        names = {fold_name(name): name for name in wanted}
        like: dict[str, Thing] = {}
        for name, thing in ours.items():
            other = names.get(fold_name(name), name)
            if name in theirs or other == name:
                like[name] = thing
            elif mirror.is_download:
                like[other] = thing
            else:
                found.spared.add(self.inside / name)
        return like

    async def _compare(
        self, job: Job, path: PurePosixPath, old: Thing | None, new: Thing | None, found: _Found
    ) -> None:
        """Judge one name: old is the source's, new the destination's."""
        mirror = self.mirror
        first = old or new
        assert first is not None
        if not mirror.selection.has(path, is_folder=first.kind == "dir"):
            found.spared.add(path)
        elif old is None:
            if mirror.job.delete:
                self._doom(path, first, found)
        elif old.kind == "other" or (old.kind == "link" and not mirror.is_download):
            found.verdicts[path] = "skipped"
            found.spared.add(path)
        elif new is not None and not _are_alike(old, new):
            self._clear_the_way(path, new, found)
            await self._compare(job, path, old, None, found)
        elif old.kind == "dir":
            if new is None:
                found.make.add(path)
            found.below.append(_Comparison(mirror, path, in_target=new is not None))
        else:
            verdict = await self._judge(job, path, old, new)
            found.verdicts[path] = verdict
            if verdict in ("transfer", "replace") and old.size is not None and old.kind == "file":
                found.sizes[path] = old.size

    def _doom(self, path: PurePosixPath, thing: Thing, found: _Found) -> None:
        found.doomed[path] = thing.kind == "dir"
        if thing.kind == "dir":
            found.below.append(_Comparison(self.mirror, path, in_source=False))

    def _clear_the_way(self, path: PurePosixPath, thing: Thing, found: _Found) -> None:
        if not self.mirror.job.delete:
            what = {"dir": "a folder", "file": "a file", "link": "a link"}
            kind = what.get(thing.kind, "a special file")
            raise LocalProtocolError(f"{path} is {kind} at the destination and something else here")
        found.late.add(path)
        self._doom(path, thing, found)

    async def _judge(self, job: Job, path: PurePosixPath, old: Thing, new: Thing | None) -> Verdict:
        if new is None:
            return "transfer"
        far, near = (old, new) if self.mirror.is_download else (new, old)
        if far.kind == "link" or far.size is None:
            # A link's entry tells the link's own size.
            try:
                version = await version_of(job.session, self.mirror.remote.root / path)
            except ReplyError:
                return "skipped"
            far = thing_of(version)
        if far.size != near.size:
            return "replace"
        if far.has_time_of(near):
            return "unchanged"
        if far.modified is None or far.precision > 1:
            with suppress(ReplyError, RemoteProtocolError):
                time = (await modified(job.session, self.mirror.remote.root / path)).timestamp()
                far = replace(far, modified=time, precision=1.0)
        if far.has_time_of(near) or await self._is_newer_copy(job, far, near):
            return "unchanged"
        return "replace"

    async def _is_newer_copy(self, job: Job, far: Thing, near: Thing) -> bool:
        """Whether times cannot be set at the server, so that a copy has that of its upload."""
        if self.mirror.is_download or far.modified is None or near.modified is None:
            return False
        return far.modified > near.modified and not await has_feature(job.session, "MFMT")


def _are_alike(old: Thing, new: Thing) -> bool:
    """Whether a folder meets a folder, or a file a file; a link is replaced, never written to."""
    if old.kind == "dir" or new.kind == "dir":
        return old.kind == new.kind
    return new.kind == "file"
