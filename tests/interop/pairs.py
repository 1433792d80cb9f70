"""A few combinations in which every pair occurs that can occur."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import combinations

Combination = tuple[str, ...]
_Pair = tuple[tuple[int, str], tuple[int, str]]


def pairs_of(combination: Combination) -> set[_Pair]:
    """The pairs of values, each with its place, that a combination holds."""
    return set(combinations(enumerate(combination), 2))


def pairwise(possible: Iterable[Combination]) -> list[Combination]:
    """Choose among the possible combinations, always the one that adds most; ties by order."""
    left = list(possible)
    missing = set().union(*map(pairs_of, left))
    chosen = []
    while missing:
        best = max(left, key=lambda combination: len(pairs_of(combination) & missing))
        chosen.append(best)
        missing -= pairs_of(best)
    return sorted(chosen)
