"""The greeting, USER, PASS, ACCT, REIN, QUIT, HOST: who is there."""

from __future__ import annotations

from collections.abc import Awaitable
from contextlib import suppress
from dataclasses import replace
from functools import lru_cache
from pathlib import PurePosixPath

import anyio

from anyftp._errors import RemoteProtocolError
from anyftp._fs import acting_for
from anyftp._protocol import Phase, Reply, SessionState, parse_host
from anyftp._server._events._events import LoggedIn, LoginRefused
from anyftp._server._refusals import Dismissed
from anyftp._server._session._session import Session
from anyftp._server._users._limits import is_limited
from anyftp._server._users._users import ANONYMOUS, User
from anyftp._server._verbs._request import Request
from anyftp._server._verbs._security import secure_control
from anyftp._throttle import StreamThrottle


async def greet(session: Session) -> None:
    """Say the first word to a client; a handler under no name says another. Cancellation: safe."""
    if session.implicit_tls:
        await secure_control(session)
        session.protection.protects_data = session.options.protects_data_at_once
    own = session.options.handlers.get("")
    reply: Reply | None = Reply("220", tuple(session.options.welcome.splitlines()) or ("",))
    if own is not None:
        reply = await own(session, "")
    if reply is not None:
        await session.control.send(reply)


async def user(session: Session, request: Request) -> Reply:
    """USER. The answer is the same whether there is such a user or not."""
    if session.options.require_tls and not session.control.is_secure:
        # Before the password has been sent in clear text.
        return Reply("530", ("TLS is required, send AUTH TLS first.",))
    session.drop_user()
    if session.guest is not None:
        await session.guest.log_out()
    session.state.name_user(request.argument)
    if (found := await _by_certificate(session, request.argument)) is not None:
        return await _enter(session, found, Reply("232", ("Logged in by certificate.",)))
    wanted = "your e-mail address as " if request.argument.lower() in ANONYMOUS else ""
    return Reply("331", (f"Send {wanted}password.",))


async def pass_(session: Session, request: Request) -> Reply:
    """PASS."""
    if session.state.phase is not Phase.NEED_PASSWORD:
        return Reply("503", ("Send USER first.",))
    users, host = session.shared.users, session.peer_host
    found = await _in_time(session, users.authenticate(session.state.user, request.argument, host))
    if found is None:
        return await _refuse(session)
    return await _enter(session, found, Reply("230", ("Logged in.",)))


async def _by_certificate(session: Session, name: str) -> User | None:
    """Who the client is by its certificate alone (RFC 4217, 13.2)."""
    if session.certificate is None or not session.control.is_secure:
        return None
    users, host = session.shared.users, session.peer_host
    return await _in_time(session, users.authenticate_certificate(name, session.certificate, host))


async def _in_time(session: Session, asking: Awaitable[User | None]) -> User | None:
    """Bound what a user manager takes by what is left of the time for the login."""
    seconds = session.login.began + session.options.login_timeout - anyio.current_time()
    with anyio.move_on_after(max(0.0, seconds)), suppress(TimeoutError):
        return await asking
    raise Dismissed("421", "The login took too long.")


async def _enter(session: Session, found: User, welcome: Reply) -> Reply:
    is_let_in = session.guest is None or await session.guest.log_in(found)
    throttle = session.shared.user_count.enter(found) if is_let_in else None
    if throttle is None:
        _tell_of_refusal(session, "too many connections of this user")
        raise Dismissed("421", "Too many connections of this user.")
    _welcome(session, found, throttle)
    return welcome


async def _refuse(session: Session) -> Reply:
    """Make the client wait for its refusal, the longer the more often it was wrong."""
    _tell_of_refusal(session, "wrong name or password")
    session.state = SessionState()
    session.mistakes.wrong_passwords += 1
    is_banned, already = await _tell_others(session)
    now = anyio.current_time()
    if is_banned or session.shared.bans.record(session.peer_host, now, session.options.ban):
        raise Dismissed("421", "Too many failed logins from your address.")
    await anyio.sleep(session.shared.failures.record(session.peer_host, now, already))
    if session.mistakes.wrong_passwords >= session.options.max_login_failures:
        raise Dismissed("421", "Too many failed logins.")
    return Reply("530", ("Login incorrect.",))


async def _tell_others(session: Session) -> tuple[bool, int]:
    """Have other servers know; whether the address is banned now, how many failures count."""
    if session.guest is None:
        return False, 0
    return await session.guest.fail(session.options.ban, session.shared.failures.forgiven_after)


def _tell_of_refusal(session: Session, reason: str) -> None:
    session.shared.publish(LoginRefused(session.info, session.state.user, reason))


def _welcome(session: Session, found: User, throttle: StreamThrottle) -> None:
    session.state.log_in()
    acting_for.set(found.name)
    session.login.user = found
    session.login.cwd = _folder(found.home)
    session.throttles["user_global"] = throttle
    if found.limits_connections and is_limited(own := found.make_throttle_per_connection()):
        session.throttles["user_per_connection"] = own
    session.tell(LoggedIn)


_folder = lru_cache(maxsize=1024)(PurePosixPath)  # one for all sessions of those who begin there


async def acct(session: Session, request: Request) -> Reply:
    """ACCT: nobody has an account here."""
    if session.state.is_logged_in:
        return Reply("202", ("No account is needed.",))
    return Reply("503", ("Send USER and PASS first.",))


async def rein(session: Session, request: Request) -> Reply:
    """REIN: as after connecting; TLS on the control connection stays (RFC 4217, 11)."""
    session.forget_login()
    if session.guest is not None:
        await session.guest.log_out()
    session.epsv_only = False
    session.protection = replace(
        session.protection,
        has_pbsz=False,
        has_prot=False,
        protects_data=session.implicit_tls,
    )
    return Reply("220", ("Ready for a new user.",))


async def quit_(session: Session, request: Request) -> Reply:
    """QUIT; a transfer under way has been waited for."""
    session.end("the client said QUIT")
    if session.guest is not None:  # before the client hears of it and may come back
        await session.guest.leave()
    return Reply("221", ("Goodbye.",))


async def host(session: Session, request: Request) -> Reply:
    """HOST (RFC 7151): every name is this server's; only before the login."""
    if session.state.is_logged_in:
        return Reply("503", ("Too late, you are logged in.",))
    try:
        parse_host(request.argument.strip(" "))
    except RemoteProtocolError:
        return Reply("501", ("HOST takes a name, or an address (IPv6 in brackets).",))
    return Reply("220", ("Host accepted.",))
