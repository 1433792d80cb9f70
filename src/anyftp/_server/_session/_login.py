"""Who is logged in, and how often a client has been wrong before that."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import PurePosixPath

from anyftp._server._users._users import User

_ROOT = PurePosixPath("/")


@dataclass(slots=True)
class Login:
    """Who is logged in and where; a fresh one is nobody, at the root.

    Attributes:
        began: since when nobody is logged in, or was when it was last so; on the loop's clock.
        user: who is logged in.
        cwd: the working directory.
    """

    began: float
    user: User | None = None
    cwd: PurePosixPath = _ROOT


@dataclass(slots=True)
class Mistakes:
    """What a client has done wrong; REIN and AUTH do not make it forgotten.

    Attributes:
        unknown_commands: how many came before the login.
        wrong_passwords: how many came in this session.
    """

    unknown_commands: int = 0
    wrong_passwords: int = 0
