"""Names that no listing shows."""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Callable, Collection

from anyftp._fs import fold_alias
from anyftp._protocol import fold_pattern


class Hidden:
    """Patterns of names: `*`, `?`, `[ab]`; names that some disk takes for one fit all or none.

    What fits can be had all the same by whoever knows its name: rights decide about that.

    Raises:
        ValueError: one text stands where several patterns are wanted.
    """

    def __init__(self, patterns: Collection[str] = ()) -> None:
        if isinstance(patterns, str):
            raise ValueError(f"hide must be a collection of patterns, not one string: {patterns!r}")
        self._fits = _any_of(patterns)
        folded = [fold_pattern(pattern, fold_alias) for pattern in patterns]
        self._fits_folded = _any_of([pattern for pattern in folded if pattern is not None])
        self._is_empty = not patterns

    def __contains__(self, name: str) -> bool:
        return not self._is_empty and (self._fits(name) or self._fits_folded(fold_alias(name)))

    def __bool__(self) -> bool:
        return not self._is_empty


def _any_of(patterns: Collection[str]) -> Callable[[str], bool]:
    match = re.compile("|".join(map(fnmatch.translate, patterns)) or r"(?!)").match
    return lambda name: match(name) is not None
