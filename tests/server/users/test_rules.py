"""Which rule decides about a path; SECURITY row F14."""

from __future__ import annotations

import time
from pathlib import PurePosixPath

import pytest
from hypothesis import given
from hypothesis import strategies as st

from anyftp._protocol import Permission
from anyftp._server._users._rules import LastPattern, LongestPath, rules_of

R, C, NONE, ALL = Permission.READ_ONLY, Permission.CREATE, Permission(0), Permission.ALL

LONGEST = LongestPath({"/": R, "/in": C, "/in/deep": NONE, "/*": ALL})
LAST = LastPattern(
    [
        ("/", R),
        ("/in", C),
        ("/home/*", ALL),
        ("/home/*/private", NONE),
        ("/**/*.exe", NONE),
        ("/tools/**/bin/[ab]?", ALL),
        ("/tools/safe.exe", R),
    ]
)


@pytest.mark.parametrize(
    ("path", "rights"),
    [
        ("/", R),
        ("/other/x", R),
        ("/index", R),
        ("/in", C),
        ("/in/x/y", C),
        ("/in/deep/x", NONE),
        ("/*", ALL),
        ("/*/x", ALL),
    ],
)
def test_the_longest_path_decides(path: str, rights: Permission) -> None:
    assert LONGEST.allowed(PurePosixPath(path)) == rights


@pytest.mark.parametrize(
    ("path", "rights"),
    [
        ("/", R),
        ("/index", R),
        ("/in", C),
        ("/in/x/y", C),
        ("/home", R),
        ("/home/ann", ALL),
        ("/home/ann/x/y", ALL),
        ("/home/ann/private", NONE),
        ("/home/ann/private/x", NONE),
        ("/home/ann/x/private", ALL),
        ("/a.exe", NONE),
        ("/in/x/a.exe", NONE),
        ("/home/ann/a.exe/below", NONE),
        ("/a.exe.txt", R),
        ("/tools/bin/a1", ALL),
        ("/tools/x/y/bin/b2/below", ALL),
        ("/tools/x/bin/c1", R),
        ("/tools/safe.exe", R),
    ],
)
def test_the_last_pattern_decides(path: str, rights: Permission) -> None:
    assert LAST.allowed(PurePosixPath(path)) == rights


def test_without_a_rule_nothing_is_allowed() -> None:
    assert LongestPath({"/in": ALL}).allowed(PurePosixPath("/x")) == NONE
    assert LastPattern([("/in", ALL)]).allowed(PurePosixPath("/x")) == NONE


@pytest.mark.parametrize("rules", [{"in": ALL}, [("in", ALL)], [("**", ALL)]])
def test_rules_are_absolute(rules: dict[str, Permission] | list[tuple[str, Permission]]) -> None:
    with pytest.raises(ValueError, match="must begin with"):
        rules_of(rules)


NAMES = st.lists(st.sampled_from(["a", "b", "*", "a*b"]), max_size=5)


@given(st.lists(NAMES, max_size=6), NAMES)
def test_plain_rules_in_order_of_length_are_the_same_either_way(
    places: list[list[str]], names: list[str]
) -> None:
    plain = [[name.replace("*", "x") for name in place] for place in places]
    rules = {f"/{'/'.join(place)}": Permission(1 << (i % 9)) for i, place in enumerate(plain)}
    pairs = sorted(rules.items(), key=lambda pair: pair[0].count("/") * bool(pair[0][1:]))
    path = PurePosixPath("/", *[name.replace("*", "x") for name in names])
    assert LastPattern(pairs).allowed(path) == LongestPath(rules).allowed(path)


def test_patterns_do_not_explode() -> None:
    rules = LastPattern([("/" + "**/a*a*a*b/" * 20, ALL)])
    began = time.process_time()
    assert rules.allowed(PurePosixPath("/" + "aaaaaaaaaaaaaaaa/" * 200)) == NONE
    assert time.process_time() - began < 2


@pytest.mark.parametrize(
    "path",
    [
        "/SECRET",
        "/Secret/x",
        "/secret./x",
        "/secret ",
        "/se\u200ccret/x",
        "/ſecret",
        "/pub/Été",
        "/pub/E\u0301TE\u0301/x",
        "/pub/x.EXE",
        "/pub/x.exe.",
        "/pub/ｘ.ｅｘｅ",
        "/PUB/DEEP/PRIVATE/x",
    ],
)
def test_what_some_disk_takes_for_a_forbidden_path_is_forbidden(path: str) -> None:
    forbidden = ["/secret", "/pub/été", "/pub/x.exe", "/pub/deep/private"]
    rules = {"/": ALL, **dict.fromkeys(forbidden, NONE)}
    assert LongestPath(rules).allowed(PurePosixPath(path)) == NONE
    patterns = ["/secret", "/**/été", "/**/*.exe", "/*/**/p?ivate"]
    last = LastPattern([("/", ALL), *((pattern, NONE) for pattern in patterns)])
    assert last.allowed(PurePosixPath(path)) == NONE


def test_another_spelling_of_an_allowed_path_gives_nothing_more() -> None:
    assert LongestPath({"/": R, "/in": ALL}).allowed(PurePosixPath("/IN/x")) == R
    assert LastPattern([("/", R), ("/in", ALL)]).allowed(PurePosixPath("/IN/x")) == R
    assert LastPattern([("/in", ALL)]).allowed(PurePosixPath("/IN/x")) == NONE


def test_rules_for_two_spellings_hold_for_one_each() -> None:
    rules = {"/": R, "/Data": ALL, "/data": NONE}
    for made in (LongestPath(rules), LastPattern(list(rules.items()))):
        assert made.allowed(PurePosixPath("/Data/x")) == ALL
        assert made.allowed(PurePosixPath("/data/x")) == NONE
        assert made.allowed(PurePosixPath("/DATA/x")) == R


def test_patterns_that_would_be_others_in_small_letters_are_taken_as_they_are() -> None:
    rules = LastPattern([("/", ALL), ("/[A-Z]*", NONE), ("/*.", R)])
    assert rules.allowed(PurePosixPath("/abc")) == ALL
    assert rules.allowed(PurePosixPath("/ABC")) == NONE
    assert rules.allowed(PurePosixPath("/a.")) == R


SPELT = st.lists(st.sampled_from(["a", "A", "a.", "ä", "a\u0308", "b"]), max_size=4)


@given(st.dictionaries(SPELT.map(tuple), st.integers(0, 511), max_size=5), SPELT)
def test_no_spelling_gives_more_than_the_plain_rules(
    rules: dict[tuple[str, ...], int], names: list[str]
) -> None:
    made = {f"/{'/'.join(place)}": Permission(bits) for place, bits in rules.items()}
    path = PurePosixPath("/", *names)
    plain = next((made[str(p)] for p in (path, *path.parents) if str(p) in made), NONE)
    assert LongestPath(made).allowed(path) | plain == plain
