"""Settings of servers and clients, and certificates that change while a server runs."""

from __future__ import annotations

import ssl
from pathlib import Path

import pytest
import trustme

from anyftp._net import PeerCertificate, ServerCertificate, client_context, server_context


def write(folder: Path, leaf: trustme.LeafCert) -> tuple[Path, Path]:
    chain, key = folder / "chain.pem", folder / "key.pem"
    chain.write_bytes(b"".join(blob.bytes() for blob in leaf.cert_chain_pems))
    key.write_bytes(leaf.private_key_pem.bytes())
    return chain, key


def shake_hands(
    server: ssl.SSLContext, client: ssl.SSLContext
) -> tuple[ssl.SSLObject, ssl.SSLObject]:
    """Both ends of a connection through memory."""
    up, down = ssl.MemoryBIO(), ssl.MemoryBIO()
    ends = (
        server.wrap_bio(up, down, server_side=True),
        client.wrap_bio(down, up, server_hostname="ftp.example.org"),
    )
    for _ in range(3):
        for end in reversed(ends):
            try:
                end.do_handshake()
            except ssl.SSLWantReadError:
                continue
    return ends


def trusting(ca: trustme.CA) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    ca.configure_trust(context)
    return context


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


def test_what_a_certificate_is_called(ca: trustme.CA, tmp_path: Path) -> None:
    authority = tmp_path / "ca.pem"
    authority.write_bytes(ca.cert_pem.bytes())
    server = server_context(
        *write(tmp_path, ca.issue_cert("ftp.example.org")),
        client_certificates="request",
        client_authorities=authority,
    )
    client = trusting(ca)
    assert PeerCertificate.of(shake_hands(server, client)[0]) is None
    leaf = ca.issue_cert(
        "bob@example.org", "pc.example.org", common_name="bob", organization_name="Example"
    )
    leaf.configure_cert(client)
    found = PeerCertificate.of(shake_hands(server, client)[0])
    assert found is not None
    der = ssl.PEM_cert_to_DER_cert(leaf.cert_chain_pems[0].bytes().decode())
    assert found.der == der
    assert found.names >= {
        "CN=bob",
        "O=Example",
        "email:bob@example.org",
        "DNS:pc.example.org",
        f"sha256:{found.fingerprint}",
    }
    assert "der" not in repr(found)


@pytest.mark.parametrize("insecure", [False, True])
def test_clients_verify_unless_told_otherwise(insecure: bool) -> None:
    context = client_context(insecure=insecure)
    assert context.check_hostname is not insecure
    assert context.minimum_version == ssl.TLSVersion.TLSv1_2
