"""A command that has passed the checks of its row, and what they have found out."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import PurePosixPath
from typing import NamedTuple, TypeAlias

from anyftp._protocol import Reply, Verb
from anyftp._server._session._session import Session

#: Answers a request; None where it has answered itself.
Answer: TypeAlias = "Callable[[Session, Request], Awaitable[Reply | None]]"


class Request(NamedTuple):
    """What a client wants.

    Attributes:
        row: of the verb table.
        handler: what does it.
        argument: as it came.
        path: where the argument leads; the working directory where it names none.
    """

    row: Verb
    handler: Answer
    argument: str
    path: PurePosixPath
