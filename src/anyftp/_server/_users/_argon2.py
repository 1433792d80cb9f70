"""Passwords kept as Argon2 hashes (RFC 9106), in the usual text form.

    $argon2id$v=19$m=<KiB>,t=<rounds>,p=<lanes>$<salt, base64>$<hash, base64>

What computes them is argon2-cffi, of the extra `argon2`; it is imported when it is needed.
"""

from __future__ import annotations

import base64
import binascii
import hmac
import re
from dataclasses import dataclass, replace
from types import ModuleType
from typing import Self

PREFIX = "$argon2"
_MAX_KIBIBYTES = 1 << 18
_MAX_ROUNDS = 64
_MAX_LANES = 16
_FORM = re.compile(
    r"\$argon2(id|i|d)\$v=([0-9]{1,3})\$m=([0-9]{1,7}),t=([0-9]{1,3}),p=([0-9]{1,3})"
    r"\$([A-Za-z0-9+/]{1,200})\$([A-Za-z0-9+/]{1,200})"
)


@dataclass(frozen=True, slots=True)
class Argon2Hash:
    """A hash with all that is needed to compute it again."""

    kind: str
    version: int
    kibibytes: int
    rounds: int
    lanes: int
    salt: bytes
    digest: bytes

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read a hash.

        Raises:
            ValueError: it is none, or asks for more than 256 MiB, 64 rounds or 16 lanes.
            ImportError: argon2-cffi is not installed.
        """
        match = _FORM.fullmatch(text)
        if match is None:
            raise ValueError("not a password hash of Argon2")
        version, kibibytes, rounds, lanes = (int(number) for number in match.groups()[1:5])
        try:
            salt, digest = _decode(match[6]), _decode(match[7])
        except binascii.Error:
            raise ValueError("not a password hash of Argon2") from None
        hashed = cls(match[1], version, kibibytes, rounds, lanes, salt, digest)
        if (
            hashed.kibibytes > _MAX_KIBIBYTES
            or not 0 < hashed.rounds <= _MAX_ROUNDS
            or not 0 < hashed.lanes <= _MAX_LANES
        ):
            raise ValueError("the password hash of Argon2 has parameters that cost too much")
        _low_level()
        return hashed

    @classmethod
    def of(cls, password: str) -> Self:
        """Hash a password with a fresh salt, by the second choice of RFC 9106. Slow; blocking.

        Raises:
            ImportError: argon2-cffi is not installed.
        """
        _low_level()
        import argon2

        return cls.parse(argon2.PasswordHasher().hash(_encode(password)))

    @property
    def cost(self) -> tuple[object, ...]:
        """What decides how long `matches` takes."""
        return self.kind, self.version, self.kibibytes, self.rounds, self.lanes

    def blank(self) -> Self:
        """A hash of the same cost that no password has."""
        return replace(self, salt=b"anyftp: nobody", digest=bytes(32))

    def matches(self, password: str) -> bool:
        """Tell whether this is the password's hash. Slow; blocking."""
        low_level = _low_level()
        kinds = {"d": low_level.Type.D, "i": low_level.Type.I, "id": low_level.Type.ID}
        digest: bytes = low_level.hash_secret_raw(
            _encode(password),
            self.salt,
            self.rounds,
            self.kibibytes,
            self.lanes,
            len(self.digest),
            kinds[self.kind],
            self.version,
        )
        return hmac.compare_digest(digest, self.digest)

    def __str__(self) -> str:
        salt, digest = (base64.b64encode(part).decode().rstrip("=") for part in self._parts)
        cost = f"m={self.kibibytes},t={self.rounds},p={self.lanes}"
        return f"{PREFIX}{self.kind}$v={self.version}${cost}${salt}${digest}"

    @property
    def _parts(self) -> tuple[bytes, bytes]:
        return self.salt, self.digest


def _low_level() -> ModuleType:
    from anyftp._extras import importing

    with importing("argon2", "a password hash of Argon2"):
        from argon2 import low_level
    return low_level


def _decode(text: str) -> bytes:
    return base64.b64decode(text + "=" * (-len(text) % 4), validate=True)


def _encode(password: str) -> bytes:
    return password.encode("utf-8", "surrogateescape")
