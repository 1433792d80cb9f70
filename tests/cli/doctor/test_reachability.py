"""How far one comes: names, greetings, TLS, logins."""

from pathlib import Path

import pytest

from cli.doctor.asking import findings
from cli.running import answering, peer
from support.serving import anyftp_serve


@pytest.mark.parametrize("scheme", ["ftp", "ftps"])
def test_tls(root: Path, certificate_files: tuple[Path, Path, Path], scheme: str) -> None:
    chain, key, authority = map(str, certificate_files)
    mode = "--implicit-tls" if scheme == "ftps" else "--tls-required"
    with anyftp_serve(root, "--cert", chain, "--key", key, mode, "--user", "a:b") as port:
        place = f"{scheme}://a:b@127.0.0.1:{port}/"
        done, found = findings("--tls", "--ca-file", authority, place)
        assert done.returncode == 0
        assert found["TLS"] == ("ok", "TLS 1.3, TLS 1.2")
        assert found["certificate"] == ("ok", "verifies")
        assert found["TLS of data"][0] == "ok"
        assert "session resumed" in found["TLS of data"][1]
        done, found = findings("--tls", "--insecure", place)
        assert done.returncode == 1
        assert found["certificate"][0] == "bad"


def test_nobody_there() -> None:
    done, found = findings("ftp://127.0.0.1:1/")
    assert (done.returncode, done.stderr) == (1, "")
    assert found["IPv4"][0] == found["greeting"][0] == "bad"
    assert "login" not in found
    done, found = findings("ftp://nowhere.invalid/")
    assert "not known" in found["name"][1]


def test_a_wrong_password(url: str) -> None:
    done, found = findings(f"ftp://{url.replace('secret', 'sEcReT')}")
    assert (done.returncode, found["login"][0]) == (1, "bad")
    assert "sEcReT" not in done.stdout


def test_no_ftp_server() -> None:
    with peer(answering({}, "SSH-2.0-OpenSSH_9.2p1")) as port:
        done, found = findings("--timeout", "2", f"ftp://127.0.0.1:{port}/")
    assert done.returncode == 1
    assert found["greeting"][0] == "bad"
