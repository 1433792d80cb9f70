"""Patterns of paths, matched name by name; no shell and no server ever sees them.

    *    any characters within one name      ?    one character      [ab]    one of these
    **   any number of folders, none included; only as a whole name

A pattern is walked along with a path: where one is in it is a set of places, because `**` lets one
be in several at once. So the time is (length of the path) x (length of the pattern), however many
`**` there are, and a folder below which nothing can fit is known before it is looked into.
"""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Callable, Iterable
from itertools import takewhile

Places = frozenset[int]

_Fits = Callable[[str], object]
_WILD = frozenset("*?[")
_RANGE = re.compile(r"\[[^]]*[^]!]-[^]]")


class PathPattern:
    """One pattern. Upper and lower case are different things, unless names are folded.

    Attributes:
        fixed: the names that it begins with and that are not patterns, but never all of them.
        begin: where one is before the first name.

    Args:
        pattern: names with slashes between them; where it begins is not its matter.
        hidden: whether `*`, `?` and `**` stand for names that begin with a dot, too.
        fold: what names have in common that count as one. A part with a range (`[a-z]`), which
            would be another one then, is compared as it is.
    """

    def __init__(
        self, pattern: str, *, hidden: bool = True, fold: Callable[[str], str] | None = None
    ) -> None:
        names = [name for name in pattern.split("/") if name not in ("", ".")]
        self._hidden = hidden
        self._fold = fold
        self._tests = [None if name == "**" else self._test(name) for name in names]
        # The last name is looked for in a listing in any case: whether it is there has to be seen.
        self.fixed = tuple(takewhile(is_literal, names[:-1]))
        self.begin: Places = self._through({0})

    def after(self, places: Places, name: str, *, deep: bool = True) -> Places:
        """Where one is after one more name; nowhere if it does not fit.

        Args:
            deep: whether `**` may stand for this name.
        """
        moved = set()
        for place in places:
            if place == len(self._tests):
                continue
            fits = self._tests[place]
            if fits is None:
                if deep and (self._hidden or not name.startswith(".")):
                    moved.add(place)
            elif fits(name):
                moved.add(place + 1)
        return self._through(moved)

    def is_end(self, places: Places) -> bool:
        """Whether all of the pattern has been passed."""
        return len(self._tests) in places

    def leads_on(self, places: Places) -> bool:
        """Whether something below may fit."""
        return any(place < len(self._tests) for place in places)

    def fits(self, names: Iterable[str]) -> bool:
        """Whether it fits all of these names."""
        places = self.begin
        for name in names:
            places = self.after(places, name)
        return self.is_end(places)

    def holds(self, names: Iterable[str]) -> bool:
        """Whether it fits these names, or the first ones of them."""
        places = self.begin
        for name in names:
            if self.is_end(places):
                return True
            places = self.after(places, name)
        return self.is_end(places)

    def _test(self, name: str) -> _Fits:
        fold = self._fold
        folded = None if fold is None else fold_pattern(name, fold)
        if fold is None or folded is None:
            return self._test_of(name)
        test = self._test_of(folded)
        return lambda other: test(fold(other))

    def _test_of(self, name: str) -> _Fits:
        if is_literal(name):
            return name.__eq__
        match = re.compile(fnmatch.translate(name)).match
        if self._hidden or name.startswith("."):
            return match
        return lambda other: not other.startswith(".") and match(other)

    def _through(self, places: set[int]) -> Places:
        """Add the places behind each `**`, which may stand for no folder at all."""
        reached = set(places)
        for place in places:
            while place < len(self._tests) and self._tests[place] is None:
                place += 1
                reached.add(place)
        return frozenset(reached)


def fold_pattern(name: str, fold: Callable[[str], str]) -> str | None:
    """The pattern of one name for names that are folded; None if it holds a range (`[a-z]`)."""
    if _RANGE.search(name):
        return None
    # What folding takes off at the end is meant in a pattern, where something stands before it.
    return fold(name) if is_literal(name) else fold(f"{name}x")[:-1]


def is_literal(name: str) -> bool:
    """Whether a name stands for itself alone."""
    return _WILD.isdisjoint(name)
