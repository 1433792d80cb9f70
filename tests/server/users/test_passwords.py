"""Hashes of whichever kind, and comparing in constant time; SECURITY row A2."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest

from anyftp._server._users._passwords import ConstantWork, hash_password, is_hash, parse_hash


@pytest.mark.parametrize("algorithm", ["scrypt", "argon2"])
def test_there_and_back(algorithm: str) -> None:
    if algorithm == "argon2":
        pytest.importorskip("argon2", reason="argon2-cffi is not installed")
    text = hash_password("wonder", "argon2" if algorithm == "argon2" else "scrypt")
    assert is_hash(text)
    assert parse_hash(text).matches("wonder")


def test_what_is_no_hash() -> None:
    assert not is_hash("wonder")
    with pytest.raises(ValueError, match="not a password hash"):
        parse_hash("wonder")


@dataclass
class Fake:
    """A hash that notes what it is asked."""

    cost: tuple[object, ...]
    secret: str | None
    asked: list[tuple[object, ...]] = field(default_factory=list)

    def blank(self) -> Fake:
        return Fake(self.cost, None, self.asked)

    def matches(self, password: str) -> bool:
        self.asked.append(self.cost)
        return password == self.secret


def test_a2_every_check_computes_one_hash_of_each_cost() -> None:
    asked: list[tuple[object, ...]] = []
    cheap, dear = Fake(("cheap",), "a", asked), Fake(("dear",), "b", asked)
    work = ConstantWork([cheap, dear, Fake(("cheap",), "c", asked)])
    for hashed, password, expected in [
        (cheap, "a", True),
        (cheap, "b", False),
        (dear, "b", True),
        (dear, "a", False),
        (None, "a", False),
    ]:
        asked.clear()
        assert work.matches(hashed, password) is expected
        assert sorted(asked) == [("cheap",), ("dear",)]


def test_without_hashes_there_is_no_work() -> None:
    assert not ConstantWork([]).is_needed
