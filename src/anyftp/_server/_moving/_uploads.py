"""Between the last byte of an upload and its commit: whoever wants to look at it, and what is left
of one that breaks off.
"""

from __future__ import annotations

import errno
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import PurePosixPath

import anyio

from anyftp._errors import FileSystemError, UploadRejectedError
from anyftp._fs import WriteFile
from anyftp._protocol import TransferType
from anyftp._server._refusals import Refused
from anyftp._server._session._session import Session, UploadHook
from anyftp._server._session._transfer import Upload

logger = logging.getLogger("anyftp.server")

#: Seconds for storing a part.
_KEEPING_SECONDS = 10


async def inspect(
    session: Session, path: PurePosixPath, file: WriteFile, hook: UploadHook | None
) -> None:
    """Ask the hook, if there is one.

    Raises:
        Refused: it rejects the upload.

    Cancellation: as the hook's.
    """
    if hook is None:
        return
    assert session.transfer is not None
    try:
        await hook(session, Upload(path, session.transfer.stats.nbytes, file))
    except UploadRejectedError as error:
        raise Refused("550", f"{path}: {' '.join(error.reason.split())}") from error


@asynccontextmanager
async def partly_kept(session: Session, file: WriteFile) -> AsyncIterator[None]:
    """Let what has come of an upload count although it breaks off here, where that is wanted.

    What the storage itself has refused, and text, which cannot be resumed, is not kept.
    """
    try:
        yield
    except FileSystemError:
        raise
    except BaseException:
        assert session.transfer is not None
        is_wanted = session.options.partial_uploads == "keep"
        if is_wanted and session.transfer.stats.nbytes and _is_resumable(session):
            await _keep(file)
        raise


def _is_resumable(session: Session) -> bool:
    return session.state.type_ is TransferType.IMAGE


async def _keep(file: WriteFile) -> None:
    with anyio.move_on_after(_KEEPING_SECONDS, shield=True):
        try:
            if await _is_begun(file):
                await file.commit()
        except FileSystemError as error:
            logger.warning("a part of an upload could not be kept: %s", error)


async def _is_begun(file: WriteFile) -> bool:
    """Whether anything is in the file: what came last may never have been written."""
    try:
        written = await file.read_back()
    except FileSystemError as error:
        if error.errno != errno.EOPNOTSUPP:
            raise
        return True
    async with written:
        return await written.readinto(memoryview(bytearray(1))) > 0
