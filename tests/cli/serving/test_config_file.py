"""`--config FILE`: the options of a command in TOML."""

from __future__ import annotations

from pathlib import Path

import click
import pytest

from anyftp._cli._given._url import parse_url
from anyftp._cli._serving._privileges import Account
from anyftp._cli._serving._serve import serve
from anyftp._cli._serving._settings import Settings
from cli.running import run

WHOLE = """
folder = "files"
host = "127.0.0.2"
port = 2121
fd = [7, 8]
user = ["alice:wonder"]
users = "users.toml"
anonymous = true
anonymous_write = true
read_only = true
cert = "cert.pem"
key = "/etc/key.pem"
tls_required = true
implicit_tls = true
passive_ports = "50000-50100"
passive_host = ["203.0.113.9", "10.0.0.0/8=10.0.0.5"]
proxy_protocol = ["10.0.0.0/8"]
self_signed = false
run_as = "0"
workers = 4
shared = "sqlite:///run/counts"
when_lost = "local"
metrics = "[::1]:9121"
status = "127.0.0.1:8021"
status_token = "token"
listen = ["ftps://0.0.0.0:990"]
tls_session_reuse = "required"
tls_alpn = "off"
tls_data = true
allow_ccc = true
accept_truncated_uploads = true
client_certificates = "request"
client_authorities = "authority.pem"
foreign_data_hosts = true
allow = ["10.0.0.0/8"]
deny = ["10.1.0.0/16"]
ban_after = 5
ban_within = 60
ban_for = 120
welcome = "Hello."
welcome_file = "hello.txt"
hide = ["*.tmp", ".git"]
on_upload = "scan --fast"
umask = "027"
log_file = "log"
log_format = "json"
trace = true
read_speed_limit_per_connection = "1K"
write_speed_limit_per_connection = "2K"
max_connections = 50
max_connections_per_address = 5
idle_timeout = 60.5
login_timeout = 1
stall_timeout = 2
accept_timeout = 3
handshake_timeout = 4
send_timeout = 5
login_delay = 0
max_login_failures = 7
max_unknown_commands = 8
max_line = 900
max_listing = 1000
command_rate = "none"
command_rate_per_address = 11
partial_uploads = "keep"
system = "UNIX"
extension = ["hash", "MODE Z"]
limit_rate = "1M"
backend = "trio"
verbose = true
"""


def settings(file: Path, text: str, *arguments: str) -> Settings:
    file.write_text(text)
    with serve.make_context("serve", [*arguments, "--config", str(file)]) as ctx:
        return Settings.of(ctx)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "anyftp.toml"


def test_each_option_has_its_place(file: Path) -> None:
    folder = file.parent
    assert settings(file, WHOLE) == Settings(
        folder=folder / "files",
        host="127.0.0.2",
        port=2121,
        descriptors=(7, 8),
        users=("alice:wonder",),
        users_file=folder / "users.toml",
        anonymous=True,
        anonymous_write=True,
        read_only=True,
        cert=str(folder / "cert.pem"),
        key="/etc/key.pem",
        tls_required=True,
        implicit_tls=True,
        passive_ports=range(50000, 50101),
        passive_host={"0.0.0.0/0": "203.0.113.9", "10.0.0.0/8": "10.0.0.5"},
        proxy_protocol=("10.0.0.0/8",),
        self_signed=False,
        run_as=Account.of("0"),
        workers=4,
        shared="sqlite:///run/counts",
        when_lost="local",
        metrics=("::1", 9121),
        status=("127.0.0.1", 8021),
        status_token=folder / "token",
        listen=(parse_url("ftps://0.0.0.0:990"),),
        tls_session_reuse="required",
        tls_alpn="off",
        tls_data=True,
        allow_ccc=True,
        accept_truncated_uploads=True,
        client_certificates="request",
        client_authorities=str(folder / "authority.pem"),
        foreign_data_hosts=True,
        allow=("10.0.0.0/8",),
        deny=("10.1.0.0/16",),
        ban_after=5,
        ban_within=60.0,
        ban_for=120.0,
        welcome="Hello.",
        welcome_file=folder / "hello.txt",
        hide=("*.tmp", ".git"),
        on_upload="scan --fast",
        umask=0o027,
        log_file=folder / "log",
        log_format="json",
        trace=True,
        direct={
            "read_speed_limit_per_connection": 1024,
            "write_speed_limit_per_connection": 2048,
            "max_connections": 50,
            "max_connections_per_address": 5,
            "idle_timeout": 60.5,
            "login_timeout": 1.0,
            "stall_timeout": 2.0,
            "accept_timeout": 3.0,
            "handshake_timeout": 4.0,
            "send_timeout": 5.0,
            "login_delay": 0.0,
            "max_login_failures": 7,
            "max_unknown_commands": 8,
            "max_line": 900,
            "max_listing": 1000,
            "command_rate": None,
            "command_rate_per_address": 11.0,
            "partial_uploads": "keep",
            "system": "UNIX",
        },
        extensions=("HASH", "MODE Z"),
        limit_rate=1 << 20,
        backend="trio",
        verbose=True,
    )


def test_no_option_is_forgotten() -> None:
    keys = {line.split(" = ")[0] for line in WHOLE.splitlines() if line}
    options = {each for each in serve.params if each.name not in ("config", "debug", "help")}
    assert len(keys) == len(options)


def test_the_command_line_wins(file: Path) -> None:
    arguments = ["other", "--port", "0", "--extension", "XMD5", "--limit-rate", "5", "--fd", "9"]
    found = settings(file, WHOLE, *arguments)
    assert (found.folder, found.port) == (Path("other"), 0)
    assert (found.extensions, found.limit_rate, found.descriptors) == (("XMD5",), 5, (9,))
    assert found.host == "127.0.0.2"


def test_what_is_not_said_is_as_without_the_file(file: Path) -> None:
    with serve.make_context("serve", ["files"]) as ctx:
        expected = Settings.of(ctx)
    assert settings(file, "", "files") == expected


def test_no_folder_anywhere(file: Path) -> None:
    with pytest.raises(click.MissingParameter):
        settings(file, "port = 0\n")


BAD = {
    "no TOML": ("port = ", "Invalid value"),
    "an unknown key": ("prot = 21", "prot: there is no such option"),
    "as on the command line": ('passive-ports = "1-2"', "passive-ports: there is no such option"),
    "itself": ('config = "x"', "config: there is no such option"),
    "help": ("help = true", "help: there is no such option"),
    "a table": ("[port]\nx = 1", "port: must be a string or a number"),
    "a number too large": ("port = 65536", "port: 65536 is not in the range 0<=x<=65535."),
    "no number": ('port = "ftp"', "port: 'ftp' is not a valid integer range."),
    "true for a number": ("port = true", "port: must be a string or a number"),
    "a text for a flag": ('read_only = "no"', "read_only: must be true or false"),
    "no list": ('user = "a:b"', 'user: must be a list such as ["one", "two"]'),
    "a list": ('host = ["::"]', "host: must be a string or a number"),
    "a rate of nothing": ("limit_rate = 0", "limit_rate: must be at least 1 byte, not 0"),
    "no rate": ('limit_rate = "fast"', "limit_rate: "),
    "ports that fall": ('passive_ports = "2-1"', "passive_ports: ports must rise"),
    "no extension": ('extension = ["NONSENSE"]', "extension: 'NONSENSE' is not one of"),
    "no address": ('passive_host = ["10.0.0.256"]', "passive_host: passive_host must be an IPv4"),
    "no name": ('passive_host = ["a/b"]', "passive_host: passive_host must be an IPv4"),
    "an address twice": ('passive_host = ["10.0.0.1", "10.0.0.2"]', "passive_host: a second"),
    "no network": (
        'proxy_protocol = ["10.0.0.1/8"]',
        "proxy_protocol: '10.0.0.1/8' is not",
    ),
    "no event loop": ('backend = "curio"', "backend: 'curio' is not one of"),
}


@pytest.mark.parametrize(("text", "reason"), BAD.values(), ids=BAD)
def test_bad_files_are_told_in_one_line(file: Path, text: str, reason: str) -> None:
    file.write_text(text)
    told = run("serve", str(file.parent), "--config", str(file))
    assert (told.returncode, told.stdout) == (2, "")
    assert told.stderr.startswith(f"anyftp: {file}: {reason}"), told.stderr
    assert told.stderr.count("\n") == 1


def test_a_file_that_cannot_be_read(file: Path) -> None:
    told = run("serve", str(file.parent), "--config", str(file))
    assert (told.returncode, told.stderr) == (2, f"anyftp: {file}: No such file or directory\n")
    file.write_bytes(b"\xff")
    assert run("serve", str(file.parent), "--config", str(file)).returncode == 2


@pytest.mark.parametrize(("words", "expected"), [(["-v"], True), ([], False)])
def test_verbose_before_the_command_wins(
    words: list[str], expected: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What stands before the command's name is of the command line, too."""
    from anyftp._cli._main import anyftp as group

    (tmp_path / "serve.toml").write_text("verbose = false\nport = 0\n", "utf-8")
    seen: list[bool] = []

    def see(verbose: bool) -> None:
        seen.append(verbose)
        raise SystemExit

    monkeypatch.setattr("anyftp._cli._serving._serve.set_up_logs", lambda *_, verbose: see(verbose))
    with pytest.raises(SystemExit):
        group([*words, "serve", str(tmp_path), "--config", str(tmp_path / "serve.toml")])
    assert seen == [expected]
