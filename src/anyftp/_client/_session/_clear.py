"""Ending TLS on the control connection alone (CCC, RFC 2228, 3, and RFC 4217, 8.2)."""

from __future__ import annotations

import ssl

import anyio

from anyftp._client._control._control_connection import check_reply
from anyftp._client._session._login import switch
from anyftp._client._session._session import Session
from anyftp._errors import FTPTimeoutError, LocalProtocolError
from anyftp._streams import TLSStream


async def clear_command_channel(session: Session) -> None:
    """Go on in clear text; data connections stay as PROT has them, and resume the same session.

    Raises:
        LocalProtocolError: the control connection is already in clear text.
        ReplyError: the server refused; everything stays protected.
        FTPTimeoutError: the server did not end TLS within `close_timeout`; the connection is lost.
        ConnectionLost: the connection ended instead.

    Cancellation: breaks the connection once CCC is sent.
    """
    control = session.control
    if not isinstance(control.stream, TLSStream):
        raise LocalProtocolError("the control connection is already in clear text")
    check_reply(await switch(session, "CCC"), "2xx", "CCC")
    secured, limit = control.stream, session.options.close_timeout
    secured.close_timeout = limit
    known = secured.session
    try:
        plain, received = await secured.unwrap()
    except TimeoutError as error:
        control.disconnect("the server did not end TLS")
        raise FTPTimeoutError("end of TLS on the control connection", limit) from error
    except (anyio.BrokenResourceError, anyio.ClosedResourceError, ssl.SSLError, OSError) as error:
        raise control.disconnect(f"TLS did not end cleanly ({error})") from error
    except BaseException:
        control.disconnect("the end of TLS was not awaited")
        raise
    session.protection.session = known
    control.wire.replace_stream(plain, received)
