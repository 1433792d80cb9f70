"""Passwords as hashes, of whichever kind."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal, Protocol, Self

from anyftp._server._users import _argon2, _scrypt


class PasswordHash(Protocol):
    """What a password is compared with."""

    @property
    def cost(self) -> tuple[object, ...]:
        """What decides how long `matches` takes."""

    def blank(self) -> Self:
        """A hash of the same cost that no password has."""

    def matches(self, password: str) -> bool:
        """Tell whether this is the password's hash. Slow; blocking."""


def is_hash(text: str) -> bool:
    """Whether the text looks like a hash, as opposed to a password in clear."""
    return text.startswith((_scrypt.PREFIX, _argon2.PREFIX))


def parse_hash(text: str) -> PasswordHash:
    """Read a hash.

    Raises:
        ValueError: it is none.
        ImportError: what computes it is not installed.
    """
    if text.startswith(_argon2.PREFIX):
        return _argon2.Argon2Hash.parse(text)
    return _scrypt.ScryptHash.parse(text)


def hash_password(password: str, algorithm: Literal["scrypt", "argon2"] = "scrypt") -> str:
    """Hash a password for a `User`. Slow (some 40 ms) and blocking.

    Args:
        algorithm: "scrypt" is of the standard library, "argon2" needs the extra `argon2`.

    Returns:
        Text that is safe to keep in a file: a salt and what the password and the salt give.

    Raises:
        ImportError: argon2-cffi is not installed.
    """
    kind = _argon2.Argon2Hash if algorithm == "argon2" else _scrypt.ScryptHash
    return str(kind.of(password))


class ConstantWork:
    """Compares passwords so that the time does not tell whether there was anything to compare.

    Every check computes one hash of each cost that occurs among the users: the user's own, and
    one that nothing matches for every other. Without any hash there is nothing to compute.
    """

    def __init__(self, hashes: Iterable[PasswordHash]) -> None:
        self._blanks = {hashed.cost: hashed.blank() for hashed in hashes}

    @property
    def is_needed(self) -> bool:
        """Whether any user has a hash."""
        return bool(self._blanks)

    def matches(self, hashed: PasswordHash | None, password: str) -> bool:
        """Tell whether a hash, if there is one, is the password's. Slow; blocking."""
        has_matched = False
        for cost, blank in self._blanks.items():
            if hashed is not None and hashed.cost == cost:
                has_matched = hashed.matches(password)
            else:
                blank.matches(password)
        return has_matched
