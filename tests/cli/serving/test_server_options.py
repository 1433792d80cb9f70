"""Whatever the library's server can be told, the command can be told as well."""

from __future__ import annotations

import contextlib
import ftplib
import inspect
import io
import socket
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import trustme

from anyftp import Server, User
from anyftp._cli._given._url import RemoteURL
from anyftp._cli._serving._accounts import _FIELDS
from anyftp._cli._serving._admission import admission
from anyftp._cli._serving._serve import serve
from anyftp._cli._serving._server_options import direct_values
from anyftp._cli._serving._service import Service
from anyftp._cli._serving._settings import Settings
from support.serving import anyftp_serve


@contextlib.contextmanager
def serving(folder: Path, *options: str) -> Iterator[int]:
    """Run `anyftp serve`; gives the port."""
    with anyftp_serve(folder, *options) as port:
        yield port


@contextlib.contextmanager
def logged_in(folder: Path, *options: str) -> Iterator[ftplib.FTP]:
    """Run `anyftp serve`; gives a client that has logged in."""
    ftp = ftplib.FTP()
    with serving(folder, "--user", "alice:wonder", *options) as port:
        ftp.connect("127.0.0.1", port, timeout=10)
        try:
            ftp.login("alice", "wonder")
            yield ftp
        finally:
            ftp.close()


#: Arguments of `Server` that have another name in the command, or more than one option.
ELSEWHERE = {
    "users": {"users", "users_file", "anonymous"},
    "ssl_context": {"cert", "key", "client_certificates", "client_authorities"},
    "require_tls": {"tls_required"},
    "read_speed_limit": {"limit_rate"},
    "write_speed_limit": {"limit_rate"},
    "admit": {"allow", "deny"},
    "counts": {"shared", "when_lost", "workers"},
    "ban": {"ban_after", "ban_within", "ban_for"},
    "tls_policy": {
        "tls_data",
        "tls_session_reuse",
        "tls_alpn",
        "allow_ccc",
        "accept_truncated_uploads",
    },
}
#: What is code and nothing else.
FROM_PYTHON_ONLY = {"handlers", "answered_in_transfers", "network"}


def test_every_argument_of_the_server_is_an_option() -> None:
    options = {each.name for each in serve.params}
    for name in inspect.signature(Server).parameters.keys() - FROM_PYTHON_ONLY:
        assert ELSEWHERE.get(name, {name}) <= options, name


def test_every_field_of_a_user_can_be_in_the_file() -> None:
    fields = inspect.signature(User).parameters.keys() - {"name", "file_system"}
    assert fields <= _FIELDS.keys()


def test_what_is_handed_over_has_the_servers_defaults() -> None:
    with serve.make_context("serve", ["."]) as ctx:
        values = direct_values(ctx.params)
    parameters = inspect.signature(Server).parameters
    assert {name: parameters[name].default for name in values} == values


def settings(*arguments: str) -> Settings:
    with serve.make_context("serve", list(arguments)) as ctx:
        return Settings.of(ctx)


def test_what_arrives_at_the_server(tmp_path: Path) -> None:
    (tmp_path / "hello").write_text("One.\nTwo.\n")
    words = ["--stall-timeout", "7", "--max-listing", "9", "--command-rate", "none"]
    words += ["--hide", "*.tmp", "--partial-uploads", "keep", "--ban-after", "4"]
    words += ["--welcome-file", str(tmp_path / "hello"), "--foreign-data-hosts", "--deny", "::/0"]
    service = Service(settings(str(tmp_path), *words, "--max-line", "100"))
    options = service.server._shared.options
    assert (options.stall_timeout, options.max_listing, options.max_line) == (7.0, 9, 100)
    assert options.command_rate is None
    assert (options.partial_uploads, options.foreign_data_hosts) == ("keep", True)
    assert "x.tmp" in options.hidden
    assert options.ban is not None
    assert options.ban.failures == 4
    assert options.welcome == "One.\nTwo."
    assert options.admit is not None
    assert options.admit("2001:db8::1") is not None
    assert options.admit("192.0.2.1") is None
    service.prepare(settings(str(tmp_path), "--write-speed-limit-per-connection", "1K"))()
    assert service.server.throttle_per_connection.write.limit == 1024
    assert service.server._shared.options.stall_timeout == 300.0


@pytest.mark.parametrize(
    ("allowed", "denied", "host", "is_in"),
    [
        ([], [], "192.0.2.1", True),
        (["10.0.0.0/8"], [], "10.1.2.3", True),
        (["10.0.0.0/8"], [], "192.0.2.1", False),
        (["10.0.0.0/8"], ["10.1.0.0/16"], "10.1.2.3", False),
        (["10.0.0.0/8"], ["10.1.0.0/16"], "10.2.2.3", True),
        ([], ["192.0.2.0/24"], "192.0.2.9", False),
        ([], ["192.0.2.0/24"], "192.0.3.9", True),
    ],
)
def test_who_may_come(allowed: list[str], denied: list[str], host: str, is_in: bool) -> None:
    admit = admission(allowed, denied)
    assert (admit is None or admit(host) is None) == is_in


def test_a_program_looks_at_uploads(tmp_path: Path) -> None:
    program = tmp_path / "look"
    program.write_text(
        "#!/bin/sh\ncase $(cat) in\n"
        '*virus*) echo "no virus, $ANYFTP_USER: $ANYFTP_PATH"; exit 3;;\nesac\n'
    )
    program.chmod(0o755)
    folder = tmp_path / "files"
    folder.mkdir()
    with logged_in(folder, "--on-upload", str(program)) as ftp:
        ftp.storbinary("STOR good", io.BytesIO(b"all is well" * 100_000))
        with pytest.raises(ftplib.error_perm, match="550 /bad: no virus, alice: /bad"):
            ftp.storbinary("STOR bad", io.BytesIO(b"a virus"))
    assert [each.name for each in folder.iterdir()] == ["good"]


def test_a_program_that_reads_nothing_and_one_that_is_not_there(tmp_path: Path) -> None:
    for program, names in (("true", ["f"]), ("false", []), (str(tmp_path / "none"), [])):
        folder = tmp_path / f"of-{len(program)}"
        folder.mkdir()
        refusal = contextlib.suppress(ftplib.error_perm)
        with logged_in(folder, "--on-upload", program) as ftp, refusal:
            ftp.storbinary("STOR f", io.BytesIO(bytes(3_000_000)))
        assert [each.name for each in folder.iterdir()] == names


def test_umask(tmp_path: Path) -> None:
    with logged_in(tmp_path, "--umask", "027") as ftp:
        ftp.storbinary("STOR f", io.BytesIO(b"x"))
        ftp.mkd("d")
    modes = [stat.S_IMODE((tmp_path / name).stat().st_mode) for name in ("f", "d")]
    assert modes == [0o640, 0o750]


def test_several_addresses_with_and_without_implicit_tls(tmp_path: Path) -> None:
    certificate = tmp_path / "cert.pem"
    authority = trustme.CA()
    authority.issue_cert("127.0.0.1").private_key_and_cert_chain_pem.write_to_path(str(certificate))
    with socket.create_server(("127.0.0.1", 0)) as free:
        number = free.getsockname()[1]
    words = ["--cert", str(certificate), "--listen", f"ftps://127.0.0.1:{number}/"]
    with logged_in(tmp_path, *words) as ftp:
        assert "cert.pem" in ftp.nlst()
        ftps = _ImplicitFtp()
        ftps.connect("127.0.0.1", number, timeout=10)
        ftps.login("alice", "wonder")
        ftps.prot_p()
        assert "cert.pem" in ftps.nlst()
        ftps.close()


class _ImplicitFtp(ftplib.FTP_TLS):
    def connect(self, *args: Any, **more: Any) -> str:
        self.host, self.port = args
        self.sock = self.context.wrap_socket(
            socket.create_connection((self.host, self.port), more["timeout"])
        )
        self.af = self.sock.family
        self.file = self.sock.makefile("r", encoding=self.encoding)
        self.welcome = self.getresp()
        return self.welcome


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        (("--umask", "9"), "write it as 027"),
        (("--on-upload", ""), "must name a program"),
        (("--on-upload", "'x"), "No closing quotation"),
        (("--deny", "10.0.0.0/33"), "10.0.0.0/33"),
        (("--command-rate", "-1"), "must be a number above 0, or none"),
        (("--listen", "http://h/"), "http"),
    ],
)
def test_what_makes_no_sense(words: tuple[str, ...], reason: str, tmp_path: Path) -> None:
    with pytest.raises(Exception, match=reason):
        settings(str(tmp_path), *words)


def test_addresses_are_urls() -> None:
    assert settings(".", "--listen", "ftp://h:2121").listen == (RemoteURL("h", port=2121),)
