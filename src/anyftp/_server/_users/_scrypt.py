"""Passwords kept as scrypt hashes (RFC 7914).

    scrypt$<log2 of n>$<r>$<p>$<salt, base64>$<hash, base64>

Checking costs 16 MiB and some 40 ms on purpose, so it belongs in a worker thread.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import secrets
from dataclasses import dataclass, replace
from typing import Self

PREFIX = "scrypt$"
_MAX_MEMORY = 1 << 28
_MAX_P = 16


@dataclass(frozen=True, slots=True)
class ScryptHash:
    """A hash with all that is needed to compute it again."""

    log2_n: int
    r: int
    p: int
    salt: bytes
    digest: bytes

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read a hash.

        Raises:
            ValueError: it is something else, or asks for more than 256 MiB.
        """
        try:
            name, log2_n, r, p, salt, digest = text.split("$")
            hashed = cls(
                int(log2_n),
                int(r),
                int(p),
                base64.b64decode(salt, validate=True),
                base64.b64decode(digest, validate=True),
            )
        except (ValueError, binascii.Error):
            raise ValueError("not a password hash of anyftp's") from None
        is_affordable = 0 < hashed.log2_n < 25 and 128 * hashed.r << hashed.log2_n <= _MAX_MEMORY
        is_affordable = is_affordable and 0 < hashed.p <= _MAX_P
        if name != "scrypt" or not is_affordable or not hashed.digest:
            raise ValueError("not a password hash of anyftp's")
        return hashed

    @classmethod
    def of(cls, password: str) -> Self:
        """Hash a password with a fresh salt. Slow; blocking."""
        blank = cls(14, 8, 1, secrets.token_bytes(16), bytes(32))
        return replace(blank, digest=blank._digest(password))

    @property
    def cost(self) -> tuple[object, ...]:
        """What decides how long `matches` takes."""
        return "scrypt", self.log2_n, self.r, self.p

    def blank(self) -> Self:
        """A hash of the same cost that no password has."""
        return replace(self, salt=b"anyftp: nobody", digest=bytes(32))

    def matches(self, password: str) -> bool:
        """Tell whether this is the password's hash. Slow; blocking."""
        return hmac.compare_digest(self._digest(password), self.digest)

    def _digest(self, password: str) -> bytes:
        return hashlib.scrypt(
            password.encode("utf-8", "surrogateescape"),
            salt=self.salt,
            n=1 << self.log2_n,
            r=self.r,
            p=self.p,
            maxmem=2 * _MAX_MEMORY,
            dklen=len(self.digest),
        )

    def __str__(self) -> str:
        salt, digest = (base64.b64encode(part).decode() for part in (self.salt, self.digest))
        return f"{PREFIX}{self.log2_n}${self.r}${self.p}${salt}${digest}"
