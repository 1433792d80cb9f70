"""The choice of combinations leaves no pair out."""

from __future__ import annotations

from itertools import product

import pytest

from interop.pairs import pairs_of, pairwise

pytestmark = pytest.mark.interop


def test_every_pair_occurs() -> None:
    possible = list(product("abc", "12", "xyz", "+-"))
    chosen = pairwise(possible)
    assert set(chosen) <= set(possible)
    assert len(chosen) < len(possible) / 2
    every = set().union(*map(pairs_of, possible))
    assert set().union(*map(pairs_of, chosen)) == every


def test_what_cannot_be_does_not_occur() -> None:
    possible = [each for each in product("ab", "12") if each != ("b", "2")]
    assert pairwise(possible) == possible
