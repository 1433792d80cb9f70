"""FEAT, HELP, NOOP, SYST, STAT, CLNT, CSID, LANG, AVBL: about the server and the session."""

from __future__ import annotations

from anyftp._protocol import SITE_VERBS, Reply, feature_lines
from anyftp._server._session._session import Session
from anyftp._server._verbs._abilities import is_able
from anyftp._server._verbs._hashing import hash_feature
from anyftp._server._verbs._listing import stat_path
from anyftp._server._verbs._request import Request

_ROW = 8


async def feat(session: Session, request: Request) -> Reply:
    """FEAT (RFC 2389, 3)."""
    verbs = {name: row for name, row in session.options.verbs.items() if is_able(session, name)}
    lines = feature_lines(
        tls=session.options.ssl_context is not None,
        mlst=session.mlsx.feature,
        verbs=verbs,
        more=[hash_feature(session)] if "HASH" in verbs else [],
    )
    return Reply("211", ("Features:", *lines, "End"))


async def noop(session: Session, request: Request) -> Reply:
    """NOOP."""
    return Reply("200", ("Nothing done.",))


async def syst(session: Session, request: Request) -> Reply:
    """SYST: what clients look at to read LIST."""
    return Reply("215", (session.options.system,))


async def clnt(session: Session, request: Request) -> Reply:
    """CLNT: clients like to introduce themselves."""
    return Reply("200", ("Noted.",))


async def csid(session: Session, request: Request) -> Reply:
    """CSID (draft-peterson-streamlined-ftp-command-extensions-10): who is who, in facts."""
    return Reply("200", ("Name=anyftp; CaseSensitive=1; DirSep=/;",))


async def lang(session: Session, request: Request) -> Reply:
    """LANG (RFC 2640, 4.1)."""
    if request.argument.upper().partition("-")[0] in ("", "EN"):
        return Reply("200", ("English it is.",))
    return Reply("504", ("English is the only language.",))


async def help_(session: Session, request: Request) -> Reply:
    """HELP."""
    verb, _, of_site = request.argument.upper().partition(" ")
    if verb == "SITE":  # ncftp looks here for what it may use
        return _site_help(of_site)
    verbs = {
        name: row
        for name, row in session.options.verbs.items()
        if session.options.ssl_context is not None or not row.tls
    }
    if request.argument:
        row = verbs.get(request.argument.upper())
        return Reply("214", (f"Syntax: {row.help}",)) if row else _unknown(request.argument)
    return Reply("214", ("Commands:", *_rows(sorted(verbs)), "End."))


async def site_help(session: Session, request: Request) -> Reply:
    """SITE HELP, of one command if it is named."""
    return _site_help(request.argument)


def _site_help(argument: str) -> Reply:
    if row := SITE_VERBS.get(argument.strip(" ").upper()):
        return Reply("214", (f"Syntax: {row.help}",))
    return Reply("214", ("SITE commands:", *_rows(sorted(SITE_VERBS)), "End."))


async def avbl(session: Session, request: Request) -> Reply:
    """AVBL (draft-peterson-streamlined-ftp-command-extensions-10): how much may be uploaded."""
    nbytes = await session.file_system.space_left(request.path)
    return Reply("213", (str(nbytes),))


async def stat(session: Session, request: Request) -> Reply:
    """STAT: of a path, else of the session, also while a transfer runs."""
    if request.row.asks_for_rights(request.argument):
        return await stat_path(session, request)
    return Reply("211", ("Status:", *_status(session), "End of status."))


def _status(session: Session) -> list[str]:
    lines = [
        f" Connected from {session.peer_host}",
        f" Logged in as {session.user.name or 'anonymous'}" if session.user else " Not logged in",
        f" TYPE: {session.state.type_.value}, STRU: F, MODE: {session.state.mode.value}",
        f" Control connection: {'TLS' if session.control.is_secure else 'clear'},"
        f" data connections: {'TLS' if session.protection.protects_data else 'clear'}",
    ]
    if (transfer := session.transfer) is not None:
        shown = f"{transfer.verb} {transfer.argument}".rstrip()
        lines.append(f" {shown}: {transfer.stats.nbytes} bytes so far")
    return lines


def _rows(names: list[str]) -> list[str]:
    return [
        " " + " ".join(f"{name:<6}" for name in names[start : start + _ROW]).rstrip()
        for start in range(0, len(names), _ROW)
    ]


def _unknown(name: str) -> Reply:
    return Reply("502", (f"{name.upper()} is not known.",))
