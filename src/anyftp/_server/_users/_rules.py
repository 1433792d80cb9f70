"""Rights by place: which rule decides about a path. Pure; no file is looked at.

There are two forms. A mapping of plain paths: the longest one that holds the path decides. A
sequence of patterns: the last one that fits decides, as in .gitignore. Either way a rule for a
folder holds for everything below it, and where no rule fits, nothing is allowed.

    *    any characters within one name      ?    one character      [ab]    one of these
    **   any number of folders, none included

Some disks have one file under many names: in capitals, with accented letters in two pieces, with a
dot at its end. A rule holds for all of these, as far as it takes rights away: another spelling of
a path never gives more than the path itself. Where two rules differ in nothing else, whoever wrote
them has a disk that tells them apart, and each holds for its own spelling alone.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import PurePosixPath
from typing import TypeAlias

from anyftp._fs import fold_alias, fold_aliases
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
        folded = [(fold_aliases(PurePosixPath(path).parts[1:]), path) for path in rules]
        spellings = Counter(names for names, _ in folded)
        self._aliases = {names: rules[path] for names, path in folded if spellings[names] == 1}

    def allowed(self, path: PurePosixPath) -> Permission:
        """The rights at a path."""
        names = fold_aliases(path.parts[1:])
        aliased: Permission | None = None
        for depth, place in zip(range(len(names), -1, -1), (path, *path.parents), strict=True):
            found = self._rules.get(str(place))
            if aliased is None:
                aliased = self._aliases.get(names[:depth]) if found is None else found
            if found is not None and aliased is not None:
                return found & aliased
        return Permission(0)


class LastPattern:
    """Patterns, of which the last that fits a path or a folder above it decides.

    Raises:
        ValueError: a pattern is not absolute.
    """

    def __init__(self, rules: Sequence[tuple[str, Permission]]) -> None:
        _check(pattern for pattern, _ in rules)
        folded = [fold_aliases(pattern.split("/")) for pattern, _ in rules]
        distinct = {pattern: names for names, (pattern, _) in zip(folded, rules, strict=True)}
        spellings = Counter(distinct.values())
        self._rules = [
            (
                PathPattern(pattern),
                PathPattern(pattern, fold=fold_alias if spellings[names] == 1 else None),
                rights,
            )
            for names, (pattern, rights) in reversed([*zip(folded, rules, strict=True)])
        ]

    def allowed(self, path: PurePosixPath) -> Permission:
        """The rights at a path."""
        names = path.parts[1:]
        aliased: Permission | None = None
        for pattern, folded, rights in self._rules:
            is_meant = pattern.holds(names)
            if aliased is None and (is_meant or folded.holds(names)):
                aliased = rights
            if is_meant and aliased is not None:
                return rights & aliased
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
