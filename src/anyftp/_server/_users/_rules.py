"""Rights by place: which rule decides about a path. Pure; no file is looked at.

There are two forms. A mapping of plain paths: the longest one that holds the path decides. A
sequence of patterns: the last one that fits decides, as in .gitignore. Either way a rule for a
folder holds for everything below it, and where no rule fits, nothing is allowed.

    *    any characters within one name      ?    one character      [ab]    one of these
    **   any number of folders, none included
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import PurePosixPath
from typing import TypeAlias

from anyftp._protocol import PathPattern, Permission

#: What `User` takes as rules.
Rules: TypeAlias = Mapping[str, Permission] | Sequence[tuple[str, Permission]]


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
        self._rules = [(PathPattern(pattern), rights) for pattern, rights in reversed(rules)]

    def allowed(self, path: PurePosixPath) -> Permission:
        """The rights at a path."""
        names = path.parts[1:]
        for pattern, rights in self._rules:
            if pattern.holds(names):
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
            raise ValueError(f"the pattern of a rule must begin with '/', unlike {pattern!r}")
