"""Both sides of a sync, looked through to the last folder before anything is decided."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import PurePosixPath
from typing import NamedTuple

from anyftp._client._copying._job import Job
from anyftp._client._copying._workers import Workers
from anyftp._client._listing._portions import Portions, worked_out
from anyftp._client._mirroring._plan import Selection, Thing
from anyftp._client._mirroring._sides import HERE, LocalSide, RemoteSide, Side
from anyftp._client._remote._stat import hides_dots, is_directory
from anyftp._client._syncing._merge import Things, undistinguished
from anyftp._errors import LocalProtocolError, UnsafeNameError
from anyftp._fs import is_temporary
from anyftp._protocol import check_name


@dataclass(slots=True)
class Sides:
    """What there is on both sides.

    Attributes:
        has_remote: whether the server's folder was there.
        skipped: what is to be left alone.
    """

    local: LocalSide
    remote: RemoteSide
    selection: Selection
    here: Things = field(default_factory=dict)
    there: Things = field(default_factory=dict)
    skipped: set[PurePosixPath] = field(default_factory=set)
    has_remote: bool = True

    async def look(self, job: Job, *, is_first: bool, allow_empty: bool) -> None:
        """Find out; nothing is changed.

        Args:
            is_first: nothing is remembered, so that a folder may be missing: it is made.
            allow_empty: believe a folder that was emptied.

        Raises:
            ListingError: a listing may not be all that there is.
            LocalProtocolError: one of the folders has become empty.
            PermanentReplyError: the remote folder is missing, and was not.

        Cancellation: safe.
        """
        # Whatever cannot be looked at would be missing, and what is missing was deleted.
        job = replace(job, on_error=None)
        if is_first:
            self.has_remote = await is_directory(job.session, self.remote.root)
        if not (self.has_remote or self.local.exists):
            raise LocalProtocolError(f"neither of the two folders exists: {self.remote.root}")
        if self.has_remote:
            await self._through(job, self.remote, self.there)
        await self._through(job, self.local, self.here)
        local_folds = await self.local.folds_names()
        nthings = len(self.here) + len(self.there)
        await worked_out(nthings, lambda: self._mind_names(job, local_folds=local_folds))
        if not is_first and not allow_empty:
            self._check_emptiness()

    async def _through(self, job: Job, side: Side, found: Things) -> None:
        def take(path: PurePosixPath, thing: Thing) -> bool:
            """Note what is there; tells whether it is to be looked into."""
            if is_temporary(path.name) or not self.selection.has(path, is_folder=True):
                return False
            found[path] = thing
            return thing.kind == "dir"

        workers = Workers()
        workers.add_folder(_Folder(side, self.remote.root, HERE, take), is_root=True)
        await workers.run(job, job.jobs)

    def _mind_names(self, job: Job, *, local_folds: bool) -> None:
        """Leave alone what has no name at the other side, or none that can be relied upon."""
        for path in self.here:
            try:
                check_name(path.name)
            except UnsafeNameError:
                self.skipped.add(path)
        if hides_dots(job.session):
            both = {*self.here, *self.there}
            self.skipped |= {path for path in both if path.name.startswith(".")}
        self.skipped |= undistinguished(self.here, self.there, local_folds=local_folds)

    def _check_emptiness(self) -> None:
        for mine, theirs, what in (
            (self.here, self.there, "local"),
            (self.there, self.here, "remote"),
        ):
            if theirs and not mine:
                raise LocalProtocolError(
                    f"the {what} folder has nothing in it, the other one has {len(theirs)}: "
                    "nothing is deleted unless allow_empty=True"
                )


class _Folder(NamedTuple):
    """One folder of one side."""

    side: Side
    root: PurePosixPath
    inside: PurePosixPath
    take: Callable[[PurePosixPath, Thing], bool]

    @property
    def remote(self) -> PurePosixPath:
        """See `Task`."""
        return self.root / self.inside

    async def __call__(self, job: Job, workers: Workers) -> None:
        things = await self.side.look(job, self.inside, strict=True)
        async for portion in Portions(things.items()):
            for name, thing in portion:
                if self.take(self.inside / name, thing):
                    workers.add_folder(self._replace(inside=self.inside / name))
