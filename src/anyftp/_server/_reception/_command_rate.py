"""How fast a client may give commands: arithmetic, the time is passed in."""

from __future__ import annotations

import math

from anyftp._server._refusals import Dismissed


class CommandRate:
    """How fast one session's commands come.

    A second's worth of commands may come at once. What is beyond waits until it is due; whoever
    comes up against the limit for long, without ever pausing, is shown the door.

    Args:
        per_second: commands; None for no limit.
        is_before_login: it is the rate of someone who is not logged in.
        patience: seconds that a client may come up against its rate without pausing for one.
    """

    #: Nobody needs more to log in: AUTH, PBSZ, PROT, FEAT, OPTS, USER and PASS are seven.
    BEFORE_LOGIN = 20.0
    PATIENCE = 30.0
    #: Seconds that are too short to sleep for.
    GRAIN = 0.001

    __slots__ = ("__weakref__", "_ahead_since", "_due", "_interval", "_patience", "is_before_login")

    def __init__(
        self,
        per_second: float | None,
        *,
        is_before_login: bool = False,
        patience: float = PATIENCE,
    ) -> None:
        self.is_before_login = is_before_login
        self._patience = patience
        self._interval = 0.0 if per_second is None else 1.0 / per_second
        self._due = -math.inf
        self._ahead_since: float | None = None

    @classmethod
    def before_login(cls) -> CommandRate:
        """The rate of someone who is not logged in."""
        return cls(cls.BEFORE_LOGIN, is_before_login=True)

    def delay(self, now: float) -> float:
        """Count one more command; returns the seconds until it is due.

        Raises:
            Dismissed: too many have come for too long.
        """
        if self._due <= now - 1.0:
            self._ahead_since = None
            self._due = now - 1.0
        self._due += self._interval
        seconds = self._due - now
        if seconds < self.GRAIN:
            return 0.0
        if self._ahead_since is None:
            self._ahead_since = now
        elif now - self._ahead_since > self._patience:
            raise Dismissed("421", "Too many commands in too short a time.")
        return seconds
