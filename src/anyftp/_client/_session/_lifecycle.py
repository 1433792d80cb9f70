"""The beginning and the end of a session, and bare commands."""

from __future__ import annotations

import ssl
from collections.abc import Sequence
from contextlib import nullcontext, suppress

import anyio

from anyftp._client._control._control_connection import ControlConnection, check_reply
from anyftp._client._control._wire import close_forcefully
from anyftp._client._options._settings import Endpoint, Options, TLSMode
from anyftp._client._session._dial import connect_control
from anyftp._client._session._habits import learn
from anyftp._client._session._limits import Limits
from anyftp._client._session._login import (
    login,
    prefer_tls,
    protect_control,
    protect_data,
    upgrade_to_tls,
)
from anyftp._client._session._retry import Persistence
from anyftp._client._session._session import Session
from anyftp._client._session._state import Learnt
from anyftp._errors import ConnectionLost, FTPError, FTPTimeoutError, ReplyError
from anyftp._protocol import Reply
from anyftp._streams import SocketStream


async def connect(options: Options, limits: Limits, endpoint: Endpoint) -> tuple[Session, Reply]:
    """Connect, greet, and protect the connection as asked for; again if the options ask for that.

    Cancellation: nothing stays open.
    """
    delays = options.retry.delays() if options.retry else iter(())
    while True:
        try:
            session, greeting = await _connect(options, limits, endpoint)
        except (ConnectionLost, FTPTimeoutError):
            delay = next(delays, None)
            if delay is None:
                raise
        else:
            _add_persistence(session)
            return session, greeting
        await anyio.sleep(delay)


def _add_persistence(session: Session) -> None:
    if session.options.retry is not None:
        session.persistence = Persistence(session, session.options.retry, restore)


async def _connect(options: Options, limits: Limits, endpoint: Endpoint) -> tuple[Session, Reply]:
    host, port = endpoint.host, endpoint.port
    stream = await connect_control(options, host, port)
    data_host = host
    if options.dialler is None and isinstance(stream, SocketStream):
        data_host = stream.remote_address[0]  # a name may have several addresses
    control = ControlConnection(stream, options, f"{host} port {port}")
    session = Session(control, options, limits, host, port, data_host)
    try:
        return session, await _greet_in_time(session, endpoint)
    except BaseException:
        await control.aclose()
        raise


async def _greet_in_time(session: Session, endpoint: Endpoint) -> Reply:
    limit = session.options.login_timeout
    if limit is None:
        return await _greet(session, endpoint)
    with anyio.move_on_after(limit):
        return await _greet(session, endpoint)
    raise FTPTimeoutError(f"greeting of {session.host}", limit)


async def _greet(session: Session, endpoint: Endpoint) -> Reply:
    tls, context = endpoint.tls, endpoint.context
    if tls == "implicit" and context is not None:
        session.protection.is_implicit = True
        await protect_control(session, context)
    greeting = await session.control.receive_greeting()
    session.learnt.greeting = greeting.text
    learn(session)
    if tls == "explicit" and context is not None:
        await upgrade_to_tls(session, context)
    elif tls == "prefer" and context is not None:
        await prefer_tls(session, context)
    return greeting


async def upgrade(session: Session, context: ssl.SSLContext) -> None:
    """Protect a connection that is in use; data connections at once if logged in already."""
    await upgrade_to_tls(session, context)
    if session.is_logged_in:
        await protect_data(session)


async def open_sibling(session: Session, here: str) -> Session:
    """Open another session with the same server, user, protection and folder.

    Args:
        here: the folder.

    Raises:
        FTPError: the server does not let us in again, or cannot be reached.

    Cancellation: nothing stays open.
    """
    sibling = await _open_another(session, here)
    _add_persistence(sibling)
    know(sibling, session.learnt)
    sibling.server_zone, sibling.folders = session.server_zone, session.folders
    return sibling


def know(session: Session, learnt: Learnt) -> None:
    """Have a session know what another one with this server has learnt."""
    session.learnt = learnt.copy()
    session.control.wire.habits = session.learnt.habits


async def _open_another(session: Session, directory: str | None) -> Session:
    """Connect and log in as a session has, and go to a folder."""
    tls: TLSMode | None = None
    if session.protection.tls is not None:
        tls = "implicit" if session.protection.is_implicit else "explicit"
    endpoint = Endpoint(session.host, session.port, tls, session.protection.tls)
    another, _ = await _connect(session.options, session.limits, endpoint)
    try:
        if session.login.credentials is not None:
            await login(another, *session.login.credentials)
        if directory is not None:
            await another.command("CWD", directory)
            another.whereabouts.directory = another.loan.folder = directory
    except BaseException:
        await aclose(another)
        raise
    return another


async def restore(session: Session) -> None:
    """Replace a connection that is dead by one in the same state: TLS, login, folder, type.

    A connection that went back to clear text (CCC) is protected again, and stays so.

    Raises:
        ConnectionLost, FTPTimeoutError: it cannot be had; for the time being, where the server has
            not let us in again (530): it may still count the old connection. For good, where it
            is not known which folder it should be in.

    Cancellation: safe; nothing more stays open.
    """
    _close_sockets(session)
    if not session.whereabouts.is_known:
        raise ConnectionLost("a change of folder was cut short: nobody knows where to go back to")
    try:
        fresh = await _open_another(session, session.whereabouts.directory)
    except ReplyError as refusal:
        if refusal.command not in ("USER", "PASS", "ACCT"):
            raise
        raise ConnectionLost(f"not let in again: {refusal}") from refusal
    try:
        if session.login.type is not None:
            await fresh.use_type(session.login.type)
        if session.is_abandoned:
            raise ConnectionLost("the client was closed while it connected anew")
    except BaseException:
        await aclose(fresh)
        raise
    session.take_over(fresh)


async def leave(session: Session) -> None:
    """Say QUIT and close.

    Some servers answer with 421, or by closing, or not before a data connection is closed; so
    errors are of no interest, and it takes no longer than `close_timeout`.

    Cancellation: closes at once.
    """
    try:
        with suppress(FTPError), anyio.move_on_after(session.options.close_timeout):
            if session.transfer is not None:
                await session.transfer.abandon_transfer()
            await session.control.exchange("QUIT")
            await session.control.stream.aclose()
    finally:
        await aclose(session)


def close(session: Session) -> None:
    """Close for good, without a word; an upload under way is reset."""
    session.is_abandoned = True
    _close_sockets(session)


def _close_sockets(session: Session) -> None:
    session.control.disconnect("the client closed the connection")
    session.control.stream.close()
    if session.transfer is not None:
        session.transfer.close()
        session.transfer = None


async def aclose(session: Session) -> None:
    """Close whatever is open, at once.

    Cancellation: closed nonetheless.
    """
    transfer = session.transfer
    close(session)
    if transfer is not None:
        await transfer.aclose()
    await close_forcefully(session.control.stream)


async def abort(session: Session) -> None:
    """Break off the open transfer, if there is one."""
    if session.transfer is not None:
        await session.transfer.abandon_transfer()
    else:
        await anyio.lowlevel.checkpoint()


async def command(
    session: Session,
    verb: str,
    argument: str,
    expected_codes: str | Sequence[str],
    wait_codes: str | Sequence[str],
) -> Reply:
    """Send a command; read replies past those to wait for."""
    masks = (wait_codes,) if isinstance(wait_codes, str) else tuple(wait_codes)
    await session.make_way()
    is_going = verb.upper() in ("CWD", "CDUP", "XCWD", "XCUP")
    with session.changing_directory() if is_going else nullcontext():
        await session.control.send(verb, argument)
        reply = await session.control.receive_final(wait_codes=masks)
        session.forget(verb)
        if reply.is_positive and is_going:
            await session.note_directory()
    return check_reply(reply, expected_codes, verb, argument) if expected_codes else reply
