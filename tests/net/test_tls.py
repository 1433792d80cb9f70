"""Settings of servers and clients, and certificates that change while a server runs."""

from __future__ import annotations

import ssl
import threading
from pathlib import Path

import pytest
import trustme
from cryptography.hazmat.primitives import serialization

from anyftp._net import (
    ServerCertificate,
    _tls,
    client_context,
    default_client_context,
    server_context,
)
from net.handshake import shake_hands, trusting


def write(folder: Path, leaf: trustme.LeafCert) -> tuple[Path, Path]:
    chain, key = folder / "chain.pem", folder / "key.pem"
    chain.write_bytes(b"".join(blob.bytes() for blob in leaf.cert_chain_pems))
    key.write_bytes(leaf.private_key_pem.bytes())
    return chain, key


def serial(server: ssl.SSLContext, ca: trustme.CA) -> str:
    certificate = shake_hands(server, trusting(ca))[1].getpeercert()
    assert certificate
    return str(certificate["serialNumber"])


def test_a_renewed_certificate_is_served_without_restart(ca: trustme.CA, tmp_path: Path) -> None:
    source = ServerCertificate(*write(tmp_path, ca.issue_cert("ftp.example.org")))
    first = serial(source(), ca)
    assert serial(source(), ca) == first
    write(tmp_path, ca.issue_cert("ftp.example.org"))
    assert serial(source(), ca) != first


def test_files_that_do_not_fit_leave_the_last_ones_in_force(
    ca: trustme.CA, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    chain, key = write(tmp_path, ca.issue_cert("ftp.example.org"))
    source = ServerCertificate(chain, key)
    first = serial(source(), ca)
    renewed = ca.issue_cert("ftp.example.org")
    chain.write_bytes(renewed.cert_chain_pems[0].bytes())  # the key is still the old one
    with pytest.raises(ssl.SSLError):
        source.reload()
    assert serial(source(), ca) == first
    assert "stays in force" in caplog.text
    key.unlink()
    assert serial(source(), ca) == first
    key.write_bytes(renewed.private_key_pem.bytes())
    source.reload()
    assert serial(source(), ca) != first


def test_each_call_makes_a_context(ca: trustme.CA, tmp_path: Path) -> None:
    source = ServerCertificate(*write(tmp_path, ca.issue_cert("ftp.example.org")))
    assert source() is not source()


def test_files_that_cannot_be_used_are_told_at_once(ca: trustme.CA, tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        ServerCertificate(tmp_path / "none.pem")
    chain, key = write(tmp_path, ca.issue_cert("ftp.example.org"))
    with pytest.raises(ValueError, match="client_authorities"):
        ServerCertificate(chain, key, client_certificates="request")


def test_the_server_agrees_on_ftp(ca: trustme.CA, tmp_path: Path) -> None:
    server = server_context(*write(tmp_path, ca.issue_cert("ftp.example.org")))
    client = trusting(ca)
    client.set_alpn_protocols(["h2", "ftp"])
    assert shake_hands(server, client)[0].selected_alpn_protocol() == "ftp"
    assert shake_hands(server, trusting(ca))[0].selected_alpn_protocol() is None


def test_a_key_that_is_encrypted_is_refused_and_nobody_is_asked(
    ca: trustme.CA, tmp_path: Path
) -> None:
    """OpenSSL would ask on the terminal, and a server would stand still until it is answered."""
    chain, key = write(tmp_path, ca.issue_cert("ftp.example.org"))
    source = ServerCertificate(chain, key)
    private = serialization.load_pem_private_key(key.read_bytes(), None)
    encrypted = private.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.BestAvailableEncryption(b"secret"),
    )
    key.write_bytes(encrypted)
    with pytest.raises(ssl.SSLError, match=r"key in .*key\.pem is encrypted"):
        server_context(chain, key)
    with pytest.raises(ssl.SSLError, match="encrypted"):
        source.reload()
    assert source() is source._last
    chain.write_bytes(chain.read_bytes() + encrypted)
    with pytest.raises(ssl.SSLError, match=r"key in .*chain\.pem is encrypted"):
        server_context(chain)


@pytest.mark.parametrize("insecure", [False, True])
def test_clients_verify_unless_told_otherwise(insecure: bool) -> None:
    context = client_context(insecure=insecure)
    assert context.check_hostname is not insecure
    assert context.minimum_version == ssl.TLSVersion.TLSv1_2
    # To load authorities takes its time, and is of no use to who asks none.
    assert bool(context.cert_store_stats()["x509_ca"]) is not insecure


@pytest.mark.anyio
async def test_the_default_settings_are_made_once_and_not_on_the_loop(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    threads: list[int] = []

    def made(**options: object) -> ssl.SSLContext:
        threads.append(threading.get_ident())
        return client_context()

    monkeypatch.setattr(_tls, "_default", [])
    monkeypatch.setattr(_tls, "client_context", made)
    contexts = [await default_client_context() for _ in range(3)]
    assert len(threads) == 1
    assert threads != [threading.get_ident()]
    assert all(context is contexts[0] for context in contexts)
    assert contexts[0].verify_mode is ssl.CERT_REQUIRED
    assert contexts[0].check_hostname
