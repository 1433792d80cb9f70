"""What the server answers to a verb: what the core does for it, in aioftp's words.

Passive listeners and, where files are not simply the disk's, listings are aioftp's own.
"""

from __future__ import annotations

import errno
import functools
from collections.abc import Awaitable, Callable, Mapping
from typing import TypeAlias

import anyftp

from .._ground._errors import NoAvailablePort
from .._streams._throttle import StreamThrottle, for_core, ours
from . import _listings
from ._passive import PassiveListener, listen, plain_host
from ._rights import asked_before
from ._state import ServerState

Answer: TypeAlias = Callable[[ServerState, anyftp.Session, str], Awaitable[anyftp.Reply | None]]

#: Facts that MLSD and MLST tell, all of them always.
_FACTS = "Size*;Create*;Modify*;Type*;"

_LISTENER = "anyftp_compat.listener"


async def answer(
    server: ServerState, verb: str, session: anyftp.Session, argument: str
) -> anyftp.Reply | None:
    """Do what a verb does here, without what users have put in its place.

    Cancellation: as the core's.
    """
    async with asked_before(session, verb, argument):
        special = _ANSWERS.get(verb)
        if special is None or not session.state.is_logged_in:
            reply = await server.core.perform(session, verb, argument)
        else:
            reply = await special(server, session, argument)
    return reply and in_aioftps_words(verb, reply)


def in_aioftps_words(verb: str, reply: anyftp.Reply) -> anyftp.Reply:
    """The reply with the code that aioftp has for it."""
    if reply.code == "500":
        return anyftp.Reply("502", (f"{verb.lower()!r} not implemented",))
    if verb == "TYPE" and reply.code == "504":
        return anyftp.Reply("502", reply.lines)
    if verb == "FEAT":
        return anyftp.Reply(reply.code, tuple(map(_feature, reply.lines)))
    return reply


def _feature(line: str) -> str:
    return f" MLST {_FACTS}" if line.startswith(" MLST ") else line


async def _pasv(server: ServerState, session: anyftp.Session, argument: str) -> anyftp.Reply:
    if ":" in plain_host(session.server_host):
        session.end("PASV over IPv6")
        return anyftp.Reply("503", ("this server started in ipv6 mode",))
    found = _passive(server, session)
    if isinstance(found, anyftp.Reply):
        return found
    listener, text = found
    host = server.ipv4_pasv_forced_response_address or plain_host(session.server_host)
    numbers = [*host.split("."), str(listener.number >> 8), str(listener.number & 0xFF)]
    return anyftp.Reply("227", (f"{text} ({','.join(numbers)})",))


async def _epsv(server: ServerState, session: anyftp.Session, argument: str) -> anyftp.Reply | None:
    if argument.strip():
        return await server.core.perform(session, "EPSV", argument)
    found = _passive(server, session)
    if isinstance(found, anyftp.Reply):
        return found
    listener, text = found
    return anyftp.Reply("229", (f"{text} (|||{listener.number}|)",))


def _passive(
    server: ServerState, session: anyftp.Session
) -> tuple[PassiveListener, str] | anyftp.Reply:
    port = session.attachments.get(_LISTENER)
    if port is not None and port.is_open and not session.protection.protects_data:
        port.forget()
        return port, "listen socket already exists"
    session.use_port(None)
    try:
        listener = listen(session, server.available_data_ports)
    except NoAvailablePort:
        session.end("no port for a data connection is free")
        return anyftp.Reply("421", ("no free ports",))
    session.attachments[_LISTENER] = listener
    server.core.use_port(session, listener)
    return listener, "listen socket created"


async def _pbsz(server: ServerState, session: anyftp.Session, argument: str) -> anyftp.Reply | None:
    if server.ssl is None and not session.control.is_secure:
        return anyftp.Reply("200", ("",))
    return await server.core.perform(session, "PBSZ", argument)


async def _prot(server: ServerState, session: anyftp.Session, argument: str) -> anyftp.Reply | None:
    if server.ssl is None and not session.control.is_secure:
        return anyftp.Reply("200" if argument == "P" else "502", ("",))
    return await server.core.perform(session, "PROT", argument)


async def _rnto(server: ServerState, session: anyftp.Session, argument: str) -> anyftp.Reply | None:
    """As there, nothing is ever replaced by a rename: a file system need not refuse it."""
    if session.state.rename_from is not None and argument:
        try:
            await session.file_system.stat(session.resolve(argument))
            is_there = True
        except anyftp.FileSystemError as error:  # the core says what is wrong, but of what is there
            is_there = error.errno == errno.EACCES  # a link that leads out
        if is_there:
            session.state.rename_from = None
            return anyftp.Reply("550", ("path already exists",))
    return await server.core.perform(session, "RNTO", argument)


async def _opts(server: ServerState, session: anyftp.Session, argument: str) -> anyftp.Reply | None:
    if argument.upper().startswith("MLST"):
        return anyftp.Reply("200", (f"MLST OPTS {_FACTS.replace('*', '')}",))
    return await server.core.perform(session, "OPTS", argument)


async def _moves_data(
    verb: str, server: ServerState, session: anyftp.Session, argument: str
) -> anyftp.Reply | None:
    _renew_throttles(server, session)
    offset = session.state.offset
    if offset and verb == "RETR":
        size = (await session.file_system.stat(session.resolve(argument))).size
        session.state.offset = min(offset, size)
    if offset and verb == "APPE":
        verb = "STOR"  # as there: REST decides where it is written
    return await server.core.perform(session, verb, argument)


async def _lists(
    verb: str, server: ServerState, session: anyftp.Session, argument: str
) -> anyftp.Reply | None:
    _renew_throttles(server, session)
    return await _listings.answer(server, verb, session, argument)


def _renew_throttles(server: ServerState, session: anyftp.Session) -> None:
    """Let hooks and whatever is in the place of `asyncio.sleep` count from this transfer on."""
    for name, (read, write) in list(session.throttles.items()):
        session.throttles[name] = for_core(StreamThrottle(ours(read), ours(write)))


_ANSWERS: Mapping[str, Answer] = {
    "PASV": _pasv,
    "EPSV": _epsv,
    "OPTS": _opts,
    "PBSZ": _pbsz,
    "PROT": _prot,
    "RNTO": _rnto,
    **{
        verb: functools.partial(_moves_data, verb)
        for verb in ("RETR", "STOR", "APPE", "STOU", "NLST")
    },
    **{verb: functools.partial(_lists, verb) for verb in ("LIST", "MLSD", "MLST")},
}
