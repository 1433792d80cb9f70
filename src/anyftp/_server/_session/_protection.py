"""TLS of one control connection, and what it means for the data connections (RFC 4217)."""

from __future__ import annotations

import ssl
from dataclasses import dataclass

from anyftp._net import PeerCertificate


@dataclass(slots=True)
class Protection:
    """How a session is protected; a fresh one is in clear text.

    AUTH makes a new one. REIN and CCC keep it: the data connections stay bound to the client that
    has shown itself on the control connection.

    Attributes:
        context: for data connections, once there is TLS on the control connection.
        certificate: what the client has shown of itself, verified.
        resumes_on_data: a data connection has resumed the control connection's TLS session.
        has_pbsz: PBSZ was given.
        has_prot: PROT was given; else the client may not know that its data is to be protected.
        protects_data: PROT P is in force.
    """

    context: ssl.SSLContext | None = None
    certificate: PeerCertificate | None = None
    resumes_on_data: bool = False
    has_pbsz: bool = False
    has_prot: bool = False
    protects_data: bool = False
