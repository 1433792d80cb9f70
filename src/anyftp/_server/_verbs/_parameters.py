"""TYPE, MODE, STRU, REST, RANG, ALLO, PASV, EPSV, PORT, EPRT: how the next transfer goes."""

from __future__ import annotations

import re

import anyio

from anyftp._errors import RemoteProtocolError
from anyftp._protocol import (
    Reply,
    TransferMode,
    TransferType,
    UnknownNetworkProtocol,
    format_epsv,
    format_pasv,
    parse_eprt,
    parse_mode,
    parse_offset,
    parse_port,
    parse_range,
    parse_type,
    plain_host,
)
from anyftp._server._moving._secured import EarlyPort
from anyftp._server._ports._passive import PassivePort
from anyftp._server._ports._ports import ActivePort
from anyftp._server._refusals import Refused
from anyftp._server._session._session import Session
from anyftp._server._verbs._request import Request

_NUMBER = re.compile(r"[0-9]{1,19}")
_FIRST_UNPRIVILEGED_PORT = 1024
_UNSPECIFIED = frozenset({"0.0.0.0", "::"})


async def type_(session: Session, request: Request) -> Reply:
    """TYPE."""
    try:
        session.state.type_ = parse_type(request.argument)
    except RemoteProtocolError:
        return Reply("504", ("Types are A and I.",))
    return Reply("200", (f"Type is {session.state.type_.value}.",))


async def mode(session: Session, request: Request) -> Reply:
    """MODE; Z where the server has it (draft-preston-ftpext-deflate-04)."""
    has_deflate = session.options.verbs["MODE"].feat is not None
    try:
        wanted = parse_mode(request.argument)
    except RemoteProtocolError:
        wanted = None
    if wanted is None or (wanted is TransferMode.DEFLATE and not has_deflate):
        return Reply("504", ("Modes are S and Z." if has_deflate else "The only mode is S.",))
    session.state.mode = wanted
    return Reply("200", (f"Mode is {wanted.value}.",))


async def stru(session: Session, request: Request) -> Reply:
    """STRU."""
    if request.argument.strip(" ").upper() == "F":
        return Reply("200", ("Structure is F.",))
    return Reply("504", ("The only structure is F.",))


async def allo(session: Session, request: Request) -> Reply:
    """ALLO: space is found when it is needed."""
    first = request.argument.strip(" ").partition(" ")[0]
    if first and not _NUMBER.fullmatch(first):
        return Reply("501", ("ALLO takes a number of bytes.",))
    return Reply("202", ("No allocation is needed.",))


async def rest(session: Session, request: Request) -> Reply:
    """REST (RFC 3659, 5): an offset in bytes, which text as it is converted does not have."""
    try:
        offset = parse_offset(request.argument.strip(" "))
    except RemoteProtocolError:
        return Reply("501", ("REST takes a number of bytes.",))
    if offset and session.state.type_ is TransferType.ASCII:
        return Reply("501", ("REST needs TYPE I.",))
    session.state.offset = offset
    return Reply("350", (f"The next transfer begins at {offset}.",))


async def rang(session: Session, request: Request) -> Reply:
    """RANG: the next RETR, STOR or HASH is about a part of the file only.

    REST and RANG undo each other: whichever comes last counts. A refused RANG takes an earlier one
    back as well.
    """
    session.state.range = None
    try:
        part = parse_range(request.argument)
    except RemoteProtocolError:
        return Reply("501", ("RANG takes the numbers of the first and the last byte.",))
    if part is None:
        return Reply("350", ("The next transfer is of the whole file.",))
    if session.state.type_ is TransferType.ASCII:
        return Reply("501", ("RANG needs TYPE I.",))
    session.state.range = part
    return Reply("350", (f"The next transfer is of the bytes {part.start} to {part.end}.",))


async def pasv(session: Session, request: Request) -> Reply:
    """PASV."""
    _refuse_after_epsv_all(session)
    hosts = session.options.passive_hosts
    named = None if hosts is None else hosts.of(session.peer_host)
    host = named or plain_host(session.server_host)
    if ":" in host:
        return Reply("425", ("PASV cannot name an IPv6 address, use EPSV.",))
    port = await _listen(session)
    return Reply("227", (format_pasv(host, port.number),))


async def epsv(session: Session, request: Request) -> Reply:
    """EPSV (RFC 2428, 3)."""
    wanted = request.argument.strip(" ").upper()
    if wanted == "ALL":
        session.epsv_only = True
        return Reply("200", ("EPSV ALL it is.",))
    own_protocol = "2" if ":" in plain_host(session.server_host) else "1"
    if wanted not in ("", own_protocol):
        return Reply("522", (f"Network protocol not supported, use ({own_protocol})",))
    port = await _listen(session)
    return Reply("229", (format_epsv(port.number),))


async def _listen(session: Session) -> PassivePort:
    session.use_port(None)
    options = session.options
    now = anyio.current_time()
    port = await PassivePort.open(
        session.shared.network,
        session.local_host,
        options.passive_ports,
        options.proxies,
        session.shared.recent_ports,
        now,
    )
    until = now + options.accept_timeout
    if session.protection.protects_data and session.tasks is not None:
        early = EarlyPort(session, port)
        session.use_port(early, until=until)
        session.tasks.start_soon(early.run)
    else:
        session.use_port(port, until=until)
    return port


async def port(session: Session, request: Request) -> Reply:
    """PORT."""
    _refuse_after_epsv_all(session)
    try:
        address = parse_port(request.argument)
    except RemoteProtocolError:
        return Reply("501", ("PORT takes six numbers of 0 to 255.",))
    return _use_active(session, *address)


async def eprt(session: Session, request: Request) -> Reply:
    """EPRT (RFC 2428, 2)."""
    _refuse_after_epsv_all(session)
    try:
        address = parse_eprt(request.argument)
    except UnknownNetworkProtocol:
        return Reply("522", ("Network protocol not supported, use (1,2)",))
    except RemoteProtocolError:
        return Reply("501", ("EPRT takes |protocol|address|port|.",))
    return _use_active(session, *address)


def _use_active(session: Session, host: str, number: int) -> Reply:
    """Believe the client, unless it points elsewhere (RFC 2577, 3: the bounce attack)."""
    if number < _FIRST_UNPRIVILEGED_PORT:
        return Reply("501", ("Ports below 1024 are not connected to.",))
    if plain_host(host) in _UNSPECIFIED:  # lftp 4.9 over IPv6 names what it has bound to
        host = session.peer_host
    if plain_host(host) != session.peer_host and not session.options.foreign_data_hosts:
        return Reply("501", ("Data connections go to your own address only.",))
    session.use_port(ActivePort(session.shared.network, host, number))
    return Reply("200", ("Address taken.",))


def _refuse_after_epsv_all(session: Session) -> None:
    if session.epsv_only:
        raise Refused("503", "You have said EPSV ALL.")
