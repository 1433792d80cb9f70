"""Whether a file has the same content on both sides, where size and times do not tell."""

from __future__ import annotations

import hashlib
from pathlib import PurePosixPath

from anyio import to_thread

from anyftp._client._copying._job import Job
from anyftp._client._copying._local import Target
from anyftp._client._copying._receive import receive_data
from anyftp._client._copying._verify import new_hash
from anyftp._client._remote._checksum import checksum, offered_algorithm
from anyftp._errors import RemoteProtocolError, ReplyError

_BLOCK = 1 << 20


async def has_same_checksum(job: Job, local: Target, remote: PurePosixPath) -> bool | None:
    """Compare with what the server computes of its side; None where it computes nothing.

    Cancellation: safe; the reply stays owed.
    """
    try:
        algorithm = await offered_algorithm(job.session)
        if algorithm is None:
            return None
        theirs = await checksum(job.session, remote, algorithm)
    except (ReplyError, RemoteProtocolError):
        return None
    ours = new_hash(algorithm)
    async with await local.files.open_read(local.path) as file:
        await file.feed(ours.update)
    return ours.hexdigest() == theirs


async def has_same_content(job: Job, local: Target, remote: PurePosixPath, nbytes: int) -> bool:
    """Compare by checksums, or by reading both; nothing is written.

    Cancellation: the connection stays usable or says that it is not.
    """
    is_same = await has_same_checksum(job, local, remote)
    if is_same is not None:
        return is_same
    theirs, ours = _Digest(), _Digest()
    await receive_data(job, await job.open("RETR", remote), theirs, remote, nbytes)
    buffer = memoryview(bytearray(_BLOCK))
    async with await local.files.open_read(local.path) as file:
        while count := await file.readinto(buffer):
            await ours.write(buffer[:count])
    return ours.value == theirs.value


class _Digest:
    """A file that is written to and not kept."""

    def __init__(self) -> None:
        self._hash = hashlib.sha256()

    async def write(self, data: memoryview) -> None:
        """Take the next piece. Cancellation: safe."""
        await to_thread.run_sync(self._hash.update, data)

    def fileno(self) -> int | None:
        """There is none."""
        return None

    @property
    def value(self) -> bytes:
        """What tells one content from another."""
        return self._hash.digest()
