"""The client's methods that make one folder like another.

What carries them out is imported by the first one: most clients have none, and start sooner.
"""

from __future__ import annotations

import os
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Unpack

from anyftp._client._copying._job import check_names
from anyftp._client._mirroring._job import MirrorJob
from anyftp._client._mirroring._options import MirrorDownloadOptions, MirrorUploadOptions
from anyftp._client._options._spelled_out import spelled_out
from anyftp._client._session._session import RemotePath, Turns
from anyftp._client._syncing._options import SyncOptions
from anyftp._errors import LocalProtocolError

if TYPE_CHECKING:
    from anyftp._client._copying._local import LocalPath
    from anyftp._client._mirroring._plan import MirrorReport
    from anyftp._client._syncing._sync import SyncReport


class Mirrors(Turns):
    """What mirrors folders to and from a connected server; see `Client`."""

    @spelled_out(MirrorDownloadOptions, MirrorJob)
    async def mirror_download(
        self,
        source: RemotePath,
        destination: LocalPath,
        **options: Unpack[MirrorDownloadOptions],
    ) -> MirrorReport:
        """Make a local folder like a remote one, by transferring what is new or different.

        A file is the same if it has the same size and the same time, as exactly as the server
        tells it. Copies get the times of their originals. Everything is compared before anything
        is changed.

        Args:
            source: remote folder.
            destination: the local folder that becomes like it; made if it is missing.
            options: see `MirrorDownloadOptions`.

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
        from anyftp._client._mirroring._sides import LocalSide, RemoteSide

        with self._turn() as session:
            check_names("mirror_download", options, MirrorDownloadOptions)
            job = MirrorJob(session=session, **options)
            here = await LocalSide.find(_absolute(destination), is_source=False)
            there = RemoteSide(PurePosixPath(source), is_source=True)
            return await mirror(Mirror(job, here, there, is_download=True))

    @spelled_out(MirrorUploadOptions, MirrorJob)
    async def mirror_upload(
        self,
        source: LocalPath,
        destination: RemotePath,
        **options: Unpack[MirrorUploadOptions],
    ) -> MirrorReport:
        """Make a remote folder like a local one, by transferring what is new or different.

        As `mirror_download`, the other way round. Copies get the times of their originals where
        the server takes them; where FEAT does not offer MFMT, a copy of the same size that is
        newer than its original counts as the same, too. What differs from one of the source's names
        in case alone is not deleted: many servers take both for one. With `delete`, a link to a
        folder that the server shows as a folder is one, where the source has a folder of that name.

        Args:
            source: local folder. Links in it are followed to files in it.
            destination: the remote folder that becomes like it; made if it is missing.
            options: see `MirrorUploadOptions`.

        Raises:
            FileSystemError: a local file or folder cannot be read.
            ReplyError: the server refused something.
            ListingError: with `delete`, a listing that lacks what was just put into a folder in
                which something is to be deleted.
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
        from anyftp._client._mirroring._sides import LocalSide, RemoteSide

        with self._turn() as session:
            check_names("mirror_upload", options, MirrorUploadOptions)
            job = MirrorJob(session=session, **options)
            here = await LocalSide.find(_absolute(source), is_source=True)
            there = RemoteSide(PurePosixPath(destination), is_source=False)
            return await mirror(Mirror(job, here, there, is_download=False))

    @spelled_out(SyncOptions, MirrorJob)
    async def sync(
        self,
        local: LocalPath,
        remote: RemotePath,
        *,
        state: LocalPath,
        **options: Unpack[SyncOptions],
    ) -> SyncReport:
        """Make a local and a remote folder alike, whichever of them was changed.

        What was changed on one side since the last sync is copied to the other; what was removed on
        one and not changed on the other is deleted there. What was changed on both is kept twice:
        the server's version gets the name `NAME.conflict`, on both sides. What was removed on one
        side and changed on the other stays.

        What was changed on both sides to the same size is compared by the server's checksum, else
        by reading both, and is no conflict if it is the same. What nothing is remembered of counts
        as the same by its size and time, to the second, unless a checksum of the server denies it.

        Nothing is deleted that was not on both sides at the end of an earlier sync; a first one
        deletes nothing. Everything is looked at before anything is done, and all is copied before
        anything is deleted; what is to be deleted is looked at once more. That a folder cannot be
        looked through ends the call, `on_error` or not.

        Args:
            local: the local folder; made by a first sync if it is missing. Links are left alone.
            remote: the remote folder; made by a first sync if it is missing.
            state: the file that remembers what both sides had; one for each pair of folders, and
                outside of the local one. It is replaced at once, whatever ends the call.
                Without it the next sync is a first one. `dry_run` leaves it as it is.
            options: see `SyncOptions`.

        Raises:
            FileSystemError: something local cannot be read, written or removed; the state neither.
            ListingError: a listing may not be all that there is, or lacks what was just sent.
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
        from anyftp._client._mirroring._sides import LocalSide, RemoteSide  # see above
        from anyftp._client._syncing._sync import Sync

        root, file = _absolute(local), _absolute(state)
        if os.path.commonpath([root, os.path.dirname(file)]) == root:
            raise LocalProtocolError(f"state must be outside of the local folder: {file}")
        with self._turn() as session:
            check_names("sync", options, SyncOptions)
            # A part under the final name would count as what somebody has changed there.
            job = MirrorJob(session=session, atomic="if-possible", **options)
            here = await LocalSide.find(root, is_source=False)
            there = RemoteSide(PurePosixPath(remote), is_source=True)
            pair = [root, f"{session.host}:{session.port}", str(remote)]
            return await Sync(job, here, there, file, pair).run()


def _absolute(path: LocalPath) -> str:
    return os.path.abspath(path)
