"""Password hashes of scrypt."""

from __future__ import annotations

import pytest

from anyftp._server._users._scrypt import ScryptHash


def test_a_hash_matches_its_password_only() -> None:
    hashed = ScryptHash.of("päss\udcff")
    assert ScryptHash.parse(str(hashed)) == hashed
    assert hashed.matches("päss\udcff")
    assert not hashed.matches("päss")
    assert ScryptHash.of("päss\udcff") != hashed


def test_a_blank_costs_the_same_and_matches_nothing() -> None:
    hashed = ScryptHash.of("x")
    assert hashed.blank().cost == hashed.cost
    assert not hashed.blank().matches("x")
    assert not hashed.blank().matches("")


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
        "scrypt$14$8$17$AA==$AA==",
    ],
)
def test_what_is_no_hash(text: str) -> None:
    with pytest.raises(ValueError, match="not a password hash"):
        ScryptHash.parse(text)


def test_no_secret_in_the_message() -> None:
    with pytest.raises(ValueError, match="not a") as caught:
        ScryptHash.parse("scrypt$hunter2")
    assert "hunter2" not in str(caught.value)
    assert caught.value.__suppress_context__
