"""Files of certificates that cannot be used: the error names the file, and nobody's traceback."""

from __future__ import annotations

import ssl
from pathlib import Path

import pytest
import trustme

from anyftp._cli._ending._failure import Failure
from anyftp._cli._reaching._tls import client_settings, server_settings

Files = tuple[Path, Path, Path]


def test_settings_of_a_client(certificate_files: Files) -> None:
    authority = str(certificate_files[2])
    context = client_settings(insecure=False, ca_file=authority)
    assert (context.verify_mode, context.check_hostname) == (ssl.CERT_REQUIRED, True)
    assert len(context.get_ca_certs()) == 1


def test_settings_of_an_insecure_client() -> None:
    context = client_settings(insecure=True, ca_file=None)
    assert (context.verify_mode, context.check_hostname) == (ssl.CERT_NONE, False)


@pytest.mark.parametrize("content", [None, b"", b"no certificate", b"\xff\x00" * 100])
def test_a_file_of_authorities_that_is_none(content: bytes | None, tmp_path: Path) -> None:
    path = tmp_path / "ca.pem"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(Failure) as caught:
        client_settings(insecure=False, ca_file=str(path))
    assert caught.value.message.startswith(f"{path}: ")
    assert ("no certificates in PEM form" in caught.value.message) == (content is not None)


def test_settings_of_a_server(certificate_files: Files, tmp_path: Path) -> None:
    chain, key, authority = certificate_files
    assert server_settings(str(chain), str(key))
    assert server_settings(
        str(chain), str(key), client_certificates="require", client_authorities=str(authority)
    )
    (tmp_path / "both.pem").write_bytes(key.read_bytes() + chain.read_bytes())
    assert server_settings(str(tmp_path / "both.pem"), None)


@pytest.mark.parametrize("missing", [0, 1, 2])
def test_the_one_that_is_missing_is_named(
    missing: int, certificate_files: Files, tmp_path: Path
) -> None:
    names = [str(path) for path in certificate_files]
    names[missing] = str(tmp_path / "missing.pem")
    with pytest.raises(Failure) as caught:
        server_settings(
            names[0], names[1], client_certificates="request", client_authorities=names[2]
        )
    assert "missing.pem" in caught.value.message
    assert "No such file" in caught.value.message


@pytest.mark.parametrize("which", ["somebody else's key", "no key", "a key in place of it"])
def test_a_certificate_and_a_key_that_do_not_belong_together(
    which: str, certificate_files: Files, tmp_path: Path
) -> None:
    chain, key, _ = certificate_files
    certificate = key if which == "a key in place of it" else chain
    named: Path | None = tmp_path / "other.pem"
    if which == "somebody else's key":
        other = trustme.CA().issue_cert("localhost")
        (tmp_path / "other.pem").write_bytes(other.private_key_pem.bytes())
    else:
        named = None
    with pytest.raises(Failure) as caught:
        server_settings(str(certificate), str(named) if named else None)
    assert caught.value.message == (
        f"{certificate}: no certificate in PEM form with a private key that belongs to it"
    )
