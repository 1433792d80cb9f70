"""Values of a TOML file, checked. A message says what the value must be, and never the value."""

from __future__ import annotations

from typing import Any

from anyftp._cli._given._rates import parse_amount


def text(value: object) -> str:
    if not isinstance(value, str):
        raise ValueError(f"must be a string, not {_kind(value)}")
    return value


def text_or_number(value: object) -> str:
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise ValueError(f"must be a string or a number, not {_kind(value)}")
    return str(value)


def flag(value: object) -> bool:
    if not isinstance(value, bool):
        raise ValueError(f"must be true or false, not {_kind(value)}")
    return value


def count(value: object, least: int = 0) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise ValueError(f"must be an integer, not {_kind(value)}")
    if value < least:
        raise ValueError(f"must be at least {least}, not {value}")
    return value


def positive_count(value: object) -> int:
    return count(value, least=1)


def amount(value: object) -> int:
    """Bytes, at least one: 1048576 or "1M"."""
    return parse_amount(value, least=1) if isinstance(value, str) else positive_count(value)


def seconds(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ValueError(f"must be a number of seconds, not {_kind(value)}")
    if not value > 0:
        raise ValueError(f"must be above 0 seconds, not {value}")
    return float(value)


def items(value: object, example: str) -> list[Any]:
    if not isinstance(value, list):
        raise ValueError(f"must be a list such as {example}, not {_kind(value)}")
    return value


def table(value: object) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise ValueError(f"must be a table, not {_kind(value)}")
    return value


def _kind(value: object) -> str:
    names = {
        bool: "true or false",
        int: "an integer",
        float: "a float",
        str: "a string",
        list: "a list",
        dict: "a table",
    }
    return names.get(type(value), f"a {type(value).__name__}")
