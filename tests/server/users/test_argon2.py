"""Password hashes of Argon2."""

from __future__ import annotations

import sys

import pytest

from anyftp._server._users._argon2 import Argon2Hash

CHEAP = (
    "$argon2id$v=19$m=64,t=1,p=1$c29tZXNhbHRzYWx0c2FsdA$/RUIk0BkYJQPuUYWQJk2zEJZCoeKN5lDZzMHnFYOZnE"
)


def test_what_argon2_cffi_wrote_is_understood() -> None:
    argon2 = pytest.importorskip("argon2", reason="argon2-cffi is not installed")
    text = argon2.PasswordHasher(time_cost=1, memory_cost=64, parallelism=1).hash("päss")
    hashed = Argon2Hash.parse(text)
    assert str(hashed) == text
    assert hashed.cost == ("id", 19, 64, 1, 1)
    assert hashed.matches("päss")
    assert not hashed.matches("pass")
    assert hashed.blank().cost == hashed.cost
    assert not hashed.blank().matches("päss")


@pytest.mark.parametrize("kind", ["d", "i", "id"])
def test_each_kind(kind: str) -> None:
    low_level = pytest.importorskip("argon2.low_level", reason="argon2-cffi is not installed")
    type_ = low_level.Type[kind.upper()]
    text = low_level.hash_secret(b"x", b"salt" * 4, 1, 64, 1, 32, type_).decode()
    assert Argon2Hash.parse(text).matches("x")


def test_a_fresh_hash() -> None:
    pytest.importorskip("argon2", reason="argon2-cffi is not installed")
    assert Argon2Hash.of("x").matches("x")


@pytest.mark.parametrize(
    "text",
    [
        "$argon2id$",
        CHEAP.replace("argon2id", "argon2x"),
        CHEAP.replace("c29tZXNhbHRzYWx0c2FsdA", "c29tZ"),
        CHEAP.replace("m=64", "m=262145"),
        CHEAP.replace("t=1", "t=65"),
        CHEAP.replace("t=1", "t=0"),
        CHEAP.replace("p=1", "p=17"),
        CHEAP + "$",
    ],
)
def test_what_is_no_hash_or_too_dear(text: str) -> None:
    with pytest.raises(ValueError, match="password hash") as caught:
        Argon2Hash.parse(text)
    assert "c29tZ" not in str(caught.value)


def test_without_argon2_cffi_the_error_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "argon2", None)
    with pytest.raises(ImportError, match=r"anyftp\[argon2\]"):
        Argon2Hash.parse(CHEAP)
    with pytest.raises(ImportError, match=r"anyftp\[argon2\]"):
        Argon2Hash.of("x")
