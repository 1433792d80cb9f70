"""Whom a verified certificate speaks of, in words that a table of users can hold."""

from __future__ import annotations

import hashlib
import ssl
from dataclasses import dataclass, field
from typing import Any, Self


@dataclass(frozen=True, slots=True)
class PeerCertificate:
    """A certificate that the peer has shown and that has been verified.

    Attributes:
        subject: parts of the subject, most general first, as `("CN", "bob")`; well-known types by
            their short names.
        alternative_names: as `("DNS", "bob.example.org")`, `("email", "bob@example.org")`.
        fingerprint: SHA-256 of the certificate, in lower-case hexadecimal.
        der: the certificate itself.
    """

    subject: tuple[tuple[str, str], ...]
    alternative_names: tuple[tuple[str, str], ...]
    fingerprint: str
    der: bytes = field(repr=False)

    @classmethod
    def of(cls, connection: ssl.SSLObject) -> Self | None:
        """The certificate of the other side of a connection; None if it has shown none."""
        der = connection.getpeercert(True)
        if not der:
            return None
        parts: dict[str, Any] = dict(connection.getpeercert() or {})
        subject = [pair for part in parts.get("subject", ()) for pair in part]
        return cls(
            tuple((_SHORT.get(kind, kind), value) for kind, value in subject),
            tuple((kind, str(value)) for kind, value, *_ in parts.get("subjectAltName", ())),
            hashlib.sha256(der).hexdigest(),
            der,
        )

    @property
    def names(self) -> frozenset[str]:
        """All that it can be called: "CN=bob", "DNS:bob.example.org", "sha256:5f2a…"."""
        return frozenset(
            [
                *(f"{kind}={value}" for kind, value in self.subject),
                *(f"{kind}:{value}" for kind, value in self.alternative_names),
                f"sha256:{self.fingerprint}",
            ]
        )


_SHORT = {
    "commonName": "CN",
    "countryName": "C",
    "domainComponent": "DC",
    "emailAddress": "emailAddress",
    "localityName": "L",
    "organizationName": "O",
    "organizationalUnitName": "OU",
    "stateOrProvinceName": "ST",
    "userId": "UID",
}
