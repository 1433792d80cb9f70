"""Reply codes with wildcards."""

from __future__ import annotations

import pytest

from anyftp_compat._ground._codes import Code, wrap_into_codes, wrap_with_container


@pytest.mark.parametrize(
    ("code", "mask", "matches"),
    [
        ("226", "226", True),
        ("226", "2xx", True),
        ("226", "22x", True),
        ("226", "xxx", True),
        ("226", "x2x", True),
        ("226", "3xx", False),
        ("226", "225", False),
        ("226", "x3x", False),
        ("226", "2", True),
        ("226", "", True),
    ],
)
def test_masks(code: str, mask: str, matches: bool) -> None:
    assert Code(code).matches(mask) is matches


def test_codes_are_texts() -> None:
    assert Code("226") == "226"
    assert wrap_into_codes(["226", "2xx"]) == (Code("226"), Code("2xx"))
    assert all(type(code) is Code for code in wrap_into_codes("12"))


def test_only_lone_texts_are_wrapped() -> None:
    assert wrap_with_container("2xx") == ("2xx",)
    both = ["2xx", "3xx"]
    assert wrap_with_container(both) is both
