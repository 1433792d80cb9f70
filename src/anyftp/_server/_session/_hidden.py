"""Names that no listing shows."""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Collection


class Hidden:
    """Patterns of names: `*`, `?`, `[ab]`.

    What fits can be had all the same by whoever knows its name: rights decide about that.

    Raises:
        ValueError: one text stands where several patterns are wanted.
    """

    def __init__(self, patterns: Collection[str] = ()) -> None:
        if isinstance(patterns, str):
            raise ValueError(f"hide must be a collection of patterns, not only {patterns!r}")
        self._fits = re.compile("|".join(map(fnmatch.translate, patterns))).match
        self._is_empty = not patterns

    def __contains__(self, name: str) -> bool:
        return not self._is_empty and self._fits(name) is not None

    def __bool__(self) -> bool:
        return not self._is_empty
