"""Habits of servers, as data: who is to be treated otherwise than the RFCs say, and how.

Most oddities need no entry here: what can be understood whatever the server (replies, addresses,
listings) is understood always, and a command refused once is not sent again. A rule is for what
shows too late, costs a time-out, or cannot be seen at all. Rules are looked at in order and later
ones win, so your own go behind the known ones:

    habits_of(greeting=…, rules=(*HABIT_RULES, HabitRule("ours", Habits(use_epsv=False), "ACME")))
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields, replace
from datetime import UTC, tzinfo
from types import MappingProxyType

from anyftp._errors import LocalProtocolError

_LOOKED_AT = 2000
_NO_FEATURES: Mapping[str, str] = MappingProxyType({})


@dataclass(frozen=True, slots=True, kw_only=True)
class Habits:
    """How to treat a server; None where nothing is known and the usual will do.

    Attributes:
        use_mlsd: False: ask by LIST at once.
        use_epsv: False: ask by PASV at once, except over IPv6.
        dial_late: data ports refuse connections until the command has come.
        send_pret: tell the transfer command by PRET before PASV.
        send_abort: False: give up transfers by closing the data connection alone.
        telnet_abort: Telnet's IP and Synch go before ABOR.
        abort_before_close: transfers are given up by ABOR alone; the data connection is closed
            when that has been answered.
        cwd_before_list: LIST takes no path, or understands it otherwise.
        lenient_replies: a multi-line reply may end with another code.
        await_close_notify: False: the end of TLS is never announced.
        ask_ahead: True: the next EPSV or PASV may be sent once the data of a download are over; its
            answer comes behind the 226.
        ask_behind: True: it may be sent right behind RETR or STOR, before any data have moved.
        resume_uploads: False: REST before STOR is accepted and ignored.
        server_zone: of the clock in LIST.
        after_login: commands that put the server into order.
    """

    use_mlsd: bool | None = None
    use_epsv: bool | None = None
    dial_late: bool | None = None
    send_pret: bool | None = None
    send_abort: bool | None = None
    telnet_abort: bool | None = None
    abort_before_close: bool | None = None
    cwd_before_list: bool | None = None
    lenient_replies: bool | None = None
    await_close_notify: bool | None = None
    ask_ahead: bool | None = None
    ask_behind: bool | None = None
    resume_uploads: bool | None = None
    server_zone: tzinfo | None = None
    after_login: tuple[str, ...] | None = None

    def over(self, others: Habits) -> Habits:
        """These habits, and the others' where these say nothing."""
        said = {field.name: getattr(self, field.name) for field in fields(self)}
        return replace(others, **{name: value for name, value in said.items() if value is not None})


@dataclass(frozen=True, slots=True)
class HabitRule:
    """One row of the table: which servers, and what about them. All patterns given must be found.

    Attributes:
        name: of the server.
        habits: how to treat it.
        greeting: pattern (`re`, upper or lower case) in the greeting.
        system: the same in the reply to SYST.
        feature: the same in a line of FEAT, `NAME parameters`.
        reason: for the reader.
    """

    name: str
    habits: Habits
    greeting: str = ""
    system: str = ""
    feature: str = ""
    reason: str = ""

    def __post_init__(self) -> None:
        patterns = (self.greeting, self.system, self.feature)
        if not any(patterns):
            raise LocalProtocolError(f"the rule {self.name!r} must have a pattern")
        for pattern in patterns:
            try:
                re.compile(pattern, re.IGNORECASE)  # as it is searched for: `re` remembers it
            except re.error as error:
                raise LocalProtocolError(f"the rule {self.name!r}: {error}") from error

    def is_about(self, greeting: str, system: str, features: Mapping[str, str]) -> bool:
        """Whether a server is one of these."""
        lines = (f"{name} {text}".strip() for name, text in features.items())
        return (
            _is_in(self.greeting, greeting)
            and _is_in(self.system, system)
            and (not self.feature or any(_is_in(self.feature, line) for line in lines))
        )


_FOREIGN = Habits(use_mlsd=False, cwd_before_list=True)
_IBM_I = replace(_FOREIGN, after_login=("SITE NAMEFMT 1",))

#: What is known of servers in the wild.
HABIT_RULES: tuple[HabitRule, ...] = (
    HabitRule(
        "vsftpd",
        Habits(use_mlsd=False, server_zone=UTC, ask_ahead=True, ask_behind=True),
        greeting=r"\bvsFTPd\b",
        reason="Has no MLSD; lists in UTC unless use_localtime is set.",
    ),
    HabitRule(
        "pyftpdlib",
        Habits(server_zone=UTC, ask_ahead=True),
        greeting=r"\bpyftpdlib\b",
        reason="Lists in UTC unless use_gmt_times is off.",
    ),
    HabitRule(
        "proftpd and pure-ftpd",
        Habits(ask_ahead=True),
        greeting=r"\bProFTPD\b|\bPure-FTPd\b",
        reason="Take one command after the other, as those above; seen 3,000 times of each.",
    ),
    HabitRule(
        "anyftp",
        Habits(ask_ahead=True, ask_behind=True),
        greeting=r"^anyftp\b",
        reason="Keeps commands for when a transfer is over; so does vsftpd.",
    ),
    HabitRule(
        "aioftp",
        Habits(abort_before_close=True),
        greeting=r"^welcome$",
        reason="Ends the session when a data connection breaks in the course of a transfer.",
    ),
    HabitRule(
        "IIS",
        Habits(use_mlsd=False, await_close_notify=False),
        greeting=r"\bMicrosoft FTP Service\b",
        reason="Has no MLSD; never announces the end of TLS, it waits for ours.",
    ),
    HabitRule(
        "DrFTPD and others with slaves",
        Habits(send_pret=True),
        feature=r"^PRET\b",
        reason="Cannot choose a data port before it knows the file.",
    ),
    HabitRule(
        "glFTPd",
        Habits(lenient_replies=True),
        greeting=r"\bglftpd\b",
        reason="Ends blocks of 553- with 150 and the like.",
    ),
    HabitRule(
        "webMAN",
        Habits(use_epsv=False),
        greeting=r"\bwebMANftpd\b",
        reason="Answers EPSV with 202 and no port.",
    ),
    HabitRule("z/OS, greeting", _FOREIGN, r"\bIBM FTP CS\b", reason="As below, but known earlier."),
    HabitRule(
        "z/OS",
        _FOREIGN,
        system=r"\bMVS is the operating system\b",
        reason="A path of LIST is a data set there.",
    ),
    HabitRule("IBM i, greeting", _IBM_I, r"^QTCP at\b", reason="As below, but known earlier."),
    HabitRule(
        "IBM i",
        _IBM_I,
        system=r"\bOS/400\b",
        reason="Names of the library system until asked for paths with slashes.",
    ),
    HabitRule("OpenVMS", _FOREIGN, system=r"\bVMS\b", reason="Paths have brackets there."),
    HabitRule("NonStop", _FOREIGN, greeting=r"\bT9552\w", reason="Subvolumes instead of folders."),
)


def habits_of(
    *,
    greeting: str = "",
    system: str = "",
    features: Mapping[str, str] = _NO_FEATURES,
    rules: Iterable[HabitRule] = HABIT_RULES,
) -> Habits:
    """What is known of a server by what it has said so far; to be asked again when it says more.

    Args:
        greeting: text of the reply 220.
        system: text of the reply to SYST.
        features: as `parse_features` gives them.
        rules: later ones win over earlier ones.
    """
    habits = Habits()
    for rule in rules:
        if rule.is_about(greeting, system, features):
            habits = rule.habits.over(habits)
    return habits


def _is_in(pattern: str, text: str) -> bool:
    return not pattern or re.search(pattern, text[:_LOOKED_AT], re.IGNORECASE) is not None
