"""Patterns of paths: what fits, what holds, and how little has to be looked at."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from anyftp._protocol import PathPattern


@pytest.mark.parametrize(
    ("pattern", "fitting", "other"),
    [
        pytest.param("a", ["a"], ["b", "A", "aa", "a/a", ""], id="literal"),
        pytest.param("*.txt", ["x.txt", ".txt"], ["x.TXT", "x.txt.gz", "d/x.txt"], id="star"),
        pytest.param("a?", ["ab", "a*"], ["a", "abc", "a/b"], id="one-character"),
        pytest.param("[ab]1", ["a1", "b1"], ["c1", "[ab]1"], id="one-of"),
        pytest.param("[!ab]", ["c"], ["a", "ab"], id="none-of"),
        pytest.param("[", ["["], ["a"], id="open-bracket"),
        pytest.param("[*]", ["*"], ["a"], id="escaped-star"),
        pytest.param("a/*/c", ["a/b/c"], ["a/c", "a/b/b/c", "a/b"], id="one-folder"),
        pytest.param("a/**/c", ["a/c", "a/b/c", "a/b/b/c"], ["c", "a/c/d"], id="any-folders"),
        pytest.param("**/c", ["c", "a/c", "a/b/c"], ["a", "c/a"], id="anywhere"),
        pytest.param("a/**", ["a", "a/b", "a/b/c"], ["b", "b/a"], id="all-below"),
        pytest.param("**/a/**/b", ["a/b", "x/a/y/b", "a/a/b"], ["b/a", "b"], id="twice"),
        pytest.param("a**b", ["ab", "axb"], ["a/b"], id="two-stars-in-a-name"),
        pytest.param("/a//./b/", ["a/b"], ["a", "a/b/c"], id="odd-slashes"),
        pytest.param("x\ny", ["x\ny"], ["x", "xy"], id="line-break"),
        pytest.param("*", ["x\ny", "caf\udce9"], [], id="any-character"),
        pytest.param("*.*.*.*", ["a.b.c.d"], ["a.b.c"], id="many-stars"),
    ],
)
def test_what_fits(pattern: str, fitting: list[str], other: list[str]) -> None:
    tested = PathPattern(pattern)
    assert [path for path in fitting if not tested.fits(path.split("/"))] == []
    assert [path for path in other if tested.fits(path.split("/"))] == []


@pytest.mark.parametrize(
    ("pattern", "fitting", "other"),
    [
        pytest.param("*", ["a", "a.b"], [".a"], id="star"),
        pytest.param("?a", ["ba"], [".a"], id="one-character"),
        pytest.param("[.]a", [], [".a"], id="one-of"),
        pytest.param(".*", [".a"], ["a"], id="asked-for"),
        pytest.param("**/a", ["a", "b/a"], [".b/a", "b/.b/a"], id="any-folders"),
        pytest.param(".b/**", [".b/c"], [".b/.c"], id="below"),
        pytest.param(".b/c", [".b/c"], [], id="literal"),
    ],
)
def test_hidden_names(pattern: str, fitting: list[str], other: list[str]) -> None:
    tested = PathPattern(pattern, hidden=False)
    assert [path for path in fitting if not tested.fits(path.split("/"))] == []
    assert [path for path in other if tested.fits(path.split("/"))] == []


@pytest.mark.parametrize(
    ("pattern", "fixed"),
    [
        pytest.param("a/b/*.c", ("a", "b"), id="folders"),
        pytest.param("a/b", ("a",), id="never-all"),
        pytest.param("*/b/c", (), id="nothing"),
        pytest.param("a/*/c/d", ("a",), id="before-the-first"),
        pytest.param("a/**/c", ("a",), id="before-any-folders"),
        pytest.param("../a", ("..",), id="above"),
        pytest.param("", (), id="empty"),
    ],
)
def test_what_is_fixed(pattern: str, fixed: tuple[str, ...]) -> None:
    assert PathPattern(pattern).fixed == fixed


def test_a_pattern_holds_what_is_below() -> None:
    pattern = PathPattern("a/*")
    assert pattern.holds(["a", "b"])
    assert pattern.holds(["a", "b", "c"])
    assert not pattern.holds(["a"])
    assert not pattern.fits(["a", "b", "c"])
    assert PathPattern("").holds([])


def test_where_nothing_can_fit_any_more() -> None:
    pattern = PathPattern("a/*/c")
    assert pattern.leads_on(pattern.after(pattern.begin, "a"))
    assert not pattern.leads_on(pattern.after(pattern.begin, "b"))
    empty = PathPattern("")
    assert not empty.leads_on(empty.begin)


def test_links_are_not_taken_for_any_folders() -> None:
    pattern = PathPattern("**/a/b")
    assert pattern.leads_on(pattern.after(pattern.begin, "a", deep=False))
    assert not pattern.leads_on(pattern.after(pattern.begin, "x", deep=False))


NAMES = st.lists(st.sampled_from(["a", "b", "ab", "ba"]), max_size=5)
PARTS = st.lists(st.sampled_from(["a", "b", "*", "?", "[ab]", "a*", "**"]), min_size=1, max_size=5)


@given(NAMES, PARTS)
def test_it_agrees_with_trying_everything(names: list[str], parts: list[str]) -> None:
    assert PathPattern("/".join(parts)).fits(names) == _fits(parts, names)


def _fits(parts: list[str], names: list[str]) -> bool:
    if not parts:
        return not names
    if parts[0] == "**":
        return any(_fits(parts[1:], names[count:]) for count in range(len(names) + 1))
    return bool(names) and _fits_one(parts[0], names[0]) and _fits(parts[1:], names[1:])


def _fits_one(part: str, name: str) -> bool:
    match part:
        case "*":
            return True
        case "a*":
            return name.startswith("a")
        case "?" | "[ab]":
            return len(name) == 1
    return part == name


def test_many_stars_cost_little() -> None:
    pattern = PathPattern("/".join(["**", "a"] * 30))
    assert not pattern.fits(["a"] * 200 + ["b"])
    assert not PathPattern("*a" * 30 + "b").fits(["a" * 200])
