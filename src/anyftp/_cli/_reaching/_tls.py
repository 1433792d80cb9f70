"""TLS settings from files that the user names, with errors that name the file."""

from __future__ import annotations

import ssl
from pathlib import Path
from typing import Literal

import anyftp
from anyftp._cli._ending._failure import Failure, describe, describe_at


def client_settings(*, insecure: bool, ca_file: str | None) -> ssl.SSLContext:
    """Settings for a connection to a server.

    Raises:
        Failure: the file cannot be used.
    """
    try:
        return anyftp.client_context(insecure=insecure, cafile=ca_file)
    except ssl.SSLError as error:
        raise Failure(f"{ca_file}: no certificates in PEM form") from error
    except OSError as error:
        raise Failure(describe_at(str(ca_file), error)) from error


def server_settings(
    certificate: str,
    key: str | None,
    *,
    client_certificates: Literal["ignore", "request", "require"] = "ignore",
    client_authorities: str | None = None,
) -> anyftp.ServerCertificate:
    """Settings for serving; files that change are taken up by the next connection.

    Raises:
        Failure: a file cannot be used, or the two do not belong together.
    """
    for name in (certificate, key or certificate, client_authorities or certificate):
        try:
            Path(name).read_bytes()  # OpenSSL does not say which of the two it could not read
        except OSError as error:
            raise Failure(describe(error)) from error
    try:
        return anyftp.ServerCertificate(
            certificate,
            key,
            client_certificates=client_certificates,
            client_authorities=client_authorities,
        )
    except ssl.SSLError as error:
        raise Failure(
            f"{certificate}: no certificate in PEM form with a private key that belongs to it"
        ) from error
