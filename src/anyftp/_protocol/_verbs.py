"""The table of verbs: what the server must check before it runs a command, in one place.

A command that is missing here is unknown; one that is here cannot be run without the checks its row
asks for. The X forms (RFC 775, RFC 1123 section 4.1.3.1) are the same rows under other names.
"""

from __future__ import annotations

import enum
from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import NamedTuple

from anyftp._errors import LocalProtocolError
from anyftp._protocol._permission import Permission


class Argument(enum.Enum):
    """Whether a verb takes an argument."""

    NONE = "none"
    OPTIONAL = "optional"
    REQUIRED = "required"


NONE, OPTIONAL, REQUIRED = Argument.NONE, Argument.OPTIONAL, Argument.REQUIRED
P = Permission


class Verb(NamedTuple):
    """One row of the table.

    Attributes:
        name: canonical name.
        argument: whether it takes one.
        help: its syntax, as HELP shows it.
        permission: rights of which the user needs at least one at the path; a handler that names
            several (STOR: CREATE or OVERWRITE) looks again once it has seen the file.
        needs_login: the user must be logged in.
        is_path: the whole argument is a path (or, where optional, may be).
        ls_options: words with a dash in front of the path are for `ls`, and no part of it.
        about_session: without an argument it is about the session, for which neither login nor
            right is needed.
        data: it uses a data connection.
        beside: it takes long, so it runs beside the session as transfers do, and ABOR ends it.
        allowed_during_transfer: it is answered while a transfer runs; others wait for its end.
        feat: the line that FEAT says for it.
        tls: it makes sense only where the server has a certificate.
    """

    name: str
    argument: Argument
    help: str
    permission: Permission | None = None
    needs_login: bool = True
    is_path: bool = False
    ls_options: bool = False
    about_session: bool = False
    data: bool = False
    beside: bool = False
    allowed_during_transfer: bool = False
    feat: str | None = None
    tls: bool = False

    def path_in(self, argument: str) -> str:
        """The part of the argument that is a path; empty for verbs that name none."""
        if not self.is_path:
            return ""
        return _without_ls_options(argument) if self.ls_options else argument

    def ls_options_in(self, argument: str) -> str:
        """The letters that the argument has for `ls`; empty for verbs that take none."""
        if not self.ls_options:
            return ""
        words = argument.removesuffix(self.path_in(argument)).split()
        return "".join(word.lstrip("-") for word in words)

    def asks_for_rights(self, argument: str) -> bool:
        """Whether login and rights matter, which they do not where it is about the session."""
        return not self.about_session or bool(argument.strip(" "))


def _without_ls_options(argument: str) -> str:
    """Drop what clients pass on to `ls`: "-la", "-a path" (and not "./-a")."""
    words = argument.lstrip(" ")
    while words.startswith("-"):
        words = words.partition(" ")[2].lstrip(" ")
    return words if words != argument.lstrip(" ") else argument


_ACCESS = (
    Verb("USER", REQUIRED, "USER <name>", needs_login=False),
    Verb("PASS", OPTIONAL, "PASS <password>", needs_login=False),
    Verb("ACCT", REQUIRED, "ACCT <account>", needs_login=False),
    Verb("REIN", NONE, "REIN (log out, stay connected)", needs_login=False),
    Verb("QUIT", NONE, "QUIT", needs_login=False),
    Verb("HOST", REQUIRED, "HOST <name>", needs_login=False, feat="HOST"),
    Verb("AUTH", REQUIRED, "AUTH TLS", needs_login=False, feat="AUTH TLS", tls=True),
    Verb("PBSZ", REQUIRED, "PBSZ 0", needs_login=False, feat="PBSZ", tls=True),
    Verb("PROT", REQUIRED, "PROT P|C", needs_login=False, feat="PROT", tls=True),
    Verb("CCC", NONE, "CCC (back to clear text)", needs_login=False, tls=True),
)

_SERVICE = (
    Verb("FEAT", NONE, "FEAT", needs_login=False),
    Verb("OPTS", REQUIRED, "OPTS <verb> [options]", needs_login=False, feat="UTF8"),
    Verb("HELP", OPTIONAL, "HELP [verb]", needs_login=False),
    Verb("NOOP", OPTIONAL, "NOOP", needs_login=False, allowed_during_transfer=True),
    Verb("SYST", NONE, "SYST", needs_login=False),
    Verb("CLNT", REQUIRED, "CLNT <client's name>", needs_login=False, feat="CLNT"),
    Verb("CSID", OPTIONAL, "CSID <facts of the client>", needs_login=False, feat="CSID"),
    Verb("LANG", OPTIONAL, "LANG [language]", needs_login=False, feat="LANG EN*"),
    Verb("ALLO", OPTIONAL, "ALLO <bytes> (no operation)"),
    Verb("SITE", REQUIRED, "SITE CHMOD|UTIME|HELP"),
)

_PARAMETERS = (
    Verb("TYPE", REQUIRED, "TYPE A|I|L 8"),
    Verb("MODE", REQUIRED, "MODE S"),
    Verb("STRU", REQUIRED, "STRU F"),
    Verb("PASV", NONE, "PASV"),
    Verb("EPSV", OPTIONAL, "EPSV [1|2|ALL]", feat="EPSV"),
    Verb("PORT", REQUIRED, "PORT h1,h2,h3,h4,p1,p2"),
    Verb("EPRT", REQUIRED, "EPRT |1 or 2|address|port|", feat="EPRT"),
)

_TRANSFERS = (
    Verb("REST", REQUIRED, "REST <offset>", feat="REST STREAM"),
    Verb("RETR", REQUIRED, "RETR <path>", P.READ, is_path=True, data=True),
    Verb("STOR", REQUIRED, "STOR <path>", P.CREATE | P.OVERWRITE, is_path=True, data=True),
    Verb("STOU", OPTIONAL, "STOU [path]", P.CREATE, is_path=True, data=True),
    Verb("APPE", REQUIRED, "APPE <path>", P.APPEND | P.CREATE, is_path=True, data=True),
    Verb("LIST", OPTIONAL, "LIST [path]", P.LIST, is_path=True, ls_options=True, data=True),
    Verb("NLST", OPTIONAL, "NLST [path]", P.LIST, is_path=True, ls_options=True, data=True),
    Verb("MLSD", OPTIONAL, "MLSD [path]", P.LIST, is_path=True, data=True),
    Verb("ABOR", NONE, "ABOR", needs_login=False),
)

_FILES = (
    Verb("CWD", OPTIONAL, "CWD <path>", is_path=True),
    Verb("CDUP", NONE, "CDUP"),
    Verb("PWD", NONE, "PWD"),
    Verb("MKD", REQUIRED, "MKD <path>", P.MAKE_DIRECTORY, is_path=True),
    Verb("RMD", REQUIRED, "RMD <path>", P.DELETE, is_path=True),
    Verb("DELE", REQUIRED, "DELE <path>", P.DELETE, is_path=True),
    Verb("RNFR", REQUIRED, "RNFR <path>", P.RENAME, is_path=True),
    Verb("RNTO", REQUIRED, "RNTO <path>", P.RENAME, is_path=True),
    Verb("SIZE", REQUIRED, "SIZE <path>", P.LIST | P.READ, is_path=True, feat="SIZE"),
    Verb("MDTM", REQUIRED, "MDTM <path>", P.LIST | P.READ, is_path=True, feat="MDTM"),
    Verb("MLST", OPTIONAL, "MLST [path]", P.LIST, is_path=True),
    Verb("MFMT", REQUIRED, "MFMT <YYYYMMDDhhmmss> <path>", P.ATTRIBUTES, feat="MFMT"),
    Verb(
        "STAT",
        OPTIONAL,
        "STAT [path]",
        P.LIST,
        is_path=True,
        ls_options=True,
        about_session=True,
        allowed_during_transfer=True,
    ),
)

_ALIASES = {"XCWD": "CWD", "XCUP": "CDUP", "XPWD": "PWD", "XMKD": "MKD", "XRMD": "RMD"}
_NO_VERBS: Mapping[str, Verb] = MappingProxyType({})


def _table(
    *groups: Iterable[Verb], aliases: Mapping[str, str], others: Mapping[str, Verb] = _NO_VERBS
) -> Mapping[str, Verb]:
    table = {verb.name: verb for group in groups for verb in group}
    table.update({alias: table[name] for alias, name in aliases.items()})
    table.update(others)
    return MappingProxyType(table)


#: Every verb by each of its names, in upper case.
VERBS: Mapping[str, Verb] = _table(
    _ACCESS, _SERVICE, _PARAMETERS, _TRANSFERS, _FILES, aliases=_ALIASES
)

#: The verbs that follow SITE.
SITE_VERBS: Mapping[str, Verb] = _table(
    (
        Verb("CHMOD", REQUIRED, "SITE CHMOD <octal mode> <path>", P.ATTRIBUTES),
        Verb("UTIME", REQUIRED, "SITE UTIME <YYYYMMDDhhmmss> <path>", P.ATTRIBUTES),
        Verb("HELP", OPTIONAL, "SITE HELP"),
    ),
    aliases={},
)


_CHECKSUM = '"<path>" [[start] end]'
_COMBINE = 'COMB "<target>" "<part>" ["<part>" ...]'

#: What a server may switch on, by the name of the option: rows that `verb_table` adds. HASH needs
#: a line of its own in FEAT, since the line names the algorithms (`HashFeature`).
OPTIONAL_VERBS: Mapping[str, Verb] = _table(
    (
        Verb("HASH", REQUIRED, "HASH <path>", P.READ, is_path=True, beside=True),
        *(
            Verb(name, REQUIRED, f"{name} {_CHECKSUM}", P.READ, beside=True, feat=name)
            for name in ("XCRC", "XMD5", "XSHA1", "XSHA256", "XSHA512")
        ),
        Verb("AVBL", OPTIONAL, "AVBL [path]", P.LIST | P.WRITE, is_path=True, feat="AVBL"),
        Verb("RANG", REQUIRED, "RANG <first byte> <last byte>", feat="RANG STREAM"),
        Verb("COMB", REQUIRED, _COMBINE, P.APPEND | P.CREATE, beside=True, feat="COMB"),
    ),
    aliases={"XSHA": "XSHA1"},
    others={"MODE Z": Verb("MODE", REQUIRED, "MODE S|Z", feat="MODE Z")},
)


def verb_table(options: Iterable[str] = ()) -> Mapping[str, Verb]:
    """The verbs of a server that has switched on these options.

    Args:
        options: names of `OPTIONAL_VERBS`; "MODE Z" puts another row in the place of MODE's.

    Raises:
        LocalProtocolError: there is no such option.
    """
    chosen = list(options)
    unknown = sorted(set(chosen) - set(OPTIONAL_VERBS))
    if unknown:
        raise LocalProtocolError(f"there are no such optional verbs: {', '.join(unknown)}")
    added = {option.partition(" ")[0]: OPTIONAL_VERBS[option] for option in chosen}
    return MappingProxyType({**VERBS, **added})


def feature_lines(
    *, tls: bool, mlst: str = "", verbs: Mapping[str, Verb] = VERBS, more: Iterable[str] = ()
) -> list[str]:
    """The lines between the first and the last of the reply to FEAT (RFC 2389), blanks included.

    Args:
        tls: the server has a certificate.
        mlst: the line for MLST (RFC 3659, 7.8), as `MlsxFormat.feature` says it.
        verbs: those that the server has.
        more: further lines, such as HASH's.
    """
    rows = {verb.feat for verb in verbs.values() if verb.feat and (tls or not verb.tls)}
    rows |= {"TVFS", mlst, *more} - {""}
    return [f" {row}" for row in sorted(rows)]
