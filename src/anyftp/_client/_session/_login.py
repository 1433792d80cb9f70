"""From the greeting to the first command that does something: TLS, user, password, account."""

from __future__ import annotations

import math
import ssl

import anyio

from anyftp._client._control._control_connection import check_reply
from anyftp._client._session._dial import start_tls
from anyftp._client._session._habits import learn, put_in_order
from anyftp._client._session._session import UNKNOWN_COMMAND, Session
from anyftp._client._session._state import Learnt, Login
from anyftp._errors import (
    FTPTimeoutError,
    RemoteProtocolError,
    ReplyError,
    TLSError,
)
from anyftp._protocol import Reply, reply_error

#: USER, PASS and ACCT, and one more of them: some servers ask for the password twice.
_MAX_STEPS = 4


async def prefer_tls(session: Session, context: ssl.SSLContext) -> None:
    """Protect the control connection if the server knows how; by the caller's wish only.

    Raises and Cancellation: as `upgrade_to_tls`, save that a refusal is no error.
    """
    try:
        await upgrade_to_tls(session, context)
    except TLSError as error:
        if not isinstance(error.__cause__, ReplyError):
            raise


async def upgrade_to_tls(session: Session, context: ssl.SSLContext) -> None:
    """Protect the control connection (AUTH TLS, RFC 4217, 4).

    Old servers know AUTH SSL only, which means the same. There is no third way: whatever else the
    server says is an error, never a session in clear text.

    Raises:
        TLSError: refused, or the handshake failed.
        RemoteProtocolError: the server, or somebody in between, sent more than its reply in
            clear text, hoping that it would be taken for protected (CVE-2021-22947).

    Cancellation: breaks the connection.
    """
    reply = await switch(session, "AUTH", "TLS")
    if reply.code in UNKNOWN_COMMAND:
        reply = await switch(session, "AUTH", "SSL")
    if reply.code != "234":
        cause = reply_error(reply.code, reply.lines, expected=("234",), command="AUTH")
        raise TLSError(f"the server refused TLS: {reply.code} {reply.text}") from cause
    await begin_tls(session, context)


async def begin_tls(
    session: Session, context: ssl.SSLContext, server_hostname: str | None = None
) -> None:
    """Do the TLS handshake after the server has agreed to AUTH.

    Raises:
        TLSError, RemoteProtocolError: as `upgrade_to_tls`.

    Cancellation: breaks the connection.
    """
    control = session.control
    if control.has_unread_input():
        control.disconnect("clear text after the reply to AUTH")
        raise RemoteProtocolError("clear text after the reply to AUTH: somebody injects replies")
    await protect_control(session, context, server_hostname)


async def switch(session: Session, verb: str, argument: str = "") -> Reply:
    """Send a command after whose reply the bytes on the connection mean something else.

    Cancellation: breaks the connection if the command was sent, for without its reply nobody knows
    in what the server expects the next one.
    """
    await session.make_way()
    control = session.control
    try:
        return await control.exchange(verb, argument)
    except BaseException:
        if control.is_owed:
            control.disconnect(f"the reply to {verb} was not awaited")
        raise


async def protect_control(
    session: Session, context: ssl.SSLContext, server_hostname: str | None = None
) -> None:
    """Do the TLS handshake on the control connection, and forget what was learnt in clear text.

    Cancellation: breaks the connection.
    """
    control, options = session.control, session.options
    timeout = options.connection_timeout
    try:
        stream = await start_tls(control.stream, context, server_hostname or session.host, timeout)
    except BaseException:
        control.disconnect("the TLS handshake failed")
        raise
    control.wire.replace_stream(stream)
    session.protection.tls = context
    session.protection.asked_at = -math.inf
    session.learnt = Learnt(session.learnt.greeting)
    learn(session)


async def protect_data(session: Session) -> None:
    """Have data connections protected too (PBSZ 0 and PROT P, RFC 2228 and RFC 4217, 9).

    A server of implicit TLS that knows neither command protects them in any case; and should it
    not, the handshake that we insist on fails.

    Clear text (PROT C) is asked for only where the options say so.

    Raises:
        TLSError: the server refused; data never goes in clear text for that.

    Cancellation: safe.
    """
    await session.exchange("PBSZ", "0")
    level = "P" if session.options.protect_data else "C"
    reply = await session.exchange("PROT", level)
    if not reply.is_positive and not (
        session.protection.is_implicit and reply.code in UNKNOWN_COMMAND
    ):
        cause = reply_error(reply.code, reply.lines, expected=("2xx",), command="PROT")
        raise TLSError(f"the server refused PROT {level}: {reply.code}") from cause
    session.protection.covers_data = level == "P"


async def login(session: Session, user: str, password: str, account: str) -> None:
    """Log in within `login_timeout`, see `_login`.

    Raises:
        FTPTimeoutError: not in time.
    """
    limit = session.options.login_timeout
    if limit is None:
        return await _login(session, user, password, account)
    with anyio.move_on_after(limit):
        return await _login(session, user, password, account)
    raise FTPTimeoutError("login", limit)


async def _login(session: Session, user: str, password: str, account: str) -> None:
    """Log in: USER, PASS if asked for, ACCT if asked for (RFC 959, 5.4).

    Data connections are protected anew each time: with another user many servers forget PROT.

    Raises:
        ReplyError: the server refused the user, the password or the account. A transient one
            often means that too many are logged in.
        LocalProtocolError: CR, LF or NUL in one of them.
        TLSError: data connections cannot be protected.

    Cancellation: safe.
    """
    if not user.isascii():
        await session.agree_on_utf8()
    session.protection.covers_data = False
    answers = {"331": ("PASS", password), "332": ("ACCT", account)}
    verb, reply = "USER", await session.exchange("USER", user)
    for _ in range(_MAX_STEPS):
        if reply.code not in answers:
            break
        verb, argument = answers[reply.code]
        reply = await session.exchange(verb, argument)
    check_reply(reply, "2xx", verb)
    session.login = Login((user, password, account))
    session.learnt.features = None  # some tell more to those who are logged in
    if session.protection.tls is not None:
        await protect_data(session)
    await put_in_order(session)
