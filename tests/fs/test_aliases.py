"""Names that some disk takes for one."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from anyftp._fs import fold_alias


@pytest.mark.parametrize(
    ("name", "other"),
    [
        ("name", "NAME"),
        ("name", "name."),
        ("name", "name .. "),
        ("né", "ne\u0301"),
        ("né", "NE\u0301"),
        ("naıve", "naIve"),  # one capital for i with and without a dot
        ("name", "na\u200cme"),
        ("name", "n\ufeffame\u00ad"),
        ("straße", "STRASSE"),
        ("name", "ｎａｍｅ"),
        ("Σίσυφος", "ΣΊΣΥΦΟΣ"),
    ],
)
def test_they_are_seen(name: str, other: str) -> None:
    assert fold_alias(name) == fold_alias(other)


@pytest.mark.parametrize(("name", "other"), [("a", "b"), ("a", "á"), ("a.b", "ab"), (".a", "a")])
def test_others_are_not(name: str, other: str) -> None:
    assert fold_alias(name) != fold_alias(other)


@pytest.mark.parametrize("name", [".", "..", "...", " ", "\u200c."])
def test_something_is_left_of_dots_and_blanks(name: str) -> None:
    assert fold_alias(name)


@given(st.text())
def test_all_forms_of_any_name(name: str) -> None:
    folded = fold_alias(name)
    for form in ("NFC", "NFD", "NFKC", "NFKD"):
        assert fold_alias(unicodedata.normalize(form, name)) == folded
    assert fold_alias(name.upper()) == fold_alias(name.lower())
