"""Half of a matrix, from which no pair of values is missing."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import pytest


def half(**factors: Sequence[object]) -> pytest.MarkDecorator:
    """Parametrize with every second combination of the values of several arguments.

    Whichever single argument one leaves out of sight, all combinations of the others are there: of
    three arguments all pairs, of four all triples. A fault that takes the one combination of all
    of them at once is the only one that could hide; it is for the property tests.
    """
    numbered = [list(enumerate(values)) for values in factors.values()]
    chosen = [
        tuple(value for _, value in combination)
        for combination in itertools.product(*numbered)
        if sum(number for number, _ in combination) % 2 == 0
    ]
    return pytest.mark.parametrize(tuple(factors), chosen)
