"""Comparing a copy with its original by a checksum that the server makes of its side."""

from __future__ import annotations

import zlib
from collections.abc import Awaitable, Callable
from pathlib import PurePosixPath
from typing import Protocol

from anyftp._client._copying._job import Job
from anyftp._client._remote._checksum import checksum, no_checksums, offered_algorithm
from anyftp._errors import ChecksumError, ConnectionLost, ReplyError

#: Gives all of a local file to a function, piece by piece, without holding up the event loop.
Feed = Callable[[Callable[[bytes], object]], Awaitable[None]]


class Hash(Protocol):
    """What all of a file goes through."""

    def update(self, data: bytes, /) -> object:
        """Take the next piece."""

    def hexdigest(self) -> str:
        """The checksum in lower-case hex digits."""


async def check_verifiable(job: Job) -> None:
    """Before anything is moved: refuse to begin what could not be verified as required.

    Raises:
        PermanentReplyError: the server offers no checksums.

    Cancellation: safe.
    """
    if job.verify == "required" and await offered_algorithm(job.session) is None:
        raise no_checksums("the server offers no checksums to verify by")


async def verify(
    job: Job, path: PurePosixPath, feed: Feed, *, stored_as: PurePosixPath | None = None
) -> None:
    """Compare a remote file with a local one, if the job asks for it.

    Args:
        stored_as: what the remote file is called for now, if that is not its path.

    Raises:
        ChecksumError: they differ.
        ReplyError: the server did not compute the checksum, and it is required.

    Cancellation: safe.
    """
    if job.verify is None:
        return
    try:
        algorithm = await offered_algorithm(job.session)
        if algorithm is None:
            raise no_checksums("the server offers no checksums to verify by")
        remote = await checksum(job.session, stored_as or path, algorithm)
    except (ReplyError, ConnectionLost):
        if job.verify == "required":
            raise
        job.tally.unverified.append(str(path))
        return
    ours = new_hash(algorithm)
    await feed(ours.update)
    if ours.hexdigest() != remote:
        raise ChecksumError(str(path), algorithm, ours.hexdigest(), remote)


def new_hash(algorithm: str) -> Hash:
    """The local counterpart of an algorithm of `HASH_DIGITS`."""
    if algorithm == "CRC32":
        return _CRC32()
    import hashlib  # loads a library; most copies are not verified

    return hashlib.new(algorithm.replace("-", "").lower(), usedforsecurity=False)


class _CRC32:
    def __init__(self) -> None:
        self._value = 0

    def update(self, data: bytes, /) -> None:
        self._value = zlib.crc32(data, self._value)

    def hexdigest(self) -> str:
        return f"{self._value:08x}"
