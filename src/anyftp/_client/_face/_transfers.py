"""The client's methods that move data: whole files and trees, and streams.

What moves whole files is imported by the first one: who lists or reads streams starts sooner.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Unpack

from anyftp._client._copying._job import Job, check_names
from anyftp._client._copying._options import DownloadOptions, UploadOptions
from anyftp._client._copying._report import TransferReport
from anyftp._client._data._open import Kind, open_transfer
from anyftp._client._data._pending import OpeningStream, Stream
from anyftp._client._data._transfer import Transfer
from anyftp._client._options._spelled_out import spelled_out
from anyftp._client._remote._stream_end import check_end
from anyftp._client._session import _lifecycle
from anyftp._client._session._session import RemotePath, Turns, text_of
from anyftp._errors import LocalProtocolError
from anyftp._throttle import StreamThrottle

if TYPE_CHECKING:
    from anyftp._client._copying._local import LocalPath


class Transfers(Turns):
    """What moves files to and from a connected server; see `Client`."""

    # Whole files and trees

    @spelled_out(UploadOptions, Job)
    async def upload(
        self, source: LocalPath, destination: RemotePath = "", **options: Unpack[UploadOptions]
    ) -> TransferReport:
        """Upload a file, or a folder with everything in it, as `cp -r` copies.

        Args:
            source: local file or folder. Links inside a folder are followed to files in it.
            destination: name of the copy; or, if it is an existing folder or ends with a slash,
                the folder to put it in.
            options: see `UploadOptions`.

        Raises:
            FileSystemError: a local file cannot be read.
            UnconfirmedTransferError: all was sent, but the control connection died before the
                server confirmed it.
            DataConnectionError: the data connection could not be had, or broke.
            IncompleteTransferError: the server has another number of bytes than were sent.
            ChecksumError: the copy is another than the original; it has been removed.
            LocalProtocolError: options that contradict each other, such as text that is to be
                resumed or verified, or an atomic upload that is to be resumed.

        Cancellation: the file under way is reset, so that the server does not take a part for
        the whole; the connection stays usable or says that it is not.
        """
        from anyftp._client._copying._upload import upload  # see above

        with self._turn() as session:
            check_names("upload", options, UploadOptions)
            job = Job(session=session, **options)
            await upload(job, source, destination)
            return job.report()

    @spelled_out(DownloadOptions, Job)
    async def download(
        self, source: RemotePath, destination: LocalPath = "", **options: Unpack[DownloadOptions]
    ) -> TransferReport:
        """Download a file, or a folder with everything in it, as `cp -r` copies.

        A file is written under a temporary name and renamed when it is whole and the server has
        confirmed it. Names that the server gives cannot lead out of the destination.

        Args:
            source: remote file or folder.
            destination: name of the copy; or, if it is an existing folder or ends with a slash,
                the folder to put it in.
            options: see `DownloadOptions`.

        Raises:
            FileSystemError: a local file cannot be written.
            IncompleteTransferError: less came than the size of the file; or it changed while it
                was fetched in segments.
            ChecksumError: the copy is another than the original; it does not appear.
            UnsafeNameError: a listing holds a name that would lead elsewhere.
            NameCollisionError: two names in a folder differ in case alone, and this file system
                ignores it.
            DataConnectionError: the data connection could not be had, or broke.
            LocalProtocolError: options that contradict each other, such as text that is to be
                resumed, verified or cut into segments, or segments that are to be resumed; or
                folders nested deeper than `max_depth`.

        Cancellation: no part of a file appears; the connection stays usable or says that it is
        not. Further connections, of `jobs` or `segments`, are closed.
        """
        from anyftp._client._copying._receive import download_file  # see above

        with self._turn() as session:
            check_names("download", options, DownloadOptions)
            job = Job(session=session, **options)
            if not await download_file(job, source, destination):
                from anyftp._client._copying._download import download

                await download(job, source, destination)
            return job.report()

    # Streams

    def download_stream(
        self,
        source: RemotePath,
        *,
        offset: int = 0,
        length: int | None = None,
        kind: Kind = "I",
        throttle: StreamThrottle | None = None,
        verify_size: bool = True,
    ) -> OpeningStream:
        """Read a remote file (RETR), from offset on. See `get_stream`.

        Where the server does not tell beforehand how much will come, the size of the file is asked
        for when it ends: a gateway may have ended the data connection cleanly too early.

        Args:
            offset: where in the file to begin.
            length: how many bytes to read at most; then the stream is at its end, and with it the
                transfer: once that has been read the client can be used for something else.
            kind: with "A" the stream carries text, whose lines end with LF here.
            throttle: limits for this stream, besides the client's.
            verify_size: with False the size is not asked for.

        Raises:
            IncompleteTransferError: from `finish`, or at the end of the block: less came than all.
        """
        if length is not None and length < 0:
            raise LocalProtocolError(f"length must be at least 0, not {length}")
        if length is not None and kind == "A":
            raise LocalProtocolError("length must be None with kind='A': text is counted otherwise")
        verify_size = verify_size and kind == "I"
        return self._file_stream("RETR", source, offset, kind, throttle, length, verify_size)

    def upload_stream(
        self,
        destination: RemotePath,
        *,
        offset: int = 0,
        kind: Kind = "I",
        throttle: StreamThrottle | None = None,
    ) -> OpeningStream:
        """Write a remote file (STOR), from offset on. See `get_stream` and `download_stream`."""
        return self._file_stream("STOR", destination, offset, kind, throttle)

    def append_stream(
        self,
        destination: RemotePath,
        *,
        offset: int = 0,
        kind: Kind = "I",
        throttle: StreamThrottle | None = None,
    ) -> OpeningStream:
        """Write at the end of a remote file (APPE). See `get_stream` and `download_stream`."""
        return self._file_stream("APPE", destination, offset, kind, throttle)

    def _file_stream(
        self,
        verb: str,
        path: RemotePath,
        offset: int,
        kind: Kind,
        throttle: StreamThrottle | None,
        length: int | None = None,
        verify_size: bool = False,
    ) -> OpeningStream:
        if kind == "A" and offset:
            raise LocalProtocolError(
                f"offset must be 0 with kind='A', not {offset}: text is counted otherwise there"
            )

        def prepare(transfer: Transfer) -> None:
            if kind == "A":
                transfer.convert_line_ends()
            if length is not None:
                transfer.stream.end_after(length)
            if verify_size:
                transfer.on_confirmed = check_end
            if throttle is not None:
                transfer.stream.throttles["transfer"] = throttle

        asks_size = verify_size and length is None and not offset  # parts end earlier, mostly
        return self._stream(verb, text_of(path), kind, offset, prepare, asks_size=asks_size)

    def get_stream(
        self,
        verb: str,
        argument: str = "",
        *,
        kind: str | None = "I",
        offset: int = 0,
        throttle: StreamThrottle | None = None,
    ) -> OpeningStream:
        """Open the data connection of any command that has one.

        Use it as `async with client.get_stream(…) as stream`, or await it and call
        `stream.finish()`. Leaving the block finishes the transfer: the server's confirmation is
        awaited. A download left before its end is broken off. Until then other commands raise
        LocalProtocolError.

        Args:
            kind: the transfer type to have in force ("I" or "A"), None for whichever is. The
                bytes are those on the wire, line ends included.
            offset: where in the file to begin (REST).
            throttle: limits for this stream, besides the client's.

        Raises:
            ReplyError: the server refused.
            DataConnectionError: no data connection could be had.
            TLSError: it could not be protected.
            UnconfirmedTransferError: at the end of the block, or from `finish`: all data went over
                cleanly, but the control connection died before the server confirmed it.

        Cancellation: the data connection is closed, the transfer aborted; the connection stays
        usable or says that it is not.
        """

        def prepare(transfer: Transfer) -> None:
            if throttle is not None:
                transfer.stream.throttles["transfer"] = throttle

        return self._stream(verb, argument, kind, offset, prepare)

    def _stream(
        self,
        verb: str,
        argument: str,
        kind: str | None,
        offset: int,
        prepare: Callable[[Transfer], None],
        *,
        asks_size: bool = False,
    ) -> OpeningStream:
        if offset < 0:
            raise LocalProtocolError(f"offset must be at least 0, not {offset}")

        async def open_stream() -> Stream:
            with self._turn() as session:
                begin = partial(open_transfer, session, verb, argument, asks_size=asks_size)
                attempt = partial(begin, kind=kind, offset=offset)
                # Until data have moved nothing is lost, but for a name that the server has made.
                transfer = await (attempt() if verb == "STOU" else session.repeat(attempt))
                prepare(transfer)
                return transfer.stream

        return OpeningStream(open_stream)

    async def abort(self) -> None:
        """Break off the transfer whose stream is open; without one, nothing happens.

        Raises:
            LocalProtocolError: not connected.

        Cancellation: not interrupted; bounded by `close_timeout`.
        """
        await _lifecycle.abort(self._connected())
