"""The names that uploads bear until they are whole.

They lie in the folder where the file will be, because only there a rename is one step. They are
hidden from listings and cannot be named by clients.
"""

from __future__ import annotations

import secrets

_PREFIX = ".anyftp-"
_SUFFIX = ".part"


def temporary_name() -> str:
    """Make a name that nobody can guess."""
    return f"{_PREFIX}{secrets.token_hex(8)}{_SUFFIX}"


def lasting_name(stem: str) -> str:
    """Make a name that can be found again."""
    return f"{_PREFIX}{stem}{_SUFFIX}"


def is_temporary(name: str) -> bool:
    """Whether the name is one of ours."""
    return name.startswith(_PREFIX) and name.endswith(_SUFFIX)
