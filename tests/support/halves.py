"""Half of a matrix, from which no pair of values is missing; or fewer rows still."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import pytest

from support.depth import IS_DEEP


def half(**factors: Sequence[object]) -> pytest.MarkDecorator:
    """Parametrize with every second combination of the values of several arguments.

    Whichever single argument one leaves out of sight, all combinations of the others are there: of
    three arguments all pairs, of four all triples. A fault that takes the one combination of all
    of them at once is the only one that could hide; it is for the property tests.
    """
    return part(2, **factors)


def part(of: int, **factors: Sequence[object]) -> pytest.MarkDecorator:
    """Parametrize with every so-manieth combination; with all of them in a deep run.

    Of an argument with that many values or more, each value of the others meets some.
    """
    numbered = [list(enumerate(values)) for values in factors.values()]
    chosen = [
        tuple(value for _, value in combination)
        for combination in itertools.product(*numbered)
        if IS_DEEP or sum(number for number, _ in combination) % of == 0
    ]
    return pytest.mark.parametrize(tuple(factors), chosen)
