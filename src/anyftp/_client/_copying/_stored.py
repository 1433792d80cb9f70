"""Whether what was uploaded is what the server has, by its size: a 226 alone says little.

A gateway that cuts the data connection cleanly makes a server confirm a part, and a disk that
runs full behind a write cache is told of by nobody. One file is asked about at once (SIZE, or
MLST); of trees the folders are listed once, when all has been sent.

And what was confirmed may change yet, where an upload had to be repeated because its session was
lost. The STOR or APPE of that session has perhaps reached the server, which obeys it when it gets
to it: vsftpd locks the files that it writes, so there it waits until the repetition is over, and
then empties what has just been confirmed. So such a file is looked at once more, a while later.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import PurePosixPath

import anyio

from anyftp._client._listing._ancestry import Ancestry
from anyftp._client._remote._attributes import size_if_told
from anyftp._client._session._session import Session
from anyftp._errors import (
    ConnectionLost,
    FTPError,
    FTPTimeoutError,
    IncompleteTransferError,
    ReplyError,
)


async def check_stored(
    session: Session,
    path: PurePosixPath,
    nbytes: int,
    *,
    known_as: PurePosixPath,
    told: int | None = None,
) -> bool:
    """See that a remote file has as many bytes as were sent; False if the server refuses to tell.

    Where there is no answer at all, nothing is known, and that is no success.

    Args:
        known_as: what errors call it.
        told: the size that the server has told of it since; it is asked otherwise.

    Raises:
        IncompleteTransferError: it has not.
        ConnectionLost: before it was told; so FTPTimeoutError and RemoteProtocolError.

    Cancellation: safe.
    """
    stored = await size_if_told(session, path) if told is None else told
    if stored is None:  # such as in a folder that one may write to and not look into
        return False
    if stored != nbytes:
        raise IncompleteTransferError(str(known_as), stored, nbytes)
    return True


@dataclass(slots=True, eq=False, repr=False)
class StoredSizes:
    """What has been sent of a tree, to be compared with what is there in the end."""

    _sent: dict[PurePosixPath, dict[str, int]] = field(default_factory=dict)

    def add(self, path: PurePosixPath, nbytes: int) -> None:
        """Note a file that has been sent."""
        self._sent.setdefault(path.parent, {})[path.name] = nbytes

    async def find_wrong(self, session: Session) -> list[IncompleteTransferError]:
        """List the folders and compare; what is refused, or not told, is passed over.

        Raises:
            ConnectionLost: before all was told; so FTPTimeoutError and RemoteProtocolError.
            DataConnectionError: a listing was cut short.

        Cancellation: safe.
        """
        wrong = []
        for folder, sent in self._sent.items():
            try:
                _, entries = await Ancestry(folder).look_at_all(session)
            except ReplyError:
                continue
            for entry in entries:
                nbytes = sent.get(entry.name)
                if nbytes is not None and entry.is_file and entry.size not in (None, nbytes):
                    path = str(folder / entry.name)
                    wrong.append(IncompleteTransferError(path, entry.size or 0, nbytes))
        return wrong


@dataclass(slots=True, eq=False, repr=False)
class LostUploads:
    """Files that the server may write to once more, for an upload that was lost with its session.

    All sessions of a call share it.

    Attributes:
        left: parts under names of their own that are to be removed yet.
    """

    left: list[PurePosixPath] = field(default_factory=list)
    _nbytes: dict[PurePosixPath, int | None] = field(default_factory=dict)
    _confirmed_at: float = 0.0

    @contextmanager
    def watch(self, session: Session, path: PurePosixPath) -> Iterator[None]:
        """Note if an upload is lost with its session, or nobody knows what became of it."""
        try:
            yield
        except FTPError as error:
            is_lost = isinstance(error, ConnectionLost | FTPTimeoutError)
            if is_lost or not session.control.is_connected:
                self._nbytes[path] = None
            raise

    def has(self, path: PurePosixPath) -> bool:
        """Whether what is there may be of an upload that was lost."""
        return path in self._nbytes

    def confirm(self, path: PurePosixPath, nbytes: int) -> None:
        """Note that a file is there, and how long it is."""
        if path in self._nbytes:
            self._nbytes[path], self._confirmed_at = nbytes, anyio.current_time()

    async def find_wrong(self, session: Session) -> list[IncompleteTransferError]:
        """Look once more at what was confirmed, `close_timeout` after the last of it.

        What is left of attempts under names of their own is removed.

        Raises:
            ConnectionLost: before all was told; so FTPTimeoutError and RemoteProtocolError.

        Cancellation: safe.
        """
        confirmed = [(path, nbytes) for path, nbytes in self._nbytes.items() if nbytes is not None]
        if confirmed:
            await anyio.sleep_until(self._confirmed_at + session.options.close_timeout)
        await self.remove_left(session)
        wrong = []
        for path, nbytes in confirmed:
            try:
                await check_stored(session, path, nbytes, known_as=path)
            except IncompleteTransferError as error:
                wrong.append(error)
        return wrong

    async def remove_left(self, session: Session) -> None:
        """Remove what attempts that failed have left, as far as the server lets us.

        Raises:
            ConnectionLost: the connection is gone; what was not removed by then is still known.

        Cancellation: safe.
        """
        while self.left:
            path = self.left.pop()  # several sessions may be at it
            try:
                await session.exchange("DELE", str(path))
            except BaseException:
                self.left.append(path)
                raise
