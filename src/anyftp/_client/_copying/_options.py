"""What may be asked of a copy, each option once: its name, its type, and what it is for.

Methods take these by `Unpack`, which type checkers and editors spell out. Their defaults are those
of the `Job` that they make; docs/options.py puts both on the pages.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import PurePosixPath
from typing import Literal, TypedDict

from anyftp._client._copying._report import ProgressCallback
from anyftp._client._data._open import Kind
from anyftp._errors import FTPError
from anyftp._throttle import StreamThrottle

#: Told of an item of a tree that cannot be transferred, by its remote path, and why.
OnItemError = Callable[[PurePosixPath, FTPError], object]

#: Whether an upload replaces a file at once; "if-possible" writes it in place where a server does
#: not let us.
Atomic = bool | Literal["if-possible"]

#: Whether checksums are compared, and what happens where the server makes none.
Verify = Literal["if-offered", "required"]


class CopyOptions(TypedDict, total=False):
    """What is asked of copies in either direction, of mirrors and of syncs."""

    progress: ProgressCallback | None
    """Called as it goes, on the event loop; it must not block."""

    throttle: StreamThrottle | None
    """Limits for this call, besides the client's."""

    verify: Verify | None
    """Compare checksums made by the server with the local files'. Where the server does not make
    any, "required" is an error, and with "if-offered" the report names the file under `unverified`.
    """

    jobs: int
    """In a tree, look through this many folders, and transfer this many files, at once, over as
    many connections as the server lets in.
    """


class ItemOptions(TypedDict, total=False):
    """What becomes of a tree when one of its items fails."""

    on_error: OnItemError | None
    """Called with the remote path of an item of a tree that cannot be transferred, compared or
    deleted, and with the error; the rest goes on, and the report names it under `failed`. A mirror
    or a sync deletes nothing then. Without it the first error ends the call. An error that costs
    the connection does so in any case.
    """


class UploadManyOptions(CopyOptions, total=False):
    """What is asked of each upload of `ClientPool.upload_many`."""

    resume: bool
    """Send only what the remote file lacks. One that is shorter counts as a part of the local one,
    and one as long as a copy of it, unless the local file has been changed since it was written.
    """

    keep_times: bool
    """Give the copies the times of their originals, where the server takes them."""

    kind: Kind
    """ "I" for bytes as they are; "A" for text: each LF here is CRLF on the wire, and what the
    server makes of it is its own line end.
    """

    atomic: Atomic
    """Write each file under a hidden name beside its own, and rename it when it is whole and
    verified, so that nobody at the server meets a part of it. A server that does not rename onto
    existing files refuses to replace one; with "if-possible" the file is written in place then, and
    the report names it under `in_place`.
    """

    verify_size: bool
    """See afterwards that the server has as many bytes as were sent, where it tells (SIZE or MLST;
    of a tree its folders are listed). Always done before a file gets its name by `atomic`, and with
    `resume`.
    """


class UploadOptions(UploadManyOptions, ItemOptions, total=False):
    """What is asked of `Client.upload`, for functions that pass it on."""


class DownloadManyOptions(CopyOptions, total=False):
    """What is asked of each download of `ClientPool.download_many`."""

    resume: bool
    """Go on with what an earlier call with `resume`, of this process or another, could not finish;
    it lies hidden beside the file's name. That is done only if size and time of the remote file are
    still the same, else it is fetched anew. A local file that is as long as the remote one and not
    older is left as it is.
    """

    keep_times: bool
    """Give the copies the times of their originals, where the server tells them."""

    kind: Kind
    """ "I" for bytes as they are; "A" for text: the server sends lines that end with CRLF, and here
    each ends with LF.
    """

    verify_size: bool
    """Compare what came with the size of the file, asked for (SIZE or MLST) only where neither a
    listing nor the reply to RETR has told it.
    """

    segments: int
    """Fetch a single file in this many parts at once, over as many connections as the server lets
    in. Files below 2 MiB, files in trees, and those of servers that cannot begin in the middle come
    in one piece. So does, once more, a file whose parts do not fit together; then `progress` begins
    anew.
    """


class DownloadOptions(DownloadManyOptions, ItemOptions, total=False):
    """What is asked of `Client.download`, for functions that pass it on."""
