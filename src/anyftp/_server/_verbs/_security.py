"""AUTH, PBSZ, PROT, CCC: TLS (RFC 4217)."""

from __future__ import annotations

import ssl

import anyio
from anyio import to_thread

from anyftp._errors import ConnectionLost
from anyftp._net import harden
from anyftp._protocol import Reply
from anyftp._server._session._options import Options
from anyftp._server._session._protection import Protection
from anyftp._server._session._session import Session
from anyftp._server._verbs._request import Request

#: RFC 4217 has TLS and its old forms; AUTH SSL comes from clients older than it.
_MECHANISMS = frozenset({"TLS", "TLS-C", "SSL", "TLS-P"})


async def auth(session: Session, request: Request) -> Reply | None:
    """AUTH: the reply 234 is the last thing in clear text."""
    mechanism = request.argument.upper()
    if mechanism not in _MECHANISMS:
        return Reply("504", ("Only AUTH TLS is known.",))
    if session.control.is_secure:
        return Reply("503", ("TLS is on already.",))
    if session.control.has_pending:
        # Whoever put commands behind AUTH in clear text wants them run inside TLS.
        raise ConnectionLost("plain text followed AUTH")
    await session.control.send(Reply("234", ("Begin TLS.",)))
    await secure_control(session)
    session.forget_login()
    session.protection.protects_data = mechanism in ("SSL", "TLS-P")
    return None


async def secure_control(session: Session) -> None:
    """Do the TLS handshake on the control connection.

    Raises:
        TLSError, FTPTimeoutError: it failed.

    Cancellation: closes the connection.
    """
    options = session.options
    context = await make_context(options)
    await session.control.start_tls(context, options.handshake_timeout, options.tls_policy.alpn)
    # Asked once: CCC ends TLS on the control connection, data connections stay bound to it.
    session.protection = Protection(context, session.control.certificate)


async def make_context(options: Options) -> ssl.SSLContext:
    """What a new control connection does TLS with; only where there is TLS.

    Cancellation: safe.
    """
    source = options.ssl_context
    assert source is not None
    if isinstance(source, ssl.SSLContext):
        harden(source)
        return source
    # It reads the certificate from the disk; and not in one of anyio's default threads, which
    # anything in the process may hold.
    return await to_thread.run_sync(source, limiter=anyio.CapacityLimiter(1))


async def pbsz(session: Session, request: Request) -> Reply:
    """PBSZ: always 0 with TLS (RFC 4217, 8)."""
    if not session.control.is_secure:
        return Reply("503", ("Send AUTH TLS first.",))
    session.protection.has_pbsz = True
    return Reply("200", ("PBSZ=0",))


async def prot(session: Session, request: Request) -> Reply:
    """PROT: whether data connections are protected."""
    if not session.control.is_secure:
        return Reply("503", ("Send AUTH TLS first.",))
    if not session.protection.has_pbsz:
        return Reply("503", ("Send PBSZ 0 first.",))
    session.protection.has_prot = True
    match request.argument.upper():
        case "P":
            session.protection.protects_data = True
            return Reply("200", ("Data connections are private.",))
        case "C" if session.options.requires_private_data:
            return Reply("534", ("Data connections must be private.",))
        case "C":
            session.protection.protects_data = False
            return Reply("200", ("Data connections are clear.",))
        case "S" | "E":
            return Reply("536", ("Only PROT P and PROT C are known.",))
    return Reply("504", ("Only PROT P and PROT C are known.",))


async def ccc(session: Session, request: Request) -> Reply | None:
    """CCC: back to clear text, where commands could be slipped in; only if the policy allows it.

    A login stays what it is (RFC 4217, 12.3), and so does PROT. A new one needs AUTH again where
    TLS is required.
    """
    if not session.control.is_secure:
        return Reply("533", ("The control connection is in clear text already.",))
    if not session.options.tls_policy.allow_ccc:
        return Reply("534", ("The control connection stays protected.",))
    if not session.state.is_logged_in:
        return Reply("530", ("Log in first.",))
    await session.control.send(Reply("200", ("End TLS, and go on in clear text.",)))
    await session.control.stop_tls()
    return None
