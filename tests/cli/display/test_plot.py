"""Small plots of text: as high as the rates are, and never wider than asked."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from anyftp._cli._display._plot import RateHistory, plot, spark


def test_history() -> None:
    history = RateHistory(0.5)
    for now, nbytes in ((10.0, 100), (10.4, 100), (10.5, 50), (12.1, 7)):
        history.add(now, nbytes)
    assert history.rates() == [400.0, 100.0, 0.0, 0.0]


def test_old_slots_are_forgotten() -> None:
    history = RateHistory(1.0, most_slots=3)
    for second in range(10):
        history.add(second, second)
    assert history.rates() == [7.0, 8.0]
    history.add(100.0, 1)
    assert history.rates() == [0.0, 0.0]


def test_nothing_yet() -> None:
    assert RateHistory(1.0).rates() == []
    assert spark([], 10) == ""
    assert plot([], 10, width=40, height=2)[-1].endswith("└")


@pytest.mark.parametrize(
    ("rates", "line"), [([0, 1, 4, 8], " ▁▄█"), ([16, 100], "██"), ([-1], " "), ([0.4, 0.6], " ▁")]
)
def test_spark(rates: list[float], line: str) -> None:
    assert spark(rates, 8) == line


def test_where_there_are_no_blocks() -> None:
    assert spark([0, 4, 8], 8, ascii_only=True) == " :#"
    assert "".join(plot([1, 2], 2, width=20, height=2, ascii_only=True)).isascii()


def test_plot() -> None:
    assert plot([0, 512, 1024, 256], 1024, width=40, height=2) == [
        "1.00 KiB/s │  █",
        "           │ ██▄",
        "         0 └────",
    ]


@given(
    st.lists(st.floats(0, 1e12)),
    st.floats(0, 1e12),
    st.integers(13, 200),
    st.integers(1, 20),
)
def test_it_fits(rates: list[float], top: float, width: int, height: int) -> None:
    lines = plot(rates, top, width=width, height=height)
    assert len(lines) == height + 1
    assert max(map(len, lines)) <= max(width, 12)
    assert len(spark(rates, top)) == len(rates)
