"""Whether, why and how a session comes to its end."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(slots=True)
class Ending:
    """How a session ends.

    Attributes:
        is_due: the session ends after the current reply.
        is_draining: it ends as soon as nothing is being transferred.
        has_quit: QUIT has come, though a transfer may have to end before it is obeyed.
        last_reply: what a client that is kicked out is told.
        reason: why it ended, for whoever listens to events.
        is_complete: nothing of it is left but the connection, about to close.
    """

    is_due: bool = False
    is_draining: bool = False
    has_quit: bool = False
    last_reply: str | None = None
    reason: str = "the client has left"
    is_complete: bool = False
