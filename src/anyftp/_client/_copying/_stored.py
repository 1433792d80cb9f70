"""Whether what was uploaded is what the server has, by its size: a 226 alone says little.

A gateway that cuts the data connection in good order makes a server confirm a part, and a disk that
runs full behind a write cache is told of by nobody. One file is asked about at once (SIZE, or
MLST); of trees the folders are listed once, when all has been sent.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import PurePosixPath

from anyftp._client._listing._ancestry import Ancestry
from anyftp._client._remote._attributes import size
from anyftp._client._session._session import Session
from anyftp._errors import IncompleteTransferError, ReplyError

_WAYS_TO_TELL = frozenset({"SIZE", "MLST"})


async def check_stored(
    session: Session, path: PurePosixPath, nbytes: int, *, known_as: PurePosixPath
) -> bool:
    """See that a remote file has as many bytes as were sent; False if the server refuses to tell.

    Where there is no answer at all, nothing is known, and that is no success.

    Args:
        known_as: what errors call it.

    Raises:
        IncompleteTransferError: it has not.
        ConnectionLost: before it was told; so FTPTimeoutError and RemoteProtocolError.

    Cancellation: safe.
    """
    if session.learnt.refused >= _WAYS_TO_TELL:
        return False  # to list its folder for it would cost too much
    try:
        stored = await size(session, path)
    except ReplyError:  # such as a folder that one may write to and not look into
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
