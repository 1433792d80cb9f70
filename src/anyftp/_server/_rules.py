"""Rights by place: which rule decides about a path. Pure; no file is looked at.

There are two forms. A mapping of plain paths: the longest one that holds the path decides. A
sequence of patterns: the last one that fits decides, as in .gitignore. Either way a rule for a
folder holds for everything below it, and where no rule fits, nothing is allowed.

    *    any characters within one name      ?    one character      [ab]    one of these
    **   any number of folders, none included
"""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import PurePosixPath
from typing import TypeAlias

from anyftp._protocol import Permission

#: What `User` takes as rules.
Rules: TypeAlias = Mapping[str, Permission] | Sequence[tuple[str, Permission]]

_Fits = Callable[[str], object]
_WILD = frozenset("*?[")


class LongestPath:
    """Plain paths, of which the longest that holds a path decides.

    Raises:
        ValueError: a path is not absolute.
    """

    def __init__(self, rules: Mapping[str, Permission]) -> None:
        _check(rules)
        self._rules = dict(rules)

    def allowed(self, path: PurePosixPath) -> Permission:
        """The rights at a path."""
        for place in (path, *path.parents):
            if (found := self._rules.get(str(place))) is not None:
                return found
        return Permission(0)


class LastPattern:
    """Patterns, of which the last that fits a path or a folder above it decides.

    Raises:
        ValueError: a pattern is not absolute.
    """

    def __init__(self, rules: Sequence[tuple[str, Permission]]) -> None:
        _check(pattern for pattern, _ in rules)
        self._rules = [(_compile(pattern), rights) for pattern, rights in reversed(rules)]

    def allowed(self, path: PurePosixPath) -> Permission:
        """The rights at a path."""
        names = path.parts[1:]
        for pattern, rights in self._rules:
            if _holds(pattern, names):
                return rights
        return Permission(0)


def rules_of(rules: Rules) -> LongestPath | LastPattern:
    """Make rules fit to be asked.

    Raises:
        ValueError: a path or pattern is not absolute.
    """
    return LongestPath(rules) if isinstance(rules, Mapping) else LastPattern(rules)


def _check(patterns: Iterable[str]) -> None:
    for pattern in patterns:
        if not pattern.startswith("/"):
            raise ValueError(f"a rule begins with '/', unlike {pattern!r}")


def _compile(pattern: str) -> list[_Fits | None]:
    """A test for each name of a pattern; None stands for `**`."""
    names = [name for name in pattern.split("/") if name]
    return [None if name == "**" else _test(name) for name in names]


def _test(name: str) -> _Fits:
    if _WILD & set(name):
        return re.compile(fnmatch.translate(name)).match
    return lambda other: other == name


def _holds(pattern: Sequence[_Fits | None], names: Sequence[str]) -> bool:
    """Whether a pattern fits the first names, or all of them: all places in it at once.

    So the time is (length of the path) x (length of the pattern), however many `**` there are.
    """
    places = _through(pattern, {0})
    for name in names:
        if len(pattern) in places:
            return True
        moved = set()
        for place in places:
            fits = pattern[place]
            if fits is None:
                moved.add(place)
            elif fits(name):
                moved.add(place + 1)
        places = _through(pattern, moved)
    return len(pattern) in places


def _through(pattern: Sequence[_Fits | None], places: set[int]) -> set[int]:
    """Add the places behind each `**`, which may stand for no folder at all."""
    reached = set(places)
    for place in sorted(places):
        while place < len(pattern) and pattern[place] is None:
            place += 1
            reached.add(place)
    return reached
