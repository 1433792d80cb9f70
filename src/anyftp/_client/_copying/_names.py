"""Names that the copies of one undertaking get: one spelling for all that lead to the same one.

Nothing here is asked where a call goes on alone; only pools give out names.
"""

from __future__ import annotations

import os
import posixpath
from pathlib import PurePosixPath

from anyftp._client._session._final_names import FinalNames
from anyftp._client._session._session import Session
from anyftp._client._session._visit import working_directory
from anyftp._fs import folds_names
from anyftp._protocol import fold_name


def take_local_name(session: Session, name: str, source: str) -> None:
    """Have a name for a copy that no other one has; blocking.

    Links among its folders lead to one name, and so does another case where the disk has it so.

    Raises:
        LocalProtocolError: another one has it.
    """
    if session.names is not None:
        session.names.take(local_name(session.names, name), source)


def local_name(names: FinalNames, path: str) -> str:
    """The one spelling of a local path; blocking."""
    real = os.path.realpath(path)
    folder = os.path.dirname(real)
    if folder not in names.folding:
        names.folding[folder] = folds_names(folder)
    return fold_name(real) if names.folding[folder] else real


async def remote_name(session: Session, names: FinalNames, path: PurePosixPath) -> str:
    """The one spelling of a remote path, as far as the path shows it; links do not show.

    Cancellation: safe.
    """
    if path.is_absolute():
        return posixpath.normpath("/" + str(path).lstrip("/"))  # two slashes would stay two
    if names.here is None:
        names.here = await working_directory(session) or ""
    return posixpath.normpath(posixpath.join(names.here, path))
