"""A transfer under way, and the file that one has brought."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import PurePosixPath

import anyio

from anyftp._fs import ReadFile, WriteFile
from anyftp._protocol import Reply
from anyftp._server._events._events import SessionInfo, TransferEnded
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
        scope: what it runs in: that of its session's commands, which is a new one afterwards.
        stats: bytes moved so far, and where the time went.
        reply: what it has come to; None before its end, and where the client was told already.
        is_over: all that is left to do is to tell the client.
        is_counted: the statistics have its bytes; only its reply is missing.
    """

    verb: str
    argument: str
    path: str
    scope: anyio.CancelScope
    uses_data: bool = True
    began: float | None = None
    stats: CopyStats = field(default_factory=CopyStats)
    reply: Reply | None = None
    is_over: bool = False
    is_counted: bool = False

    @property
    def seconds(self) -> float:
        """How long it has been under way."""
        return 0.0 if self.began is None else anyio.current_time() - self.began

    @property
    def bytes_per_second(self) -> float:
        """The average rate so far."""
        return self.stats.nbytes / self.seconds if self.seconds > 0 else 0.0

    def ended(self, session: SessionInfo, code: str) -> TransferEnded:
        """What is told of it at its end.

        Args:
            code: of the reply.
        """
        stats = self.stats
        return TransferEnded(
            session,
            self.verb,
            self.path,
            code,
            stats.nbytes,
            self.seconds,
            stats.seconds_throttle,
            stats.seconds_network,
            stats.seconds_disk,
        )

    def abort(self) -> None:
        """Break it off, unless it is over."""
        if not self.is_over:
            self.scope.cancel()


@dataclass(frozen=True, slots=True)
class Upload:
    """A file that has come whole and does not count yet.

    Attributes:
        path: where it will be.
        nbytes: how many bytes have come; after REST or with APPE, fewer than the file has.
    """

    path: PurePosixPath
    nbytes: int
    _file: WriteFile = field(repr=False)

    async def open(self) -> ReadFile:
        """Open the whole file for reading, as it would be.

        Raises:
            FileSystemError: EOPNOTSUPP where the file system cannot do that.

        Cancellation: safe; no file stays open.
        """
        return await self._file.read_back()
