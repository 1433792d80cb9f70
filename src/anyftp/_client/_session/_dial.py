"""Dialling: the control connection's and, after EPSV or PASV, a data connection's stream."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Sequence
from contextlib import suppress

import anyio
from anyio.abc import ByteStream, SocketAttribute

from anyftp._client._control._markers import receive_marked, send_marker
from anyftp._client._options._settings import FIRST_DIAL, Options, PassiveCommand
from anyftp._client._session._session import Session
from anyftp._errors import (
    ConnectionLost,
    DataConnectionError,
    FTPError,
    FTPTimeoutError,
    LocalProtocolError,
    RemoteProtocolError,
    ReplyError,
    TLSError,
)
from anyftp._net import connect_tcp, connect_within
from anyftp._protocol import parse_epsv, parse_pasv, reply_error
from anyftp._streams import OptimisticStream, TLSStream, as_optimistic

#: Seconds of silence before the kernel asks whether the peer is there, seconds between its
#: questions, and how many of them.
_PROBES = {"TCP_KEEPIDLE": 60, "TCP_KEEPINTVL": 15, "TCP_KEEPCNT": 4}

#: A port that was asked for this many seconds ago may be another's by now.
_FRESH_SECONDS = 10.0

#: What answers a passive command, and nothing else.
_PORT_CODES = {"EPSV": "229", "PASV": "227"}


async def dial(options: Options, host: str, port: int, timeout: float | None) -> OptimisticStream:
    """Connect to a port.

    Raises:
        OSError: it could not be reached.
        FTPTimeoutError: not in time.
        TypeError: what the dialler gives is no stream.

    Cancellation: safe; nothing stays open.
    """
    if timeout is None:
        return as_optimistic(await (options.dialler or connect_tcp)(host, port))
    try:
        if options.dialler is None:
            return await connect_within(timeout, host, port)
        with anyio.fail_after(timeout):
            return as_optimistic(await options.dialler(host, port))
    except TimeoutError as error:
        if error.errno is not None:  # the system's word, and not our patience
            raise
        raise FTPTimeoutError(f"connect to {host} port {port}", timeout) from error


async def connect_control(options: Options, host: str, port: int) -> ByteStream:
    """Connect the control connection.

    Raises:
        ConnectionLost: the server could not be reached.
        LocalProtocolError: there can be no such host or port.
        FTPTimeoutError: not within connection_timeout.

    Cancellation: safe; nothing stays open.
    """
    if not 0 <= port < 65536:
        raise LocalProtocolError(f"port must be from 0 to 65535, not {port}")
    if "://" in host:  # not shown, for it may hold a password
        raise LocalProtocolError("host must be a name or an address, not a URL")
    try:
        stream = await dial(options, host, port, options.connection_timeout)
        _watch(stream)
        return stream
    except FTPTimeoutError:
        raise
    except OSError as error:
        place = f"{host} port {port}"
        reason = (error.strerror or str(error)).removesuffix(f": {place}")  # once is enough
        raise ConnectionLost(f"could not connect to {place}: {reason}") from error


def _watch(stream: ByteStream) -> None:
    """Have the kernel find out about a peer that has vanished.

    NAT and firewalls forget connections that are idle, and during a long transfer the control
    connection is: what goes back and forth here once a minute also keeps their memory fresh.
    """
    raw = stream.extra(SocketAttribute.raw_socket, None)
    if raw is None:
        return
    with suppress(OSError):
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        for name, value in _PROBES.items():
            if hasattr(socket, name):
                raw.setsockopt(socket.IPPROTO_TCP, getattr(socket, name), value)


async def start_tls(
    stream: ByteStream, context: ssl.SSLContext, host: str, timeout: float | None
) -> TLSStream:
    """Do the TLS handshake on the control connection.

    Raises:
        TLSError: no agreement, or the server's certificate does not verify.
        FTPTimeoutError: not in time.

    Cancellation: breaks the connection.
    """
    try:
        return await handshake(stream, context, host, timeout, session=None)
    except FTPTimeoutError:
        raise
    except (ssl.SSLError, anyio.BrokenResourceError, anyio.EndOfStream, OSError) as error:
        raise TLSError(f"TLS with {host} failed: {describe_tls(error)}") from error


async def handshake(
    stream: ByteStream,
    context: ssl.SSLContext,
    host: str,
    timeout: float | None,
    *,
    session: ssl.SSLSession | None,
) -> TLSStream:
    """Wrap a stream in TLS as the client; errors are those of `ssl` and of the stream.

    Raises:
        FTPTimeoutError: not in time.
    """
    limit = 30.0 if timeout is None else timeout
    try:
        return await TLSStream.wrap(
            stream, context, server_hostname=host, session=session, handshake_timeout=limit
        )
    except TimeoutError as error:
        raise FTPTimeoutError(f"TLS handshake with {host}", limit) from error


def describe_tls(error: BaseException) -> str:
    """Say in words what went wrong; some servers die in clear text inside TLS."""
    reason = getattr(error, "reason", None)
    if reason == "WRONG_VERSION_NUMBER":
        return "the server did not answer in TLS (is this the right port and mode?)"
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"the certificate does not verify: {error.verify_message}"
    return str(reason or error or type(error).__name__)


async def connect_data(
    session: Session, wanted: Sequence[PassiveCommand] | None = None
) -> OptimisticStream:
    """Ask for a passive port and connect to it, by EPSV (RFC 2428) or else PASV (RFC 959).

    Whatever becomes of EPSV, a refusal, an answer without sense or a dead port, PASV is tried
    next; what worked is remembered for this connection.

    Raises:
        ReplyError: the server refused every way.
        DataConnectionError: no port answered.

    Cancellation: safe; nothing stays open.
    """
    known = session.learnt.passive if wanted is None else None
    commands = [known, known] if known else list(wanted or session.options.passive_commands)
    failure: FTPError | None = None
    for index, command in enumerate(commands):
        try:
            host, port = await ask_port(session, command)
            timeout = session.options.connection_timeout
            if timeout is None and index < len(commands) - 1:
                timeout = FIRST_DIAL
            stream = await dial_data(session.options, host, port, timeout)
        except (ConnectionLost, TLSError):
            raise
        except FTPError as error:
            # That PASV is refused says less than how the port of EPSV failed.
            if not isinstance(error, ReplyError) or isinstance(failure, ReplyError | None):
                failure = error
        else:
            session.learnt.passive = command
            return stream
    session.learnt.passive = None
    raise failure or DataConnectionError("no passive command is allowed")


async def ask_port(session: Session, command: PassiveCommand) -> tuple[str, int]:
    """Have the server listen; returns where to dial.

    Raises:
        ReplyError: the server refused.
        RemoteProtocolError: there is no sense in its answer.

    Cancellation: safe.
    """
    control, unsettled = session.control, session.unsettled
    is_asked = unsettled.port_asked == command == control.ledger.oldest and is_fresh(session)
    reply, unsettled.port_told, unsettled.port_asked = unsettled.port_told, None, None
    if reply is None:
        reply = await (control.receive_final() if is_asked else control.exchange(command))
    if not reply.is_positive:
        raise reply_error(reply.code, reply.lines, expected=("2xx",), command=command)
    host = session.data_host
    if command == "EPSV" or reply.code == "229":  # some answer PASV as if it were EPSV
        port = parse_epsv(reply.text)
    else:
        named, port = parse_pasv(reply.text)
        # An address from the server could be anyone's (port scans, SSRF: CVE-2020-8284), and
        # behind NAT it is wrong. The control connection's peer is both safe and right.
        if session.options.trust_passive_host and named != "0.0.0.0":
            host = named
    return host, port


async def ask_port_early(session: Session) -> None:
    """Ask for the next data connection where something else is to be done before it is needed.

    Nothing is under way, so any server is asked; it spares a wait.

    Cancellation: safe; what was sent is owed, and read off by the next command of another kind.
    """
    control, command = session.control, _askable(session)
    if command is not None and control.is_connected and not control.is_owed:
        session.unsettled.port_asked = command
        with suppress(ConnectionLost):  # the next command will say so
            await control.send(command)


def is_in_a_row(session: Session) -> bool:
    """Whether a file was fetched moments ago, and nothing else sent since: so goes a loop.

    Then one more may follow. If none does, an answer is owed that the next command reads off, and
    the server has a port open until it is asked for another one.
    """
    return session.unsettled.row == session.control.wire.nsent and is_fresh(session)


def is_fresh(session: Session) -> bool:
    """Whether something was sent only moments ago."""
    wire = session.control.wire
    return wire.backend.current_time() < wire.sent_at + _FRESH_SECONDS


def port_question(session: Session) -> PassiveCommand | None:
    """What asks for the next data connection right behind a command, of servers that keep it.

    Whoever sends it notes it in `unsettled`; that spares a round trip.
    """
    return _askable(session) if keeps_commands(session) else None


def keeps_commands(session: Session) -> bool:
    """Whether what is sent right behind a transfer command is kept until the transfer is over."""
    return bool(session.learnt.habits.ask_behind) and not session.protection.covers_data


async def ask_port_ahead(session: Session) -> None:
    """Ask for the next data connection while the end of a download is being confirmed.

    Only of servers that are known to take that; it spares a wait where the confirmation comes late.

    Raises:
        ConnectionLost: the connection is gone.

    Cancellation: as `ask_port_early`.
    """
    command = _askable_ahead(session)
    if command is not None and not session.control.ledger.owes(command):
        session.unsettled.port_asked = command
        await session.control.send_in_transfer(command, is_aside=False)
        session.unsettled.row = session.control.wire.nsent


async def ask_port_behind_abort(session: Session) -> None:
    """Ask for the next data connection while a transfer is being broken off.

    Nobody can say how many replies ABOR brings, but none of them is like the answer to this. So
    it shows where they end, too; `hear_port` receives it.

    Raises:
        ConnectionLost: the connection is gone.

    Cancellation: safe.
    """
    command = _askable_ahead(session)
    if command is not None:
        session.unsettled.port_asked = command
        await send_marker(session.control, command, _PORT_CODES[command])


async def hear_port(session: Session) -> None:
    """Receive what `ask_port_behind_abort` has asked for, and keep it for `ask_port`.

    Cancellation: not interrupted; it is bounded.
    """
    control, unsettled = session.control, session.unsettled
    unsettled.port_asked = None
    with (
        suppress(ConnectionLost, RemoteProtocolError),
        anyio.move_on_after(session.options.close_timeout, shield=True),
    ):
        unsettled.port_told = await receive_marked(control, None)
    if control.ledger.is_marked and control.is_connected:
        control.disconnect("the server did not answer the end of a transfer that was given up")


def _askable_ahead(session: Session) -> PassiveCommand | None:
    """The passive command that may be sent at the end of a transfer, None if none may."""
    is_taken = session.learnt.habits.ask_ahead and not session.protection.covers_data
    return _askable(session) if is_taken else None


def _askable(session: Session) -> PassiveCommand | None:
    """The passive command that may be sent before its turn, None where more is to be done first."""
    unsettled = session.unsettled
    is_more = session.options.active or session.learnt.habits.send_pret
    is_open = unsettled.has_lost_transfer or unsettled.port_told is not None
    return None if is_more or is_open else session.learnt.passive


async def dial_data(
    options: Options, host: str, port: int, timeout: float | None
) -> OptimisticStream:
    """Connect to a data port.

    Raises:
        DataConnectionError: it could not be reached, or not in time.

    Cancellation: safe; nothing stays open.
    """
    try:
        return await dial(options, host, port, timeout)
    except FTPTimeoutError as error:
        raise DataConnectionError(f"data connection: {error}") from error
    except OSError as error:
        message = f"data connection to {host} port {port} failed: {error}"
        raise DataConnectionError(message) from error
