"""The client's methods that make one folder like another.

What carries them out is imported by the first one: most clients have none, and start sooner.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from anyftp._client._copying._job import Atomic, Job, OnItemError
from anyftp._client._copying._local import LocalPath
from anyftp._client._copying._report import ProgressCallback
from anyftp._client._copying._verify import Verify
from anyftp._client._mirroring._deletion import Deletion
from anyftp._client._mirroring._plan import MirrorReport, OnPlan, Selection
from anyftp._client._mirroring._sides import LocalSide, RemoteSide
from anyftp._client._session._session import RemotePath, Session, Turns
from anyftp._errors import LocalProtocolError
from anyftp._throttle import StreamThrottle

if TYPE_CHECKING:
    from anyftp._client._syncing._merge import SyncPlan
    from anyftp._client._syncing._sync import SyncReport


class Mirrors(Turns):
    """What mirrors folders to and from a connected server; see `Client`."""

    async def mirror_download(
        self,
        source: RemotePath,
        destination: LocalPath,
        *,
        delete: bool = False,
        allow_empty: bool = False,
        max_delete: int | float | None = None,
        dry_run: bool = False,
        include: Sequence[str] = (),
        exclude: Sequence[str] = (),
        progress: ProgressCallback | None = None,
        throttle: StreamThrottle | None = None,
        resume: bool = False,
        verify: Verify | None = None,
        jobs: int = 1,
        on_error: OnItemError | None = None,
        on_plan: OnPlan | None = None,
    ) -> MirrorReport:
        """Make a local folder like a remote one, by transferring what is new or different.

        A file is the same if it has the same size and the same time, as exactly as the server
        tells it. Copies get the times of their originals. Everything is compared before anything
        is changed.

        Args:
            source: remote folder.
            destination: the local folder that becomes like it; made if it is missing.
            delete: delete at the destination what the source lacks, once all else has gone well.
                Links there are deleted, never what they lead to. Where the source's listing may
                not be all that there is, nothing is done, as an error.
            allow_empty: with `delete`, believe a source that has nothing in it. Without it nothing
                is done, as an error: the folder may not be mounted, or not readable.
            max_delete: delete at most so many things; a float from 0.0 to 1.0 is a share of what
                the destination has. If there are more, nothing is done, as an error.
            dry_run: change nothing, and tell the plan.
            include: patterns, as of `glob`, of files that this is about; all unless told. Those
                without a slash inside are tried on the name, wherever it is.
            exclude: patterns of files and folders that are neither transferred nor deleted.
            progress: called as it goes, on the event loop; it must not block.
            throttle: limits for this call, besides the client's.
            verify: compare checksums of what is transferred, as in `download`.
            resume: of files that were not there, go on with what an earlier call with `resume`
                could not finish.
            jobs: look through so many folders, and transfer so many files, at once.
            on_error: called with the remote path of an item that cannot be compared, transferred
                or deleted, and with the error; the rest goes on, and the report names it under
                `transfer.failed`. Then nothing is deleted. Without it the first error ends the
                call. An error that costs the connection does so in any case.
            on_plan: called with the plan, once everything is compared and nothing changed.

        Raises:
            FileSystemError: a local file or folder cannot be written or removed.
            ListingError: with `delete`, a listing that may not be all.
            LocalProtocolError: something at the destination is in the way of something of another
                kind, which only `delete` removes; folders are nested deeper than `max_depth`; or
                with `delete`, the source is empty, or more than `max_delete` would be deleted.
            PermanentReplyError: the source is no folder.
            ValueError: `max_delete` is below zero, or a float above one.
            UnsafeNameError: a listing holds a name that would lead elsewhere.
            NameCollisionError: two names differ in case alone, and this file system ignores it.
            IncompleteTransferError, ChecksumError, DataConnectionError: as `download`.

        Cancellation: files that are whole stay, no part of one appears, and nothing has been
        deleted unless all had come. The connection stays usable or says that it is not.
        """
        from anyftp._client._mirroring._carry_out import Mirror, mirror  # see above

        deletion = Deletion(allow_empty, max_delete)
        with self._turn() as session:
            job = _job(session, progress, throttle, verify, jobs, on_error)
            task = Mirror(
                local=await LocalSide.find(_absolute(destination), is_source=False),
                remote=RemoteSide(PurePosixPath(source), is_source=True),
                is_download=True,
                selection=Selection(include, exclude),
                deletion=deletion if delete else None,
                resume=resume,
            )
            return await mirror(job, task, dry_run=dry_run, on_plan=on_plan)

    async def mirror_upload(
        self,
        source: LocalPath,
        destination: RemotePath,
        *,
        delete: bool = False,
        allow_empty: bool = False,
        max_delete: int | float | None = None,
        dry_run: bool = False,
        include: Sequence[str] = (),
        exclude: Sequence[str] = (),
        progress: ProgressCallback | None = None,
        throttle: StreamThrottle | None = None,
        verify: Verify | None = None,
        atomic: Atomic = False,
        jobs: int = 1,
        on_error: OnItemError | None = None,
        on_plan: OnPlan | None = None,
    ) -> MirrorReport:
        """Make a remote folder like a local one, by transferring what is new or different.

        As `mirror_download`, the other way round. Copies get the times of their originals where
        the server takes them; where FEAT does not offer MFMT, a copy of the same size that is
        newer than its original counts as the same, too. What differs from one of the source's names
        in case alone is not deleted: many servers take both for one.

        Args:
            source: local folder. Links in it are followed to files in it.
            destination: the remote folder that becomes like it; made if it is missing.
            delete: delete at the destination what the source lacks, once all else has gone well.
                Links there are deleted, never what they lead to; but a link to a folder that the
                server shows as a folder is one, where the source has a folder of that name.
            allow_empty: with `delete`, believe a source that has nothing in it. Without it nothing
                is done, as an error: the folder may not be mounted, or not readable.
            max_delete: delete at most so many things; a float from 0.0 to 1.0 is a share of what
                the destination has. If there are more, nothing is done, as an error.
            dry_run: change nothing, and tell the plan.
            include: patterns, as of `glob`, of files that this is about; all unless told. Those
                without a slash inside are tried on the name, wherever it is.
            exclude: patterns of files and folders that are neither transferred nor deleted.
            progress: called as it goes, on the event loop; it must not block.
            throttle: limits for this call, besides the client's.
            verify: compare checksums of what is transferred, as in `upload`.
            atomic: let each file appear whole, as in `upload`.
            jobs: look through so many folders, and transfer so many files, at once.
            on_error: called with the remote path of an item that cannot be compared, transferred
                or deleted, and with the error; the rest goes on, and the report names it under
                `transfer.failed`. Then nothing is deleted. Without it the first error ends the
                call. An error that costs the connection does so in any case.
            on_plan: called with the plan, once everything is compared and nothing changed.

        Raises:
            FileSystemError: a local file or folder cannot be read.
            ReplyError: the server refused something.
            LocalProtocolError: something at the destination is in the way of something of another
                kind, which only `delete` removes; or with `delete`, the source is empty, or more
                than `max_delete` would be deleted.
            ValueError: `max_delete` is below zero, or a float above one.
            UnsafeNameError: a listing holds a name that would lead elsewhere.
            ChecksumError, DataConnectionError: as `upload`.

        Cancellation: the file under way is reset, and nothing has been deleted unless all had been
        sent. The connection stays usable or says that it is not.
        """
        from anyftp._client._mirroring._carry_out import Mirror, mirror  # see above

        deletion = Deletion(allow_empty, max_delete)
        with self._turn() as session:
            job = _job(session, progress, throttle, verify, jobs, on_error, atomic=atomic)
            task = Mirror(
                local=await LocalSide.find(_absolute(source), is_source=True),
                remote=RemoteSide(PurePosixPath(destination), is_source=False),
                is_download=False,
                selection=Selection(include, exclude),
                deletion=deletion if delete else None,
            )
            return await mirror(job, task, dry_run=dry_run, on_plan=on_plan)

    async def sync(
        self,
        local: LocalPath,
        remote: RemotePath,
        *,
        state: LocalPath,
        allow_empty: bool = False,
        max_delete: int | float | None = None,
        dry_run: bool = False,
        exclude: Sequence[str] = (),
        progress: ProgressCallback | None = None,
        throttle: StreamThrottle | None = None,
        verify: Verify | None = None,
        jobs: int = 1,
        on_error: OnItemError | None = None,
        on_plan: Callable[[SyncPlan], object] | None = None,
    ) -> SyncReport:
        """Make a local and a remote folder alike, whichever of them was changed.

        What was changed on one side since the last sync is copied to the other; what was removed on
        one and not changed on the other is deleted there. What was changed on both is kept twice:
        the server's version gets the name `NAME.conflict`, on both sides. What was removed on one
        side and changed on the other stays. Files of the same size that nothing is remembered of,
        and whose times differ, are read on both sides, and no conflict if they are the same.

        Nothing is deleted that was not on both sides at the end of an earlier sync; a first one
        deletes nothing. Everything is looked at before anything is done, and all is copied before
        anything is deleted; what is to be deleted is looked at once more.

        Args:
            local: the local folder; made by a first sync if it is missing. Links are left alone.
            remote: the remote folder; made by a first sync if it is missing.
            state: the file that remembers what both sides had; one for each pair of folders, and
                outside of the local one. It is replaced at once, whatever ends the call.
                Without it the next sync is a first one.
            allow_empty: believe a folder that has become empty. Without it nothing is done, as an
                error: the folder may not be mounted, or not readable.
            max_delete: delete at most so many things; a float from 0.0 to 1.0 is a share of what
                is remembered. If there are more, nothing is done, as an error.
            dry_run: change nothing, the state neither, and tell the plan.
            exclude: patterns, as of `glob`, of files and folders that are left alone.
            progress: called as it goes, on the event loop; it must not block.
            throttle: limits for this call, besides the client's.
            verify: compare checksums of what is transferred, as in `download`.
            jobs: look through so many folders, and transfer so many files, at once.
            on_error: called with the remote path of an item that cannot be transferred or deleted,
                and with the error; the rest goes on, and the report names it under
                `transfer.failed`. Then nothing is deleted. Without it the first error ends all.
                That a folder cannot be looked through ends it in any case.
            on_plan: called with the plan, once it is made and nothing changed.

        Raises:
            FileSystemError: something local cannot be read, written or removed; the state neither.
            ListingError: a listing may not be all that there is.
            LocalProtocolError: one of the folders has become empty; more than `max_delete` would be
                deleted; the state is none, or that of other folders.
            PermanentReplyError: the remote folder is missing, though there is a state.
            ValueError: `max_delete` is below zero, or a float above one.
            UnsafeNameError: a listing holds a name that would lead elsewhere.
            IncompleteTransferError, ChecksumError, DataConnectionError: as `download` and `upload`.

        Cancellation: files that are whole stay, no part of one appears here, what was done is
        remembered, and nothing has been deleted unless all was copied. The connection stays usable
        or says that it is not.
        """
        from anyftp._client._syncing._sync import Sync  # see above

        deletion = Deletion(allow_empty, max_delete)
        root, file = _absolute(local), _absolute(state)
        if os.path.commonpath([root, os.path.dirname(file)]) == root:
            raise LocalProtocolError(f"state must be outside of the local folder: {file}")
        with self._turn() as session:
            job = _job(session, progress, throttle, verify, jobs, on_error)
            task = Sync(
                local=await LocalSide.find(root, is_source=False),
                remote=RemoteSide(PurePosixPath(remote), is_source=True),
                selection=Selection((), exclude),
                state=file,
                pair=[root, f"{session.host}:{session.port}", str(remote)],
                deletion=deletion,
            )
            return await task.run(job, dry_run=dry_run, on_plan=on_plan)


def _job(
    session: Session,
    progress: ProgressCallback | None,
    throttle: StreamThrottle | None,
    verify: Verify | None,
    jobs: int,
    on_error: OnItemError | None,
    *,
    atomic: Atomic = False,
) -> Job:
    """What both directions do beside moving bytes: copies get the times of their originals."""
    return Job(
        session=session,
        progress=progress,
        throttle=throttle,
        keep_times=True,
        verify=verify,
        atomic=atomic,
        jobs=jobs,
        on_error=on_error,
    )


def _absolute(path: LocalPath) -> str:
    return os.path.abspath(path)
