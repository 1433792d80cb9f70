"""The demo's throw-away certificate works with strict verification."""

import ssl
from pathlib import Path

import pytest

from anyftp._cli._demo._certificate import Certificate, make_certificate


def handshake(files: Certificate, hostname: str) -> None:
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(files.chain, files.key)
    client = ssl.create_default_context(cafile=str(files.authority))
    client.verify_flags |= ssl.VERIFY_X509_STRICT
    upward, downward = ssl.MemoryBIO(), ssl.MemoryBIO()
    sides = [
        client.wrap_bio(downward, upward, server_hostname=hostname),
        server.wrap_bio(upward, downward, server_side=True),
    ]
    for _ in range(4):
        for side in sides:
            try:
                side.do_handshake()
            except ssl.SSLWantReadError:
                continue
    assert sides[0].version() is not None
    sides[0].do_handshake()


@pytest.mark.parametrize("hostname", ["localhost", "127.0.0.1", "::1"])
def test_loopback_verifies(tmp_path: Path, hostname: str) -> None:
    handshake(make_certificate(tmp_path), hostname)


def test_another_host_does_not(tmp_path: Path) -> None:
    files = make_certificate(tmp_path)
    with pytest.raises(ssl.SSLCertVerificationError):
        handshake(files, "example.com")


def test_the_key_is_private(tmp_path: Path) -> None:
    assert make_certificate(tmp_path).key.stat().st_mode & 0o077 == 0
