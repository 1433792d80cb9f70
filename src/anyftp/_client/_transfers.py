"""The client's methods that move data: whole files and trees, and streams."""

from __future__ import annotations

from anyftp._client import _connection
from anyftp._client._commands import Commands
from anyftp._client._data import open_transfer
from anyftp._client._download import download
from anyftp._client._job import Job
from anyftp._client._local import LocalPath
from anyftp._client._opening import OpeningStream, Stream
from anyftp._client._report import ProgressCallback, TransferReport
from anyftp._client._session import RemotePath, text_of
from anyftp._client._upload import upload
from anyftp._errors import LocalProtocolError
from anyftp._throttle import StreamThrottle


class Transfers(Commands):
    """What moves files to and from a connected server; see `Client`."""

    # Whole files and trees

    async def upload(
        self,
        source: LocalPath,
        destination: RemotePath = "",
        *,
        progress: ProgressCallback | None = None,
        throttle: StreamThrottle | None = None,
        resume: bool = False,
        keep_times: bool = False,
        jobs: int = 1,
    ) -> TransferReport:
        """Upload a file, or a folder with everything in it, as `cp -r` copies.

        Args:
            source: local file or folder. Links inside a folder are followed to files in it.
            destination: name of the copy; or, if it is an existing folder or ends with a slash,
                the folder to put it in.
            progress: called as it goes, on the event loop; it must not block.
            throttle: limits for this call, besides the client's.
            resume: send only what the remote file lacks, judging by its size.
            keep_times: give the copies the times of their originals, where the server takes them.
            jobs: in a tree, transfer so many files at once, over as many connections as the
                server lets in.

        Raises:
            FileSystemError: a local file cannot be read.
            DataConnectionError: the data connection could not be had, or broke.

        Cancellation: the file under way is reset, so that the server does not take a part for
        the whole; the connection stays usable or says that it is not.
        """
        with self._turn() as session:
            job = Job(
                session=session,
                progress=progress,
                throttle=throttle,
                resume=resume,
                keep_times=keep_times,
            )
            await upload(job, source, destination, _checked_jobs(jobs))
            return job.report()

    async def download(
        self,
        source: RemotePath,
        destination: LocalPath = "",
        *,
        progress: ProgressCallback | None = None,
        throttle: StreamThrottle | None = None,
        resume: bool = False,
        keep_times: bool = False,
        jobs: int = 1,
    ) -> TransferReport:
        """Download a file, or a folder with everything in it, as `cp -r` copies.

        A file is written under a temporary name and renamed when it is whole and the server has
        confirmed it. Names that the server gives cannot lead out of the destination.

        Args:
            source: remote file or folder.
            destination: name of the copy; or, if it is an existing folder or ends with a slash,
                the folder to put it in.
            progress: called as it goes, on the event loop; it must not block.
            throttle: limits for this call, besides the client's.
            resume: fetch only what the local file lacks, judging by its size. What has come then
                stays under the file's name even if the call fails, for another call to go on.
            keep_times: give the copies the times of their originals, where the server tells them.
            jobs: in a tree, transfer so many files at once, over as many connections as the
                server lets in.

        Raises:
            FileSystemError: a local file cannot be written.
            IncompleteTransferError: less came than the size of the file.
            UnsafeNameError: a listing holds a name that would lead elsewhere.
            DataConnectionError: the data connection could not be had, or broke.

        Cancellation: no part of a file appears; the connection stays usable or says that it is
        not.
        """
        with self._turn() as session:
            job = Job(
                session=session,
                progress=progress,
                throttle=throttle,
                resume=resume,
                keep_times=keep_times,
            )
            await download(job, source, destination, _checked_jobs(jobs))
            return job.report()

    # Streams

    def download_stream(self, source: RemotePath, *, offset: int = 0) -> OpeningStream:
        """Read a remote file (RETR), from offset on. See `get_stream`."""
        return self.get_stream("RETR", text_of(source), offset=offset)

    def upload_stream(self, destination: RemotePath, *, offset: int = 0) -> OpeningStream:
        """Write a remote file (STOR), from offset on. See `get_stream`."""
        return self.get_stream("STOR", text_of(destination), offset=offset)

    def append_stream(self, destination: RemotePath, *, offset: int = 0) -> OpeningStream:
        """Write at the end of a remote file (APPE). See `get_stream`."""
        return self.get_stream("APPE", text_of(destination), offset=offset)

    def get_stream(
        self, verb: str, argument: str = "", *, kind: str | None = "I", offset: int = 0
    ) -> OpeningStream:
        """Open the data connection of any command that has one.

        Use it as `async with client.get_stream(…) as stream`, or await it and call
        `stream.finish()`. Leaving the block finishes the transfer: the server's confirmation is
        awaited. A download left before its end is broken off. Until then other commands raise
        LocalProtocolError.

        Args:
            kind: the transfer type to have in force ("I" or "A"), None for whichever is.
            offset: where in the file to begin (REST).

        Raises:
            ReplyError: the server refused.
            DataConnectionError: no data connection could be had.
            TLSError: it could not be protected.

        Cancellation: the data connection is closed, the transfer aborted; the connection stays
        usable or says that it is not.
        """
        if offset < 0:
            raise LocalProtocolError(f"an offset before the beginning: {offset}")

        async def open_stream() -> Stream:
            with self._turn() as session:
                transfer = await open_transfer(session, verb, argument, kind=kind, offset=offset)
                return transfer.stream

        return OpeningStream(open_stream)

    async def abort(self) -> None:
        """Break off the transfer whose stream is open; without one, nothing happens.

        Cancellation: not interrupted; bounded by `close_timeout`.
        """
        await _connection.abort(self._connected())


def _checked_jobs(jobs: int) -> int:
    if jobs < 1:
        raise LocalProtocolError(f"so many files at once make no sense: {jobs}")
    return jobs
