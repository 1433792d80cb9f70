"""From a command to its handler, through every check that its row of the verb table asks for.

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
from anyftp._protocol import SITE_VERBS, Argument, Command, Reply, Verb
from anyftp._server._moving import _ranges
from anyftp._server._refusals import Dismissed, Refused, file_error_reply
from anyftp._server._session._session import Handler, Session
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
    _security,
    _transfers,
)
from anyftp._server._verbs._abilities import is_able

logger = logging.getLogger("anyftp.server")

#: Verbs of HTTP: someone's browser was pointed here by an attacker (ALPACA and its elders).
_FOREIGN = frozenset(
    {"GET", "POST", "HEAD", "PUT", "DELETE", "OPTIONS", "CONNECT", "PATCH", "TRACE"}
)
_WITH_LS_OPTIONS = frozenset({"LIST", "NLST"})

SITE_HANDLERS: Mapping[str, Handler] = {
    "CHMOD": _changes.chmod,
    "UTIME": _changes.utime,
    "HELP": _information.site_help,
}


async def site(session: Session, argument: str) -> Reply | None:
    """SITE and its own verbs."""
    name, _, rest = argument.strip(" ").partition(" ")
    row = SITE_VERBS.get(name.upper())
    if row is None:
        return Reply("504", (f"SITE {name.upper()} is not known, see SITE HELP.",))
    if row.argument is Argument.REQUIRED and not rest:
        return Reply("501", (f"Syntax: {row.help}",))
    return await SITE_HANDLERS[row.name](session, rest)


HANDLERS: Mapping[str, Handler] = {
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
    "RNFR": _changes.rnfr,
    "RNTO": _changes.rnto,
    "MFMT": _changes.mfmt,
    "HASH": _hashing.hash_,
    **{verb: _hashing.checksum(verb) for verb in ("XCRC", "XMD5", "XSHA1", "XSHA256", "XSHA512")},
    "AVBL": _information.avbl,
    "RANG": _ranges.rang,
    "COMB": _combine.comb,
}


def find(session: Session, command: Command) -> tuple[Verb, Handler]:
    """Give the handler of a command: one of the user's own, or ours if its row lets it run.

    Raises: as `find_ours`.
    """
    own = session.options.handlers.get(command.verb)
    if own is None:
        return find_ours(session, command)
    session.state.before(command.verb)
    row = session.options.verbs.get(command.verb)
    return row or Verb(command.verb, Argument.OPTIONAL, command.verb), own


def find_ours(session: Session, command: Command) -> tuple[Verb, Handler]:
    """Check a command against its row and give its handler.

    Raises:
        Refused: it may not run, or there is no such verb.
        Dismissed: it comes from something that does not speak FTP.
    """
    session.state.before(command.verb)
    row = session.options.verbs.get(command.verb)
    if row is None:
        raise _unknown(session, command)
    if row.tls and session.options.ssl_context is None:
        raise Refused("502", "There is no TLS here.")
    needs_login = row.needs_login and not (row.name == "STAT" and not command.argument)
    if needs_login and not session.state.is_logged_in:
        raise Refused("530", "Log in first.")
    if row.argument is Argument.REQUIRED and not command.argument.strip(" "):
        raise Refused("501", f"Syntax: {row.help}")
    if not is_able(session, row.name):
        raise Refused("504", "Not with these files.")
    if row.data:
        _check_data(session)
    _check_permission(session, row, command.argument)
    return row, HANDLERS[row.name]


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


def _check_permission(session: Session, row: Verb, argument: str) -> None:
    if row.permission is None or not row.is_path or row.name == "STAT":
        return
    session.demand(session.resolve(path_argument(row, argument)), row.permission)


def path_argument(row: Verb, argument: str) -> str:
    """The part of a command's argument that is a path."""
    return _listing.without_options(argument) if row.name in _WITH_LS_OPTIONS else argument


async def perform(session: Session, verb: str, argument: str) -> Reply | None:
    """Do what a verb does here, with all checks: for handlers of the user's own.

    Returns:
        The reply, which is not sent yet; None if the handler has answered itself.

    Cancellation: as the verb's handler.
    """
    try:
        _, handler = find_ours(session, Command(verb, argument))
    except Refused as refusal:
        return session.refuse(refusal)
    return await answer(session, handler, argument)


async def answer(session: Session, handler: Handler, argument: str) -> Reply | None:
    """Run a handler; whatever it raises becomes a reply, but for what ends the session.

    Raises:
        ConnectionLost, FTPTimeoutError, TLSError: the session is over.

    Cancellation: as the handler's.
    """
    try:
        return await handler(session, argument)
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
