"""How much of it: what a usual run takes, and what `nox -s deep` takes to find rare faults."""

from __future__ import annotations

import os
from typing import TypeVar

_T = TypeVar("_T")

#: Whether all is run: every row of every matrix, and some ten times the random examples.
IS_DEEP = bool(os.environ.get("ANYFTP_DEEP"))


def deep(usual: _T, many: _T) -> _T:
    """The first; the second in a deep run."""
    return many if IS_DEEP else usual
