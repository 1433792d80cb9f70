"""A transfer under way."""

from __future__ import annotations

from dataclasses import dataclass, field

import anyio

from anyftp._streams import CopyStats


@dataclass(slots=True, eq=False)
class Transfer:
    """A transfer under way, or whatever else runs beside the session.

    Attributes:
        verb: the command that began it.
        argument: that command's argument.
        uses_data: it has a data connection.
        path: of the file or folder.
        began: when it was announced to the client, on the event loop's clock; None before.
        scope: cancel it to abort the transfer.
        stats: bytes moved so far, and where the time went.
        is_counted: the statistics have its bytes; only its reply is missing.
    """

    verb: str
    argument: str
    path: str = ""
    began: float | None = None
    uses_data: bool = True
    scope: anyio.CancelScope = field(default_factory=anyio.CancelScope)
    stats: CopyStats = field(default_factory=CopyStats)
    is_counted: bool = False

    @property
    def seconds(self) -> float:
        """How long it has been under way."""
        return 0.0 if self.began is None else anyio.current_time() - self.began

    @property
    def bytes_per_second(self) -> float:
        """The average rate so far."""
        return self.stats.nbytes / self.seconds if self.seconds > 0 else 0.0
