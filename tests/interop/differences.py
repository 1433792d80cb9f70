"""What servers cannot do, or do otherwise, or not always, and what the client does then."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TypeVar

from interop.operations import Operation, _instead
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


@dataclass(frozen=True)
class Uncertainty:
    """One operation that now and then does not work on one server, for a reason that lies there.

    What the client promises holds there, too: it ends in time, or soon after it was cancelled, with
    the right result or an error of the library's, leaves nothing behind, and is in step afterwards
    or says that it is disconnected.

    Attributes:
        is_active_only: in passive mode it works always.
    """

    server: str
    operation: str
    why: str
    is_active_only: bool = False


_PYFTPDLIB_MIXES_SESSIONS_UP = (
    "in active mode, where two sessions ask for data connections at the same moment, one of them "
    "may get no answer, or none to its upload; `timeout` ends the former, a minute the latter"
)

DIFFERENCES = (
    Difference("vsftpd", "list by MLSD", "it has no MLSD", "500", _instead.by_LIST),
    Difference(
        "vsftpd",
        "list a hidden file",
        "it leaves out names that begin with a dot, unless force_dot_files is set",
        "AssertionError",
        _instead.by_name_only,
    ),
    Difference(
        "pyftpdlib",
        "names that are not UTF 8",
        "it lists them with question marks, and does not find them by their bytes",
        "AssertionError",
        _instead.with_question_marks,
    ),
    Difference("aioftp", "noop", "it has no NOOP", "502", _instead.by_PWD),
    Difference("aioftp", "features", "it has no FEAT", "AssertionError", _instead.no_features),
    Difference("aioftp", "site help", "it has no SITE", "502", _instead.nothing),
    Difference(
        "aioftp",
        "remove a directory that is not empty",
        "its refusal looks like one that passes",
        "451",
        _instead.refused_as_if_for_now,
    ),
    Difference(
        "aioftp",
        "remove a link not its folder",
        "it shows a link to a folder as that folder in every way, so that `remove` empties the "
        "folder behind it; only then the link itself turns out not to be removable",
        "451",
        _instead.by_remove_directory,
    ),
    Difference(
        "aioftp",
        "names that are not UTF 8",
        "it ends the session over them",
        "ConnectionLost",
        _instead.other_names,
    ),
    Difference("aioftp", "set modified", "it has no MFMT", "502", _instead.nothing),
    Difference("aioftp", "chmod", "it has no SITE", "502", _instead.nothing),
    Difference(
        "aioftp",
        "download in ASCII",
        "it accepts TYPE A and converts nothing",
        "AssertionError",
        _instead.unconverted_down,
    ),
    Difference(
        "aioftp",
        "upload in ASCII",
        "it accepts TYPE A and converts nothing",
        "AssertionError",
        _instead.unconverted_up,
    ),
    Difference("aioftp", "list names by NLST", "it has no NLST", "502", _instead.by_list),
    Difference("aioftp", "store under a unique name", "it has no STOU", "502", _instead.nothing),
    Difference(
        "aioftp",
        "keep times of an upload",
        "it has no MFMT",
        "AssertionError",
        _instead.named_as_untimed,
    ),
)

UNCERTAINTIES = (
    *(
        Uncertainty("pyftpdlib", operation, _PYFTPDLIB_MIXES_SESSIONS_UP, is_active_only=True)
        for operation in (
            "download in segments",
            "upload a tree over three sessions",
            "download a tree over three sessions",
        )
    ),
    Uncertainty(
        "aioftp",
        "close a download by hand",
        "it ends the session when a data connection breaks before ABOR has come",
    ),
)

#: In the order of their notes.
ROWS: tuple[Difference | Uncertainty, ...] = (*DIFFERENCES, *UNCERTAINTIES)

_Row = TypeVar("_Row", Difference, Uncertainty)


def difference(peer: Peer, operation: str) -> Difference | None:
    """What is known to be otherwise there."""
    return _find(DIFFERENCES, peer.server, operation)


def uncertainty(peer: Peer, operation: str) -> Uncertainty | None:
    """What is known to go wrong there now and then."""
    row = _find(UNCERTAINTIES, peer.server, operation)
    return None if row is None or (row.is_active_only and not peer.is_active) else row


def _find(rows: Iterable[_Row], server: str, operation: str) -> _Row | None:
    for row in rows:
        if (row.server, row.operation) == (server, operation):
            return row
    return None
