"""Arguments of several names."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from anyftp._errors import RemoteProtocolError
from anyftp._protocol import parse_words


@pytest.mark.parametrize(
    ("argument", "words"),
    [
        ("", []),
        ("   ", []),
        ("a", ["a"]),
        ("a  b", ["a", "b"]),
        ('"a b" c', ["a b", "c"]),
        ('"say ""hi""" x', ['say "hi"', "x"]),
        ('""', [""]),
    ],
)
def test_words(argument: str, words: list[str]) -> None:
    assert parse_words(argument) == words


@pytest.mark.parametrize("argument", ['"', '"a', 'a"b"', '"a"b', 'a "b', '"a""'])
def test_quotes_out_of_place(argument: str) -> None:
    with pytest.raises(RemoteProtocolError):
        parse_words(argument)


@given(st.lists(st.text()))
def test_quoted_words_come_back(words: list[str]) -> None:
    argument = " ".join('"' + word.replace('"', '""') + '"' for word in words)
    assert parse_words(argument) == words
