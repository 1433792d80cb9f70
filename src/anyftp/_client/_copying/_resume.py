"""Downloads that go on where an earlier call stopped, in this process or in another.

What came before a failure stays hidden beside the file's name, marked with the size and the time
of change that the remote file had. It is gone on from only if the remote file still has them; and
before it is, the server sends the last few bytes of it once more: a server that ignores REST, or a
file that changed behind its marks, shows by these. Then the file is fetched anew.
"""

from __future__ import annotations

from pathlib import PurePosixPath

from anyftp._client._control._errors import translated_data_errors
from anyftp._client._copying._job import Job
from anyftp._client._copying._local import Target
from anyftp._client._copying._receive import accept_file, receive_data, receive_file
from anyftp._client._copying._version import Version, is_copy, version_of
from anyftp._client._data._transfer import Transfer
from anyftp._errors import IncompleteTransferError, ReplyError
from anyftp._fs import LocalWriteFile
from anyftp._protocol import Entry
from anyftp._streams import IncompleteReadError

#: Of smaller files no part is kept: to fetch them again costs no more than to look.
WORTH_KEEPING_BYTES = 65536

#: Sent again before the rest, to be compared.
_OVERLAP_BYTES = 4096


async def resume_download(
    job: Job, remote: PurePosixPath, target: Target, entry: Entry | None
) -> bool:
    """Fetch what the local file lacks; what comes is kept for the next call if this one fails.

    A local file that is as long as the remote one and not older is taken for a copy of it.

    Returns:
        Whether anything was fetched.

    Raises:
        IncompleteTransferError: less came than the size of the file, or more.

    Cancellation: what has come is kept; the control connection is back in step, or said to be lost.
    """
    version = await version_of(job.session, remote, entry)
    if await is_copy(target, version):
        return False
    if version.size is None or version.size < WORTH_KEEPING_BYTES:
        transfer = await job.open("RETR", remote)
        async with target.files.open_write_later(target.path) as file:
            await receive_file(job, transfer, file, remote, version.size)
        return True
    async with await target.files.open_partial(target.path, version.mark(remote)) as file:
        await _fetch_rest(job, remote, file, version)
        await accept_file(job, file, remote)
    return True


async def _fetch_rest(
    job: Job, remote: PurePosixPath, file: LocalWriteFile, version: Version
) -> None:
    assert version.size is not None
    if file.offset > _OVERLAP_BYTES:
        transfer = await _open_behind(job, remote, file)
        if transfer is not None:
            left = version.size - file.offset
            if await receive_data(job, transfer, file, remote, left) == left:
                return
    await file.restart()
    transfer = await job.open("RETR", remote)
    try:
        nbytes = await receive_data(job, transfer, file, remote, version.size)
        if nbytes > version.size:
            raise IncompleteTransferError(str(remote), nbytes, version.size)
    except IncompleteTransferError as error:
        if error.received > version.size:  # the mark is not true of it
            await file.restart()
        raise


async def _open_behind(job: Job, remote: PurePosixPath, file: LocalWriteFile) -> Transfer | None:
    """Have the server go on behind what there is; None if it does not, or it does not fit."""
    known = await file.read_at(file.offset - _OVERLAP_BYTES, _OVERLAP_BYTES)
    try:
        transfer = await job.open("RETR", remote, offset=file.offset - len(known))
    except ReplyError as refusal:
        if refusal.command != "REST":
            raise
        return None
    try:
        with translated_data_errors(f"download of {remote}", job.session.options.timeout):
            came = await transfer.stream.readexactly(len(known))
    except IncompleteReadError:
        came = b""
    except BaseException:
        await transfer.abandon_transfer()
        raise
    if came == known:
        return transfer
    await transfer.abandon_transfer()
    return None
