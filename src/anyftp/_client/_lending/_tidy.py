"""What the last user of a session changed is known, and put back."""

from __future__ import annotations

import anyio

from anyftp._client._session._lifecycle import abort
from anyftp._client._session._session import Session
from anyftp._client._session._visit import working_directory
from anyftp._errors import FTPError


async def go_to(session: Session, folder: str) -> None:
    """Have a borrowed session in a folder.

    Raises:
        FTPError: it is not there.

    Cancellation: safe.
    """
    loan = session.loan
    if loan.folder == folder:
        return
    home = await working_directory(session)
    loan.is_spoilt |= home is None  # nobody would find the way back
    if home != folder:
        loan.home = home
        await session.command("CWD", folder)
        await session.note_directory()


async def tidy_up(session: Session) -> bool:
    """Have it as new for the next user: no stream is open, and the folder is that of the login.

    Returns:
        Whether it can be lent again.

    Cancellation: not interrupted; it is bounded by `close_timeout`.
    """
    loan = session.loan
    if not session.control.is_connected or loan.is_spoilt or session.is_busy:
        return False
    session.names = None
    if loan.home is None and session.transfer is None:
        return True
    with anyio.move_on_after(session.options.close_timeout, shield=True):
        try:
            await abort(session)
            if loan.home is not None:
                await session.command("CWD", loan.home)
                await session.note_directory()
        except FTPError:
            return False
        loan.home = None
        return True
    return False
