"""Whom a client's certificate speaks of."""

from __future__ import annotations

import hashlib
import ssl

import pytest
import trustme

from anyftp._net import PeerCertificate
from net.handshake import shake_hands, trusting

BOB = ("bob@example.org", "pc.example.org")


@pytest.fixture
def asking(server_tls: ssl.SSLContext, ca: trustme.CA) -> ssl.SSLContext:
    """A server that asks for certificates, and does without."""
    server_tls.verify_mode = ssl.CERT_OPTIONAL
    ca.configure_trust(server_tls)
    return server_tls


def shown(server: ssl.SSLContext, ca: trustme.CA, leaf: trustme.LeafCert) -> PeerCertificate:
    client = trusting(ca)
    leaf.configure_cert(client)
    found = PeerCertificate.of(shake_hands(server, client)[0])
    assert found is not None
    return found


def test_who_shows_none_is_nobody(asking: ssl.SSLContext, ca: trustme.CA) -> None:
    assert PeerCertificate.of(shake_hands(asking, trusting(ca))[0]) is None


def test_what_it_is_called(asking: ssl.SSLContext, ca: trustme.CA) -> None:
    leaf = ca.issue_cert(*BOB, common_name="bob", organization_name="Example")
    found = shown(asking, ca, leaf)
    der = ssl.PEM_cert_to_DER_cert(leaf.cert_chain_pems[0].bytes().decode())
    assert found.der == der
    assert found.fingerprint == hashlib.sha256(der).hexdigest()
    assert set(found.subject) >= {("CN", "bob"), ("O", "Example")}
    assert set(found.alternative_names) == {("email", BOB[0]), ("DNS", BOB[1])}
    assert found.names >= {
        "CN=bob",
        "O=Example",
        "email:bob@example.org",
        "DNS:pc.example.org",
        f"sha256:{found.fingerprint}",
    }


def test_the_certificate_itself_is_not_printed(asking: ssl.SSLContext, ca: trustme.CA) -> None:
    assert "der" not in repr(shown(asking, ca, ca.issue_cert(*BOB)))


def test_names_of_another_kind_are_not_taken_for_each_other(
    asking: ssl.SSLContext, ca: trustme.CA
) -> None:
    """Who is called DNS:x in the common name is not the host x: "=" and ":" tell them apart."""
    found = shown(asking, ca, ca.issue_cert("real.example.org", common_name="root"))
    forged = shown(asking, ca, ca.issue_cert("x.example.org", common_name="DNS:real.example.org"))
    assert "DNS:real.example.org" in found.names
    assert "DNS:real.example.org" not in forged.names


@pytest.mark.parametrize("verifies", [True, False], ids=["verified", "unverified"])
def test_a_server_seen_from_its_client(
    server_tls: ssl.SSLContext, ca: trustme.CA, verifies: bool
) -> None:
    """One that was not verified is known by its fingerprint, and by no name of its own."""
    client = trusting(ca)
    if not verifies:
        client.check_hostname = False
        client.verify_mode = ssl.CERT_NONE
    found = PeerCertificate.of(shake_hands(server_tls, client)[1])
    assert found is not None
    assert ("DNS:ftp.example.org" in found.names) is verifies
    assert f"sha256:{found.fingerprint}" in found.names


def test_equal_certificates_are_equal(asking: ssl.SSLContext, ca: trustme.CA) -> None:
    leaf = ca.issue_cert(*BOB)
    one, same, other = (shown(asking, ca, each) for each in (leaf, leaf, ca.issue_cert(*BOB)))
    assert one == same != other
    assert len({one, same, other}) == 2
