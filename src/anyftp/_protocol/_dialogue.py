"""What a client says, and the ledger of what it is owed for that: never out of step.

The theory: every command sent leaves a *debt*, the final
reply (2yz to 5yz) that the server owes. A final reply that is read pays the oldest debt. So when
a task is cancelled while it waits, nothing is lost: the debt stays, and whoever sends the next
command first reads off what is owed. Where that does not succeed within a bound, the connection
is given up for good and says so; a stale reply is never taken for another command's.

Replies that nobody is owed (421 above all, or a command answered twice) are looked for before
each command; they answer nothing and are dropped, save 421 (RFC 959, 5.4), which ends everything.

After ABOR, and after commands sent in the course of a transfer, nobody can say how many replies
will come. Then a *marker* is sent, a question whose answer no other command can give: whatever
comes before that answer is about what was sent before, and its coming pays for all of it.

Here commands are put together and the account is kept, and nothing else: none is sent, and no
reply awaited.
"""

from __future__ import annotations

import enum
import re
from collections import deque
from collections.abc import Sequence

from anyftp._errors import SECRET_VERBS, LocalProtocolError, RemoteProtocolError
from anyftp._protocol._reply import Reply
from anyftp._protocol._text import LINE_BREAKERS

_VERB = re.compile(r"[!-~]+")

#: What can be a marker, and its answer (RFC 959, 5.4: but for MKD nothing else says 257).
_MARKERS = {"PWD": "257", "SYST": "215"}
_ANSWERED_ALIKE = {"PWD": {"PWD", "XPWD", "MKD", "XMKD"}, "SYST": {"SYST"}}

#: What servers say to a command that they do not want to hear, NOOP in a transfer above all.
_UNKNOWN = frozenset({"500", "501", "502", "503", "504"})

#: What answers SIZE, or a passive command, and no transfer.
OF_QUESTIONS = frozenset({"213", "227", "228", "229"})

#: This many replies in a row that answer nothing, preliminary or unasked, are an attack.
MAX_IDLE_REPLIES = 10_000


def encode_command(verb: str, argument: str = "", encoding: str = "utf-8") -> bytes:
    """Encode a command for the wire.

    This is the one place where commands are put together, so that no caller can forget to refuse
    the line endings that would smuggle in a second.

    Raises:
        LocalProtocolError: the verb is no word of printable ASCII; or the argument holds CR, LF or
            NUL, or what the encoding cannot say. The message never shows a secret.
    """
    if not _VERB.fullmatch(verb):
        # What follows the first word may be a secret.
        match = _VERB.match(verb)
        word = match[0][:20] if match else ""
        raise LocalProtocolError(f"a verb must be one word of ASCII, not {word!r} and more")
    if not LINE_BREAKERS.isdisjoint(argument):
        raise LocalProtocolError(f"{verb}: {_shown(verb, argument)} must not hold CR, LF or NUL")
    line = f"{verb} {argument}" if argument else verb
    try:
        return line.encode(encoding, "surrogateescape") + b"\r\n"
    except UnicodeEncodeError:
        pass  # raise outside: the original error holds the argument
    raise LocalProtocolError(f"{verb}: {_shown(verb, argument)} cannot be encoded in {encoding}")


def _shown(verb: str, argument: str) -> str:
    return "an argument" if verb.upper() in SECRET_VERBS else repr(argument)


class Meaning(enum.Enum):
    """What a reply is to whoever has sent commands."""

    PRELIMINARY = enum.auto()
    ANSWER = enum.auto()
    UNASKED = enum.auto()
    CLOSING = enum.auto()


#: A command, and the code that answers it if it is a marker.
_Debt = tuple[str, str | None]


class ReplyLedger:
    """Which final replies are owed, the oldest first."""

    __slots__ = ("_debts", "_nasides", "_nidle", "_nmarkers")

    def __init__(self) -> None:
        self._debts: deque[_Debt] = deque()
        self._nasides = 0
        self._nidle = 0
        self._nmarkers = 0

    @property
    def is_owed(self) -> bool:
        """Whether the final reply to some command has not come yet."""
        return bool(self._debts)

    @property
    def oldest(self) -> str | None:
        """The command whose final reply comes next, None if nothing is owed."""
        return self._debts[0][0] if self._debts else None

    def owes(self, verb: str) -> bool:
        """Whether the final reply to this command has not come yet."""
        return any(owed == verb for owed, _ in self._debts)

    @property
    def has_aside(self) -> bool:
        """Whether the reply to a command sent in the course of a transfer may still come."""
        return self._nasides > 0

    def sent(self, verb: str, *, is_aside: bool = False) -> None:
        """Enter a command; its final reply is owed from here on.

        Args:
            is_aside: it goes in the course of a transfer. The reply that confirms the transfer
                and that to this command come in any order, or the latter not at all.
        """
        self._debts.append((verb, None))
        if is_aside:
            self._nasides += 1

    def mark(self) -> str:
        """Enter a marker; gives the command to send, one whose like is not owed already."""
        owed = {verb for verb, _ in self._debts}
        free = (marker for marker in _MARKERS if not owed & _ANSWERED_ALIKE[marker])
        marker = next(free, "PWD")
        self.mark_by(marker, _MARKERS[marker])
        return marker

    def mark_by(self, verb: str, code: str) -> None:
        """Enter a command as a marker: nothing that is owed by now is answered by this code."""
        self._debts.append((verb, code))
        self._nmarkers += 1

    @property
    def is_marked(self) -> bool:
        """Whether the answer to a marker has not come yet."""
        return self._nmarkers > 0

    def accept(self, reply: Reply) -> Meaning:
        """Enter a reply; says what it is.

        Raises:
            RemoteProtocolError: too many came that answer nothing.
        """
        if reply.code == "421":
            return Meaning.CLOSING
        meaning = self._meaning(reply)
        if meaning is Meaning.ANSWER:
            self._nidle = 0
            return meaning
        self._nidle += 1
        if self._nidle > MAX_IDLE_REPLIES:
            raise RemoteProtocolError(f"over {MAX_IDLE_REPLIES} replies that answer nothing")
        return meaning

    def _meaning(self, reply: Reply) -> Meaning:
        if reply.code[0] == "1":
            return Meaning.PRELIMINARY
        if self._nmarkers and any(marker == reply.code for _, marker in self._debts):
            while self._pay() != reply.code:
                pass
            return Meaning.ANSWER
        if not self._debts:
            return Meaning.UNASKED
        if self._nmarkers and self._debts[0][1] and not reply.is_permanent:
            return Meaning.UNASKED  # but a server may refuse to answer the marker
        self._pay()
        return Meaning.ANSWER

    def _pay(self) -> str | None:
        """Strike off the oldest; gives its code if it was a marker."""
        _, marker = self._debts.popleft()
        if marker is not None:
            self._nmarkers -= 1
        return marker

    def answered_aside(self, reply: Reply) -> None:
        """A reply has been taken for that to a command sent in the course of a transfer."""
        self._nasides -= not reply.is_preliminary and self._nasides > 0

    def take_asides(self) -> int:
        """The transfer is over: tell how many commands went in its course, and forget them."""
        nasides, self._nasides = self._nasides, 0
        return nasides

    def may_end_transfer(self, reply: Reply) -> bool:
        """Whether it is a refusal, and of a transfer rather than of what was sent meanwhile."""
        return reply.is_refusal and not (self._nasides and reply.code in _UNKNOWN)

    def clear(self) -> None:
        """Forget all: another connection owes nothing."""
        self._debts.clear()
        self._nasides = self._nidle = self._nmarkers = 0


def confirmation_among(replies: Sequence[Reply]) -> Reply:
    """The reply that is about a transfer, among those to commands sent in its course."""
    return min(replies, key=_rank)


def _rank(reply: Reply) -> int:
    """How likely it is that a reply is about a transfer, not about what went in its course."""
    if reply.code in OF_QUESTIONS:
        return 3
    if reply.is_positive and reply.code != "200":
        return 0
    return 1 if reply.is_refusal and reply.code not in _UNKNOWN else 2


def found_nothing_to_abort(replies: Sequence[Reply]) -> bool:
    """Whether a server that was asked to abort says only that nothing is going on (225)."""
    codes = {reply.code for reply in replies if not reply.is_preliminary}
    return codes - {"200", *_UNKNOWN} == {"225"}
