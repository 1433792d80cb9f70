from __future__ import annotations

import re
from pathlib import Path

import pytest

from anyftp._errors import LocalProtocolError
from anyftp._protocol import (
    OPTIONAL_VERBS,
    SITE_VERBS,
    VERBS,
    Argument,
    HashFeature,
    Permission,
    feature_lines,
    verb_table,
)

#: RFC 1123 4.1.2.13 and what FileZilla, WinSCP, lftp, curl, Finder, GVfs, Explorer and ftplib send.
MUST_HAVE = """
    USER PASS ACCT QUIT REIN CWD CDUP PWD MKD RMD DELE RNFR RNTO RETR STOR STOU APPE LIST NLST MLSD
    MLST STAT HELP NOOP SYST ALLO TYPE MODE STRU REST ABOR SITE PORT EPRT PASV EPSV FEAT OPTS SIZE
    MDTM MFMT AUTH PBSZ PROT CCC HOST CLNT LANG XCWD XCUP XPWD XMKD XRMD
"""


def test_must_have() -> None:
    assert set(MUST_HAVE.split()) <= set(VERBS)
    assert set(SITE_VERBS) >= {"CHMOD", "UTIME", "HELP"}


def test_aliases_are_the_same_rows() -> None:
    aliases = {name: verb.name for name, verb in VERBS.items() if name != verb.name}
    assert aliases == {"XCWD": "CWD", "XCUP": "CDUP", "XPWD": "PWD", "XMKD": "MKD", "XRMD": "RMD"}


def test_nothing_that_touches_files_runs_without_login() -> None:
    for verb in VERBS.values():
        if verb.data or verb.is_path or verb.permission:
            assert verb.needs_login, verb.name


@pytest.mark.parametrize(
    ("name", "permission"),
    [
        ("RETR", Permission.READ),
        ("STOR", Permission.CREATE | Permission.OVERWRITE),
        ("APPE", Permission.APPEND | Permission.CREATE),
        ("DELE", Permission.DELETE),
        ("RMD", Permission.DELETE),
        ("RNFR", Permission.RENAME),
        ("RNTO", Permission.RENAME),
        ("MKD", Permission.MAKE_DIRECTORY),
        ("MFMT", Permission.ATTRIBUTES),
        ("LIST", Permission.LIST),
        ("CWD", None),
    ],
)
def test_permissions(name: str, permission: Permission | None) -> None:
    assert VERBS[name].permission == permission


def test_every_verb_that_names_a_path_needs_a_right() -> None:
    free = {verb.name for verb in VERBS.values() if verb.is_path and verb.permission is None}
    assert free == {"CWD"}
    assert all(verb.permission for name, verb in SITE_VERBS.items() if name != "HELP")


def test_read_only_users_can_change_nothing() -> None:
    writing = {
        v.name for v in VERBS.values() if v.permission and not v.permission & Permission.READ_ONLY
    }
    assert writing == {"STOR", "STOU", "APPE", "MKD", "RMD", "DELE", "RNFR", "RNTO", "MFMT"}


def test_during_a_transfer() -> None:
    allowed = {verb.name for verb in VERBS.values() if verb.allowed_during_transfer}
    assert allowed == {"NOOP", "STAT"}  # ABOR and QUIT are obeyed once it has ended


def test_arguments() -> None:
    assert VERBS["PASS"].argument is Argument.OPTIONAL
    assert VERBS["RETR"].argument is Argument.REQUIRED
    assert VERBS["PASV"].argument is Argument.NONE
    assert all(verb.help.startswith(verb.name) for verb in VERBS.values())


def test_feature_lines() -> None:
    plain = feature_lines(tls=False)
    assert " AUTH TLS" not in plain
    assert {" UTF8", " SIZE", " REST STREAM", " TVFS", " EPSV"} <= set(plain)
    secure = feature_lines(tls=True, mlst="MLST type*;")
    assert {" AUTH TLS", " PBSZ", " PROT", " MLST type*;"} <= set(secure)
    assert all(line.startswith(" ") and line.strip() for line in secure)


def test_options() -> None:
    wanted = {"HASH", "XCRC", "XMD5", "XSHA", "XSHA1", "XSHA256", "XSHA512", "AVBL"}
    wanted |= {"RANG", "COMB"}
    assert set(OPTIONAL_VERBS) == wanted | {"MODE Z"}
    assert set(VERBS).isdisjoint(wanted)
    assert all(verb.needs_login for verb in OPTIONAL_VERBS.values())
    assert all(verb.help.startswith(verb.name) for verb in OPTIONAL_VERBS.values())
    reading = {
        verb for verb in OPTIONAL_VERBS if OPTIONAL_VERBS[verb].permission == Permission.READ
    }
    assert reading == wanted - {"AVBL", "RANG", "COMB"}


def test_table_of_a_server_with_options() -> None:
    assert verb_table() == VERBS
    table = verb_table(["HASH", "XSHA", "MODE Z"])
    assert set(table) - set(VERBS) == {"HASH", "XSHA"}
    assert table["XSHA"].name == "XSHA1"
    assert (table["MODE"].help, VERBS["MODE"].help) == ("MODE S|Z", "MODE S")
    with pytest.raises(LocalProtocolError, match="XYZ"):
        verb_table(["HASH", "XYZ"])


def test_feature_lines_of_options() -> None:
    table = verb_table(OPTIONAL_VERBS)
    lines = feature_lines(tls=False, verbs=table, more=[str(HashFeature(("SHA-256",), "SHA-256"))])
    added = set(lines) - set(feature_lines(tls=False))
    assert added == {
        *(" HASH SHA-256*;", " XCRC", " XMD5", " XSHA1", " XSHA256", " XSHA512", " AVBL"),
        *(" RANG STREAM", " MODE Z", " COMB"),
    }


def documented() -> dict[str, str]:
    """The tables of docs/reference/commands.md: the right that each command needs."""
    page = Path(__file__).parents[2] / "docs" / "reference" / "commands.md"
    rows = re.findall(r"^\| `(.+?)` \| (.*?)\|", page.read_text("utf-8"), re.MULTILINE)
    assert len(rows) == len({syntax for syntax, _ in rows})
    return {syntax.replace("\\|", "|"): right.strip() for syntax, right in rows}


def test_the_page_about_the_commands_is_complete_and_right() -> None:
    table = [*VERBS.values(), *SITE_VERBS.values(), *OPTIONAL_VERBS.values()]
    assert documented() == {
        verb.help: " or ".join(str(right.name) for right in verb.permission or ()) for verb in table
    }
