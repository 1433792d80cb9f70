"""TLS settings for both sides: nothing older than TLS 1.2, no compression, no renegotiation."""

from __future__ import annotations

import logging
import ssl
from pathlib import Path
from typing import Literal

from anyio import to_thread

logger = logging.getLogger("anyftp.server")

#: What a server does about certificates of its clients.
ClientCertificates = Literal["ignore", "request", "require"]

#: Names by which FTP clients call what they speak: the registered one, and FileZilla's two.
FTP_PROTOCOLS = ("ftp", "ftp-data", "x-filezilla-ftp")

_VERIFY = {
    "ignore": ssl.CERT_NONE,
    "request": ssl.CERT_OPTIONAL,
    "require": ssl.CERT_REQUIRED,
}


def client_context(*, insecure: bool = False, cafile: str | Path | None = None) -> ssl.SSLContext:
    """Settings of a client that verifies its server.

    Args:
        insecure: take any certificate from anyone. Whoever sits in between can then read all.
        cafile: trust these authorities (PEM) instead of the system's.

    Raises:
        OSError: cafile cannot be read.
    """
    if insecure:  # the system's authorities take 25 ms and more to load, for nothing
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    else:
        context = ssl.create_default_context(cafile=cafile)
    context.set_alpn_protocols(["ftp"])  # so that nobody can lead us to another service (ALPACA)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    harden(context)
    if insecure:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context


_default: list[ssl.SSLContext] = []


async def default_client_context() -> ssl.SSLContext:
    """`client_context()`, made once for this process, in a worker thread.

    To read and parse the system's authorities takes some 80 ms, in which no other task would run.

    Cancellation: safe.
    """
    if not _default:
        made = await to_thread.run_sync(client_context)
        _default[:] = _default or [made]
    return _default[0]


def server_context(
    certificate: str | Path,
    key: str | Path | None = None,
    *,
    client_certificates: ClientCertificates = "ignore",
    client_authorities: str | Path | None = None,
) -> ssl.SSLContext:
    """Settings of a server.

    Args:
        certificate: PEM file with the certificate and those of its issuers.
        key: PEM file with the private key, which is not encrypted; None if it is in the
            certificate's file.
        client_certificates: "request" lets clients show one, "require" turns away those that do
            not. Any that is shown has to be signed by one of client_authorities.
        client_authorities: PEM file with those authorities.

    Raises:
        OSError: a file cannot be read.
        ssl.SSLError: a file does not hold what it should, or the two do not belong together.
        ValueError: client certificates are wanted, and nobody is trusted to sign them.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key, lambda: _ask_nobody(key or certificate))
    context.set_alpn_protocols(list(FTP_PROTOCOLS))
    if client_certificates != "ignore":
        if client_authorities is None:
            raise ValueError(
                "client_authorities must be given unless client_certificates is 'ignore'"
            )
        context.load_verify_locations(client_authorities)
    context.verify_mode = _VERIFY[client_certificates]
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    harden(context)
    return context


def _ask_nobody(key: str | Path) -> str:
    # Otherwise OpenSSL asks on the terminal, and the event loop stands still meanwhile.
    raise ssl.SSLError(f"the private key in {key} is encrypted")


class ServerCertificate:
    """A server's certificate on the disk: each new connection is served with what is there then.

    Give it to `Server` as `ssl_context`. Each control connection gets a context of its own, which
    ties its data connections to it (see `TLSPolicy.session_reuse`), and a renewed certificate
    needs no restart. While the files cannot be used, half-written for instance, the last ones that
    could be stay in force.

    Args: as `server_context`.

    Raises: as `server_context`.
    """

    def __init__(
        self,
        certificate: str | Path,
        key: str | Path | None = None,
        *,
        client_certificates: ClientCertificates = "ignore",
        client_authorities: str | Path | None = None,
    ) -> None:
        self._certificate = certificate
        self._key = key
        self._client_certificates = client_certificates
        self._client_authorities = client_authorities
        self._last = self._load()

    def __call__(self) -> ssl.SSLContext:
        """Make a context; blocking, about a millisecond."""
        try:
            context = self._load()
        except (OSError, ValueError) as error:  # ssl.SSLError is an OSError
            logger.error("%s: %s; the last certificate stays in force", self._certificate, error)
            return self._last
        self._last = context
        return context

    def reload(self) -> None:
        """Read the files, so as to hear of their faults now; connections do it by themselves.

        Blocking.

        Raises: as `server_context`; what could be read last stays in force.
        """
        self._last = self._load()

    def _load(self) -> ssl.SSLContext:
        return server_context(
            self._certificate,
            self._key,
            client_certificates=self._client_certificates,
            client_authorities=self._client_authorities,
        )


def harden(context: ssl.SSLContext) -> None:
    """Switch off what no FTP connection needs: compression (CRIME) and renegotiation."""
    context.options |= ssl.OP_NO_COMPRESSION | ssl.OP_NO_RENEGOTIATION
