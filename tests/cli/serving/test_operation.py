"""What whoever runs `anyftp serve` needs: rights, a certificate, names, figures, and an end."""

from __future__ import annotations

import contextlib
import ftplib
import hashlib
import io
import os
import re
import signal
import socket
import ssl
import stat
import subprocess
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from anyftp._cli._ending._failure import Failure
from anyftp._cli._serving._metrics import AT_ONCE
from anyftp._cli._serving._passive_names import PassiveNames, check
from anyftp._cli._serving._privileges import Account
from anyftp._cli._serving._serve import serve
from anyftp._cli._serving._service import Service
from anyftp._cli._serving._settings import Settings
from cli.running import PATIENCE, start, wait_for

BACKENDS = ("asyncio", "trio")
IS_ROOT = hasattr(os, "geteuid") and os.geteuid() == 0


def settings(*arguments: str) -> Settings:
    with serve.make_context("serve", list(arguments)) as ctx:
        return Settings.of(ctx)


def port_of(process: subprocess.Popen[str]) -> int:
    assert process.stdout is not None
    found = re.search(r":(\d+)/", process.stdout.readline())
    assert found
    return int(found[1])


def client(port: int, kind: type[ftplib.FTP] = ftplib.FTP, **more: Any) -> ftplib.FTP:
    ftp = kind(**more)
    ftp.connect("127.0.0.1", port, timeout=PATIENCE)
    ftp.login("alice", "wonder")
    return ftp


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
    with pytest.raises(Exception, match="--self-signed makes no sense with --cert"):
        settings(str(tmp_path), "--self-signed", "--cert", "x.pem")


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_the_first_signal_says_what_it_waits_for_and_the_second_one_ends(
    tmp_path: Path, backend: str, number: signal.Signals
) -> None:
    (tmp_path / "f").write_bytes(bytes(10_000_000))
    words = ["--limit-rate", "100K", "--user", "alice:wonder", "--backend", backend]
    with start("serve", str(tmp_path), *words) as process:
        port = port_of(process)
        ftp = client(port)
        ftp.voidcmd("TYPE I")
        with ftp.transfercmd("RETR f") as data:
            assert data.recv(10)
            process.send_signal(number)
            assert process.stderr is not None
            assert process.stderr.readline() == (
                "waiting for a transfer to end, for 30 s at most; again to end at once\n"
            )
            process.send_signal(number)
            assert process.wait(5) == 128 + number
        ftp.close()


def test_ctrl_c_without_a_transfer_has_nothing_to_say(tmp_path: Path) -> None:
    with start("serve", str(tmp_path)) as process:
        port_of(process)
        process.send_signal(signal.SIGINT)
        output, errors = process.communicate(timeout=PATIENCE)
        assert (process.returncode, output, errors) == (0, "", "")


@pytest.mark.parametrize("backend", BACKENDS)
def test_figures_for_prometheus(tmp_path: Path, backend: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        number = free.getsockname()[1]
    words = ["--user", "alice:wonder", "--metrics", f"127.0.0.1:{number}", "--backend", backend]
    with start("serve", str(tmp_path), *words) as process:
        ftp = client(port_of(process))
        ftp.storbinary("STOR f", io.BytesIO(b"12345"))
        url = f"http://127.0.0.1:{number}/"
        with urllib.request.urlopen(f"{url}metrics", timeout=PATIENCE) as answer:
            assert answer.headers["Content-Type"].startswith("text/plain")
            text = answer.read().decode()
        assert "\nanyftp_sessions 1.0\n" in text
        assert "\nanyftp_received_bytes_total 5.0\n" in text
        with pytest.raises(urllib.error.HTTPError, match="404"):
            urllib.request.urlopen(f"{url}secret", timeout=PATIENCE)
        with (
            socket.create_connection(("127.0.0.1", number), PATIENCE) as odd,
            contextlib.suppress(OSError),  # it is closed before all of this is read
        ):
            odd.sendall(b"USER alice\r\n" * 10_000 + b"\r\n")
            odd.shutdown(socket.SHUT_WR)
        assert ftp.voidcmd("NOOP").startswith("200")
        ftp.close()
        process.terminate()
        assert process.wait(PATIENCE) == 0


def test_figures_are_not_kept_from_the_next_by_many_who_say_nothing(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        number = free.getsockname()[1]
    with start("serve", str(tmp_path), "--metrics", f"127.0.0.1:{number}") as process:
        port_of(process)
        with contextlib.ExitStack() as silent:
            for _ in range(AT_ONCE):
                silent.enter_context(socket.create_connection(("127.0.0.1", number), PATIENCE))
            with socket.create_connection(("127.0.0.1", number), 3) as one_more:
                assert one_more.recv(1) == b""  # long before the others are given up
        wait_for(lambda: is_answered(number))
        process.terminate()
        assert process.wait(PATIENCE) == 0


def is_answered(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=PATIENCE) as answer:
            return b"anyftp_sessions" in answer.read()
    except OSError:
        return False


@pytest.mark.skipif(not IS_ROOT, reason="only root can become somebody else")
def test_rights_are_given_up_once_the_sockets_are_there(tmp_path: Path) -> None:
    """Port 21 belongs to root, what is stored does not."""
    account = Account.of("nobody")
    tmp_path.chmod(0o755)
    for folder in [tmp_path, *tmp_path.parents]:
        if stat.S_IMODE(folder.stat().st_mode) & 0o005 != 0o005:
            folder.chmod(folder.stat().st_mode | 0o005)
        if folder.name.startswith("pytest-of"):
            break
    served = tmp_path / "served"
    served.mkdir()
    os.chown(served, account.uid, account.gid)
    secret = tmp_path / "secret"
    secret.write_bytes(b"x")
    secret.chmod(0o600)
    with socket.create_server(("127.0.0.1", 0)) as free:
        number = 1 + free.getsockname()[1] % 1023
    words = ["--user", "alice:wonder", "--port", str(number), "--run-as", "nobody"]
    with start("serve", str(served), *words) as process:
        ftp = client(port_of(process))
        ftp.storbinary("STOR f", io.BytesIO(b"12345"))
        status = Path(f"/proc/{process.pid}/status").read_text()
        assert re.search(rf"^Uid:(\t{account.uid}){{4}}$", status, re.MULTILINE)
        assert re.search(rf"^Gid:(\t{account.gid}){{4}}$", status, re.MULTILINE)
        groups = re.search(r"^Groups:\t(.*)$", status, re.MULTILINE)
        assert groups
        assert "0" not in groups[1].split()
        stored = (served / "f").stat()
        assert (stored.st_uid, stored.st_gid) == (account.uid, account.gid)
        ftp.close()
        process.terminate()
        assert process.wait(PATIENCE) == 0


@pytest.mark.skipif(not IS_ROOT, reason="only root is warned")
@pytest.mark.parametrize(("host", "is_told"), [("0.0.0.0", True), ("127.0.0.1", False)])
def test_root_is_warned(tmp_path: Path, host: str, is_told: bool) -> None:
    with start("serve", str(tmp_path), "--host", host) as process:
        port_of(process)
        process.terminate()
        _, errors = process.communicate(timeout=PATIENCE)
    assert ("this server runs as root" in errors) == is_told


@pytest.mark.parametrize(
    ("text", "reason"),
    [("no-such-user", "there is no user 'no-such-user'"), ("0:no-such-group", "there is no group")],
)
def test_accounts_that_there_are_not(text: str, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        Account.of(text)


def test_accounts_by_name_and_number() -> None:
    assert Account.of("0") == Account.of("root") == Account("root", 0, 0)
    assert Account.of("root:0").gid == 0


def answering(addresses: dict[str, str]) -> Callable[..., list[Any]]:
    def getaddrinfo(name: str, *args: object, **more: object) -> list[Any]:
        if name not in addresses:
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (addresses[name], 0))]

    return getaddrinfo


def test_names_are_looked_up_again(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    known = {"ftp.example.org": "203.0.113.9"}
    monkeypatch.setattr(socket, "getaddrinfo", answering(known))
    names = PassiveNames({"0.0.0.0/0": "ftp.example.org", "10.0.0.0/8": "10.0.0.5"})
    names.look_up()
    assert callable(names.source)
    assert names.source("192.0.2.1") == "203.0.113.9"
    assert names.source("10.1.1.1") == "10.0.0.5"
    known["ftp.example.org"] = "203.0.113.10"
    names.look_up()
    assert names.of("192.0.2.1") == "203.0.113.10"
    known.clear()
    names.look_up()
    assert names.of("192.0.2.1") == "203.0.113.10"
    assert "its address stays 203.0.113.10" in caplog.text


def test_a_name_that_was_never_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(socket, "getaddrinfo", answering({}))
    with pytest.raises(Failure, match=r"--passive-host: .*not known"):
        Service(settings(str(tmp_path), "--passive-host", "ftp.example.org"))


def test_addresses_need_no_names() -> None:
    hosts = {"0.0.0.0/0": "203.0.113.9"}
    assert PassiveNames(hosts).source == hosts


@pytest.mark.parametrize("host", ["a/b", "1.2.3.4.5", "10.0.0.256", "2001:db8::1", "a b", ""])
def test_what_is_no_name(host: str) -> None:
    with pytest.raises(ValueError, match="PASV names an IPv4 address"):
        check({"0.0.0.0/0": host})
