"""What a user's file system cannot do is not offered: it is missing from FEAT, and refused at once.

Only for verbs that do not themselves ask the file system. Those that do hear of it from there.
"""

from __future__ import annotations

from anyftp._fs import Ability
from anyftp._server._session._session import Session

#: Verbs and the abilities of which they need at least one.
NEEDED = {
    "REST": Ability.READ_AT | Ability.WRITE_AT,
    "RANG": Ability.READ_AT | Ability.WRITE_AT,
    "MFMT": Ability.SET_MODIFIED,
}


def is_able(session: Session, verb: str) -> bool:
    """Whether the user's files allow a verb; before the login everything may be possible."""
    needed = NEEDED.get(verb)
    if needed is None or session.user is None:
        return True
    return bool(needed & session.file_system.abilities)
