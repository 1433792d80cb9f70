"""A throw-away certificate: who shows it, and how long it stays."""

from __future__ import annotations

import ftplib
import hashlib
import os
import re
import ssl
import stat
from pathlib import Path

import pytest

from anyftp._cli._serving._serve import serve
from anyftp._cli._serving._service import Service
from anyftp._cli._serving._settings import Settings
from cli.running import PATIENCE, start
from cli.serving.operating import client, port_of, settings


def test_a_throw_away_certificate(tmp_path: Path) -> None:
    with start("serve", str(tmp_path), "--self-signed", "--user", "alice:wonder") as process:
        port = port_of(process)
        assert process.stderr is not None
        told = re.fullmatch(r"certificate SHA-256 ([0-9A-F:]{95})\n", process.stderr.readline())
        assert told
        insecure = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        insecure.check_hostname, insecure.verify_mode = False, ssl.CERT_NONE
        ftp = client(port, ftplib.FTP_TLS, context=insecure)
        assert isinstance(ftp.sock, ssl.SSLSocket)
        shown = ftp.sock.getpeercert(binary_form=True)
        assert shown is not None
        assert hashlib.sha256(shown).hexdigest().upper() == told[1].replace(":", "")
        trusting = ssl.create_default_context(cadata=ssl.DER_cert_to_PEM_cert(shown))
        client(port, ftplib.FTP_TLS, context=trusting).close()
        ftp.close()
        process.terminate()
        assert process.wait(PATIENCE) == 0


def test_self_signed_stays_the_same_when_all_is_read_again(tmp_path: Path) -> None:
    with serve.make_context("serve", [str(tmp_path), "--self-signed"]) as ctx:
        first, again = Settings.of(ctx), Settings.of(ctx)
        assert first.cert == again.cert
        assert first.cert is not None
        assert stat.S_IMODE(os.stat(first.cert).st_mode) == 0o600
        Service(first).prepare(again)()
    assert not os.path.exists(first.cert)


def test_self_signed_and_a_certificate(tmp_path: Path) -> None:
    with pytest.raises(Exception, match="--self-signed cannot be combined with --cert"):
        settings(str(tmp_path), "--self-signed", "--cert", "x.pem")
