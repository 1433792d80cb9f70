"""The server that is looked at, and how a check is made: what it raises is a finding."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from pathlib import PurePosixPath

from anyftp import FTPError
from anyftp._cli._doctor._findings import Finding
from anyftp._cli._ending._failure import describe
from anyftp._cli._reaching._remote import Remote


@dataclass(slots=True)
class Patient:
    """A server, and what the checks have found out for those that follow.

    Attributes:
        remote: how to log in.
        writes: whether a file may be written there, and removed.
        features: what it says that it can do.
        sample: a file there that may be read, and its size.
    """

    remote: Remote
    writes: bool = False
    features: dict[str, str] = field(default_factory=dict)
    sample: PurePosixPath | None = None
    sample_size: int = 0


Check = Callable[[Patient], Awaitable[Sequence[Finding]]]


async def examine(patient: Patient, about: str, check: Check) -> list[Finding]:
    """Make a check. Cancellation: its connections are closed."""
    try:
        return list(await check(patient))
    except (FTPError, OSError) as error:
        return [Finding(about, "bad", patient.remote.failure(error).message)]


def reason(error: Exception) -> str:
    """Why something does not work."""
    return describe(error)
