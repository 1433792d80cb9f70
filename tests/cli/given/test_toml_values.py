"""Values of a TOML file: what each check takes, and what it says of everything else."""

from __future__ import annotations

import tomllib
from collections.abc import Callable
from typing import Any

import pytest

from anyftp._cli._given import _toml_values as toml


def items(value: object) -> list[Any]:
    return toml.items(value, "[1]")


CHECKS: dict[str, Callable[[object], object]] = {
    "string": toml.text,
    "string or a number": toml.text_or_number,
    "true or false": toml.flag,
    "integer": toml.count,
    "number of seconds": toml.seconds,
    "list": items,
    "table": toml.table,
}
#: A value of each kind that TOML has, and the checks that take it.
VALUES = {
    "true": ("true or false", {"true or false"}),
    "3": ("an integer", {"integer", "string or a number", "number of seconds"}),
    "0.5": ("a float", {"string or a number", "number of seconds"}),
    "'x'": ("a string", {"string", "string or a number"}),
    "[1]": ("a list", {"list"}),
    "{a = 1}": ("a table", {"table"}),
    "1979-05-27": ("a date", set()),
}


@pytest.mark.parametrize("written", VALUES)
def test_each_check_takes_its_kind_and_names_any_other(written: str) -> None:
    value = tomllib.loads(f"key = {written}")["key"]
    kind, takers = VALUES[written]
    for rule, check in CHECKS.items():
        if rule in takers:
            assert check(value) == (str(value) if rule == "string or a number" else value)
            continue
        with pytest.raises(ValueError, match=f"^must be (a |an )?{rule}.*, not {kind}$"):
            check(value)


@pytest.mark.parametrize(
    ("check", "value", "message"),
    [
        (toml.count, -1, "must be at least 0, not -1"),
        (toml.positive_count, 0, "must be at least 1, not 0"),
        (toml.amount, 0, "must be at least 1, not 0"),
        (toml.amount, "0K", "must be at least 1 byte, not 0K"),
        (toml.seconds, 0, "must be above 0 seconds, not 0"),
        (toml.seconds, float("nan"), "must be above 0 seconds, not nan"),
    ],
)
def test_what_is_too_small_is_told_with_the_bound(
    check: Callable[[object], object], value: object, message: str
) -> None:
    with pytest.raises(ValueError, match=f"^{message}$"):
        check(value)


def test_amounts_are_integers_or_written_with_a_unit() -> None:
    assert toml.amount(5) == 5
    assert toml.amount("1M") == 1 << 20
