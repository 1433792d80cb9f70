from __future__ import annotations

from dataclasses import FrozenInstanceError, replace
from datetime import UTC
from functools import partial

import pytest
from hypothesis import given
from hypothesis import strategies as st

from anyftp._errors import LocalProtocolError
from anyftp._protocol import HABIT_RULES, HabitRule, Habits, habits_of

GREETINGS = [
    ("(vsFTPd 3.0.5)", Habits(use_mlsd=False, server_zone=UTC, ask_ahead=True, ask_behind=True)),
    ("pyftpdlib 2.2.0 ready.", Habits(server_zone=UTC, ask_ahead=True)),
    ("welcome", Habits(abort_before_close=True)),
    ("welcome to example.org", Habits()),
    ("Microsoft FTP Service", Habits(use_mlsd=False, await_close_notify=False)),
    ("example (glFTPd 2.11 Linux+TLS) ready.", Habits(lenient_replies=True)),
    ("webMANftpd 1.47.42 MOD [NTFS:0]", Habits(use_epsv=False)),
    ("host FTP SERVER T9552H02 ready.", Habits(use_mlsd=False, cwd_before_list=True)),
    ("FTPD1 IBM FTP CS V2R4 at X.Y, 10:00.", Habits(use_mlsd=False, cwd_before_list=True)),
    (
        "QTCP at SYSTEM.EXAMPLE.ORG.",
        Habits(use_mlsd=False, cwd_before_list=True, after_login=("SITE NAMEFMT 1",)),
    ),
    ("ProFTPD Server ready.", Habits(ask_ahead=True)),
    ("---------- Welcome to Pure-FTPd [privsep] ----------", Habits(ask_ahead=True)),
    ("anyftp ready.", Habits(ask_ahead=True, ask_behind=True)),
    ("not anyftp", Habits()),
    ("", Habits()),
]
SYSTEMS = [
    ("MVS is the operating system of this server.", Habits(use_mlsd=False, cwd_before_list=True)),
    (
        "OS/400 is the remote operating system.",
        Habits(use_mlsd=False, cwd_before_list=True, after_login=("SITE NAMEFMT 1",)),
    ),
    ("VMS OpenVMS V8.4 on node X.", Habits(use_mlsd=False, cwd_before_list=True)),
    ("UNIX Type: L8", Habits()),
]


@pytest.mark.parametrize(("greeting", "habits"), GREETINGS)
def test_by_greeting(greeting: str, habits: Habits) -> None:
    assert habits_of(greeting=greeting) == habits
    assert habits_of(greeting=greeting.upper(), system="UNIX Type: L8") == habits


@pytest.mark.parametrize(("system", "habits"), SYSTEMS)
def test_by_system(system: str, habits: Habits) -> None:
    assert habits_of(system=system) == habits


def test_by_features() -> None:
    assert habits_of(features={"UTF8": "", "PRET": ""}) == Habits(send_pret=True)
    assert habits_of(features={"UTF8": "", "XPRET": "PRET"}) == Habits()


def test_all_patterns_of_a_rule_must_be_found() -> None:
    rule = HabitRule("x", Habits(send_abort=False), "ACME", system="UNIX", feature="^MLST .*size")
    said = partial(habits_of, greeting="ACME 1", rules=[rule])
    features = {"MLST": "type*;size*;"}
    assert said(system="UNIX", features=features) == Habits(send_abort=False)
    assert said(system="UNIX") == Habits()
    assert said(features=features) == Habits()


def test_own_rules_win() -> None:
    own = HabitRule("ours", Habits(use_mlsd=True, telnet_abort=True), "vsFTPd")
    habits = habits_of(greeting="(vsFTPd 3.0.5)", rules=(*HABIT_RULES, own))
    vsftpd = Habits(server_zone=UTC, ask_ahead=True, ask_behind=True)
    assert habits == replace(vsftpd, use_mlsd=True, telnet_abort=True)


def test_over() -> None:
    assert Habits(use_epsv=False).over(Habits(use_epsv=True, send_pret=True)) == Habits(
        use_epsv=False, send_pret=True
    )
    assert Habits(resume_uploads=True).over(Habits()) == Habits(resume_uploads=True)


def test_rules_are_values() -> None:
    with pytest.raises(FrozenInstanceError):
        HABIT_RULES[0].name = "x"  # type: ignore[misc]  # that is the point
    assert len({rule.name for rule in HABIT_RULES}) == len(HABIT_RULES)
    assert all(rule.reason.endswith(".") for rule in HABIT_RULES)
    assert all(rule.habits != Habits() for rule in HABIT_RULES)


@pytest.mark.parametrize("pattern", ["", "(", "[a"])
def test_impossible_rules(pattern: str) -> None:
    with pytest.raises(LocalProtocolError, match="'x'"):
        HabitRule("x", Habits(), pattern)


@given(st.text(), st.text(), st.dictionaries(st.text(), st.text()))
def test_any_server(greeting: str, system: str, features: dict[str, str]) -> None:
    habits_of(greeting=greeting, system=system, features=features)
