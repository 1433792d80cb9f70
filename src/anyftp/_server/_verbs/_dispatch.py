"""From a line to its handler, through every check that its row of the verb table asks for.

Handlers check nothing that the table can say; a verb without a row cannot be reached.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping

from anyftp._errors import (
    ConnectionLost,
    FTPTimeoutError,
    RemoteProtocolError,
    TLSError,
)
from anyftp._protocol import SITE_VERBS, Argument, Command, Reply, Verb, decode_command
from anyftp._server._refusals import Dismissed, Refused, file_error_reply
from anyftp._server._session._session import Session
from anyftp._server._verbs import (
    _changes,
    _combine,
    _feature_options,
    _hashing,
    _information,
    _listing,
    _login,
    _navigation,
    _parameters,
    _renaming,
    _security,
    _transfers,
)
from anyftp._server._verbs._abilities import NEEDED, is_able
from anyftp._server._verbs._request import Answer, Request

logger = logging.getLogger("anyftp.server")

#: Verbs of HTTP: someone's browser was pointed here by an attacker (ALPACA and its elders).
_FOREIGN = frozenset(
    {"GET", "POST", "HEAD", "PUT", "DELETE", "OPTIONS", "CONNECT", "PATCH", "TRACE"}
)

SITE_HANDLERS: Mapping[str, Answer] = {
    "CHMOD": _changes.chmod,
    "UTIME": _changes.utime,
    "HELP": _information.site_help,
}


async def site(session: Session, request: Request) -> Reply | None:
    """SITE and its own verbs."""
    name, _, rest = request.argument.strip(" ").partition(" ")
    row = SITE_VERBS.get(name.upper())
    if row is None:
        return Reply("504", (f"SITE {name.upper()} is not known, see SITE HELP.",))
    if row.argument is Argument.REQUIRED and not rest:
        return Reply("501", (f"Syntax: {row.help}",))
    return await SITE_HANDLERS[row.name](session, request._replace(argument=rest))


HANDLERS: Mapping[str, Answer] = {
    "USER": _login.user,
    "PASS": _login.pass_,
    "ACCT": _login.acct,
    "REIN": _login.rein,
    "QUIT": _login.quit_,
    "HOST": _login.host,
    "AUTH": _security.auth,
    "PBSZ": _security.pbsz,
    "PROT": _security.prot,
    "CCC": _security.ccc,
    "FEAT": _information.feat,
    "OPTS": _feature_options.opts,
    "HELP": _information.help_,
    "NOOP": _information.noop,
    "SYST": _information.syst,
    "CLNT": _information.clnt,
    "CSID": _information.csid,
    "LANG": _information.lang,
    "STAT": _information.stat,
    "SITE": site,
    "ALLO": _parameters.allo,
    "TYPE": _parameters.type_,
    "MODE": _parameters.mode,
    "STRU": _parameters.stru,
    "REST": _parameters.rest,
    "PASV": _parameters.pasv,
    "EPSV": _parameters.epsv,
    "PORT": _parameters.port,
    "EPRT": _parameters.eprt,
    "RETR": _transfers.retr,
    "STOR": _transfers.stor,
    "STOU": _transfers.stou,
    "APPE": _transfers.appe,
    "ABOR": _transfers.abor,
    "LIST": _listing.list_,
    "NLST": _listing.nlst,
    "MLSD": _listing.mlsd,
    "MLST": _listing.mlst,
    "SIZE": _listing.size,
    "MDTM": _listing.mdtm,
    "CWD": _navigation.cwd,
    "CDUP": _navigation.cdup,
    "PWD": _navigation.pwd,
    "MKD": _changes.mkd,
    "RMD": _changes.rmd,
    "DELE": _changes.dele,
    "RNFR": _renaming.rnfr,
    "RNTO": _renaming.rnto,
    "MFMT": _changes.mfmt,
    "HASH": _hashing.hash_,
    **{verb: _hashing.checksum(verb) for verb in ("XCRC", "XMD5", "XSHA1", "XSHA256", "XSHA512")},
    "AVBL": _information.avbl,
    "RANG": _parameters.rang,
    "COMB": _combine.comb,
}


def decoded(session: Session, line: bytes) -> Command | Refused:
    """What a client has said, or why it is no command."""
    try:
        return decode_command(line, session.control.encoding)
    except RemoteProtocolError:
        return too_much_nonsense(session) or Refused("501", "A command holds no CR and no NUL.")


def too_long(session: Session) -> Refused:
    """What is said of a line that was dropped for its length."""
    if session.control.nbytes_discarded > session.options.max_discarded:
        return Dismissed("421", "Too many bytes that are no command.")
    return Refused("500", "The command is too long.")


def find(session: Session, command: Command) -> Request:
    """Check a command, and find its handler: one of the user's own, or ours if its row lets it run.

    Raises: as `find_ours`.
    """
    own = session.options.handlers.get(command.verb)
    if own is None:
        return find_ours(session, command)
    session.state.before(command.verb)
    row = session.options.verbs.get(command.verb)
    row = row or Verb(command.verb, Argument.OPTIONAL, command.verb, beside=True)
    path = session.resolve(row.path_in(command.argument))
    return Request(row, lambda session, asked: own(session, asked.argument), command.argument, path)


def find_ours(session: Session, command: Command) -> Request:
    """Check a command against its row and find our handler.

    Raises:
        Refused: it may not run, or there is no such verb.
        Dismissed: it comes from something that does not speak FTP.
    """
    verb, argument, options = command.verb, command.argument, session.shared.options
    session.state.before(verb)
    row = options.verbs.get(verb)
    if row is None:
        raise _unknown(session, command)
    if row.tls and options.ssl_context is None:
        raise Refused("502", "There is no TLS here.")
    asks_for_rights = row.asks_for_rights(argument)
    if row.needs_login and asks_for_rights and not session.state.is_logged_in:
        raise Refused("530", "Log in first.")
    if row.argument is Argument.REQUIRED and not argument.strip(" "):
        raise Refused("501", f"Syntax: {row.help}")
    if row.name in NEEDED and not is_able(session, row.name):
        raise Refused("504", "Not with these files.")
    if row.data:
        _check_data(session)
    path = session.login.cwd
    if row.is_path:
        path = session.resolve(row.path_in(argument))
        if row.permission is not None and asks_for_rights:
            session.demand(path, row.permission)
    return Request(row, HANDLERS[row.name], argument, path)


def _unknown(session: Session, command: Command) -> Exception:
    if command.verb in _FOREIGN and not session.state.is_logged_in:
        return Dismissed("421", "This is FTP, goodbye.")
    return too_much_nonsense(session) or Refused("500", f"{command.verb[:20]!r} is not known.")


def too_much_nonsense(session: Session) -> Dismissed | None:
    """Count what is no command, before the login; what to say if it is too much."""
    if session.state.is_logged_in:
        return None
    session.mistakes.unknown_commands += 1
    if session.mistakes.unknown_commands <= session.options.max_unknown_commands:
        return None
    return Dismissed("421", "Too many unknown commands.")


def _check_data(session: Session) -> None:
    if session.port is None:
        session.state.take_offset()
        session.state.take_range()
        raise Refused("425", "Use PASV or EPSV first.")
    if session.options.requires_private_data and not session.protection.protects_data:
        raise Refused("522", "Data connections must be private, send PROT P.")


async def perform(session: Session, verb: str, argument: str) -> Reply | None:
    """Do what a verb does here, with all checks: for handlers of the user's own.

    Returns:
        The reply, which is not sent yet; None if the handler has answered itself.

    Cancellation: as the verb's handler.
    """
    try:
        request = find_ours(session, Command(verb, argument))
    except Refused as refusal:
        return session.refuse(refusal)
    return await answer(session, request)


async def answer(session: Session, request: Request) -> Reply | None:
    """Run a handler; whatever it raises becomes a reply, but for what ends the session.

    Raises:
        ConnectionLost, FTPTimeoutError, TLSError: the session is over.

    Cancellation: as the handler's.
    """
    try:
        return await request.handler(session, request)
    except Refused as refusal:
        return session.refuse(refusal)
    except (ConnectionLost, FTPTimeoutError, TLSError):
        raise
    except OSError as error:
        return file_error_reply(error)
    except RemoteProtocolError:
        return Reply("501", ("The argument makes no sense.",))
    except Exception:
        logger.exception("a command failed; the session goes on")
        return Reply("451", ("Something went wrong here.",))
