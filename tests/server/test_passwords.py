"""Password hashes."""

from __future__ import annotations

import pytest

from anyftp._server._passwords import NOBODY, PasswordHash, hash_password, is_hash


def test_a_hash_matches_its_password_only() -> None:
    text = hash_password("päss\udcff")
    assert is_hash(text)
    hashed = PasswordHash.parse(text)
    assert str(hashed) == text
    assert hashed.matches("päss\udcff")
    assert not hashed.matches("päss")
    assert hash_password("päss\udcff") != text


def test_nobody_matches_nothing() -> None:
    assert not NOBODY.matches("")


@pytest.mark.parametrize(
    "text",
    [
        "scrypt$",
        "scrypt$14$8$1$AA==",
        "bcrypt$14$8$1$AA==$AA==",
        "scrypt$x$8$1$AA==$AA==",
        "scrypt$14$8$1$*$AA==",
        "scrypt$14$8$1$AA==$",
        "scrypt$24$8$1$AA==$AA==",
        "scrypt$-1$8$1$AA==$AA==",
    ],
)
def test_what_is_no_hash(text: str) -> None:
    with pytest.raises(ValueError, match="not a password hash"):
        PasswordHash.parse(text)


def test_no_secret_in_the_message() -> None:
    with pytest.raises(ValueError, match="not a") as caught:
        PasswordHash.parse("scrypt$hunter2")
    assert "hunter2" not in str(caught.value)
    assert caught.value.__suppress_context__
