"""How many sessions a server lets in, as far as its refusals have shown; time is passed in.

A refusal while others of ours are in shows that there are enough for now. It is believed for a
while; then one more is tried, and if that is let in, the next. A refusal while none is in is an
error, and who asks again and again is given it again without the server being bothered, from the
second time on and for longer each time: it may be the password that is wrong, and servers shut out
who keeps trying.
"""

from __future__ import annotations

import math

from anyftp._errors import ConnectionLost, FTPError, FTPTimeoutError, ReplyError

#: Codes by which servers say that there are too many of us already.
_TOO_MANY = frozenset({"421", "430", "530"})
#: Where any no means that: others of ours have been let in by the same words. vsftpd says 500 and
#: some say 550, 425 or 450.
_AT_THE_DOOR = frozenset({"greeting", "USER", "PASS", "ACCT"})

#: Seconds for which a limit is believed that the server has told, or that shows by anything else.
_TOLD_SECONDS, _SHOWN_SECONDS = 60.0, 5.0

#: Seconds for which a second refusal in a row is believed, and at most.
_FIRST_SECONDS, _LAST_SECONDS = 1.0, 60.0


class ServerLimit:
    """What is known of the limit of one server, for one login."""

    def __init__(self) -> None:
        self._most: int | None = None
        self._until = -math.inf
        self._error: FTPError | None = None
        self._error_until = -math.inf
        self._nattempts_failed = self._nrefused = 0

    def of(self, size: int, now: float) -> int:
        """How many there may be of those that are wanted."""
        if self._most is None:
            return size
        return min(size, self._most + (now >= self._until))

    def seconds_believed(self, now: float) -> float:
        """For how long it holds as it is."""
        return self._until - now if self._most is not None and now < self._until else math.inf

    def let_in(self, nopen: int) -> None:
        """One more has been let in; there are this many now."""
        self._error, self._nrefused = None, 0
        if self._most is not None and nopen > self._most:
            self._most = nopen

    def turned_away(self, nopen: int, error: FTPError, now: float) -> bool:
        """One more has not been let in, with this many there.

        Returns:
            Whether that says that there are enough. A server that is at its limit may say so in
            words of its own, close the connection without one, or let it hang.
        """
        refusal = _refusal_of(error)
        is_told = refusal is not None and refusal.code in _TOO_MANY
        is_shown = isinstance(error, ConnectionLost | FTPTimeoutError) or (
            refusal is not None and refusal.command in _AT_THE_DOOR
        )
        if not is_told and not is_shown:
            return False
        self._most = nopen
        self._until = now + (_TOLD_SECONDS if is_told else _SHOWN_SECONDS)
        return True

    def failed(self, error: FTPError, attempt: int, now: float) -> None:
        """The only one has not been let in.

        Args:
            attempt: its number among all attempts.
        """
        self._error, self._error_until = error, now
        self._nattempts_failed = attempt
        if _refusal_of(error) is not None:
            self._nrefused += 1
            if self._nrefused > 1:
                seconds = _FIRST_SECONDS * 2.0 ** min(self._nrefused - 2, 10)
                self._error_until = now + min(seconds, _LAST_SECONDS)

    def answer_for(self, nattempts: int, now: float) -> FTPError | None:
        """What somebody is told without being tried, while none is in; None for who has to be.

        Args:
            nattempts: those that had begun when it came.
        """
        is_answered = nattempts < self._nattempts_failed or now < self._error_until
        return self._error if is_answered else None


def _refusal_of(error: FTPError) -> ReplyError | None:
    """The server's no in an error, if it has said one."""
    refusal = error if isinstance(error, ReplyError) else error.__cause__
    return refusal if isinstance(refusal, ReplyError) else None
