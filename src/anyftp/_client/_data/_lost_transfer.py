"""Transfers whose end the server has not noticed, and what they would do to the next one.

An upload that is given up ends in a reset; what is in between may reset a download as well. Where
the reset overtakes the server's `accept`, there is no peer any more when the server looks:
pyftpdlib 2.2 then drops the connection, but not STOR or RETR, and answers ABOR with 225, nothing to
abort. The next data connection, whatever it is for, is taken for that transfer: after STOR a
download on it stops after 64 KiB while the server turns in circles, and after RETR it begins with
64 KiB of the other file, or with all of it.
"""

from __future__ import annotations

import anyio

from anyftp._client._control._markers import receive_overdue
from anyftp._client._control._wire import close_forcefully
from anyftp._client._session._dial import connect_data
from anyftp._client._session._session import Session


async def end_lost_transfer(session: Session) -> None:
    """Give the server the data connection that it waits for, with nothing on it, and its end.

    That is no reset, which could be too early again. Where nothing was lost no reply comes, and
    half of `close_timeout` is.

    Raises:
        ReplyError: the server refused every passive mode.
        DataConnectionError: no port answered.
        ConnectionLost: the control connection is gone, or all this took longer than
            `close_timeout`.

    Cancellation: not interrupted; it is bounded.
    """
    control, patience = session.control, session.options.close_timeout
    with anyio.move_on_after(patience, shield=True):
        await close_forcefully(await connect_data(session))
        await receive_overdue(control, "a transfer that was given up", patience / 2)
        session.unsettled.has_lost_transfer = False
        return
    raise control.disconnect("the server did not end a transfer that was given up")
