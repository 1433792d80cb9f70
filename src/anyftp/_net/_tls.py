"""TLS settings for both sides: nothing older than TLS 1.2, no compression, no renegotiation."""

from __future__ import annotations

import ssl
from pathlib import Path


def client_context(*, insecure: bool = False, cafile: str | Path | None = None) -> ssl.SSLContext:
    """Settings of a client that verifies its server.

    Args:
        insecure: take any certificate from anyone. Whoever sits in between can then read all.
        cafile: trust these authorities (PEM) instead of the system's.

    Raises:
        OSError: cafile cannot be read.
    """
    context = ssl.create_default_context(cafile=cafile)
    context.set_alpn_protocols(["ftp"])  # so that nobody can lead us to another service (ALPACA)
    _harden(context)
    if insecure:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context


def server_context(certificate: str | Path, key: str | Path | None = None) -> ssl.SSLContext:
    """Settings of a server.

    Args:
        certificate: PEM file with the certificate and those of its issuers.
        key: PEM file with the private key; None if it is in the certificate's file.

    Raises:
        OSError: a file cannot be read.
        ssl.SSLError: a file does not hold what it should, or the two do not belong together.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    _harden(context)
    return context


def _harden(context: ssl.SSLContext) -> None:
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.options |= ssl.OP_NO_COMPRESSION | ssl.OP_NO_RENEGOTIATION
