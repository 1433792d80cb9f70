"""Text from a server on a terminal."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from anyftp._cli._text import visible


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain", "plain"),
        ("grüße ✓", "grüße ✓"),
        ("\x1b[31mred", "\\x1b[31mred"),
        ("a\r\nb", "a\\r\\nb"),
        ("\udcff", "\\udcff"),
        ("\u202eevil", "\\u202eevil"),
    ],
)
def test_visible(text: str, shown: str) -> None:
    assert visible(text) == shown


@given(st.text())
def test_one_printable_line(text: str) -> None:
    assert visible(text).isprintable()
