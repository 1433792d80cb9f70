"""What servers cannot do, or do otherwise, and what the client does then."""

from __future__ import annotations

from dataclasses import dataclass

from interop.operations import Operation
from interop.operations._instead import by_LIST, by_name_only
from interop.peers import Peer


@dataclass(frozen=True)
class Difference:
    """One operation that does not work on one server.

    Attributes:
        why: as a reader of the table should know it.
        error: how the operation ends there: the code of the server's refusal, or the class of the
            error.
        instead: what works there, and is run as well. Its docstring says it.
    """

    server: str
    operation: str
    why: str
    error: str
    instead: Operation


DIFFERENCES = (
    Difference("vsftpd", "list by MLSD", "it has no MLSD", "500", by_LIST),
    Difference(
        "vsftpd",
        "list a hidden file",
        "it leaves out names that begin with a dot, unless force_dot_files is set",
        "AssertionError",
        by_name_only,
    ),
)


def difference(peer: Peer, operation: str) -> Difference | None:
    """What is known to be otherwise there."""
    for row in DIFFERENCES:
        if (row.server, row.operation) == (peer.server, operation):
            return row
    return None
