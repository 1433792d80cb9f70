"""Which proxy a host is reached through."""

import socket
import threading
from collections.abc import Iterator

import pytest

from anyftp._cli._reaching._proxies import find_proxy, is_exempt
from cli.running import assert_failed, run
from support.serving import anyftp_serve


@pytest.mark.parametrize(
    ("host", "no_proxy", "exempt"),
    [
        ("ftp.example.org", "", False),
        ("ftp.example.org", "*", True),
        ("ftp.example.org", "example.org", True),
        ("ftp.example.org", ".example.org", True),
        ("ftp.example.org", "*.example.org", True),
        ("FTP.Example.org.", "a.b, Example.ORG", True),
        ("ftp.example.org", "other.org example.org", True),
        ("ftp.badexample.org", "example.org", False),
        ("example.org", "ftp.example.org", False),
        ("10.1.2.3", "10.0.0.0/8", True),
        ("11.1.2.3", "10.0.0.0/8", False),
        ("::1", "::1", True),
        ("127.0.0.1", "127.0.0.1", True),
        ("h", ",, ,", False),
        ("h", ".", False),
    ],
)
def test_exempt(host: str, no_proxy: str, exempt: bool) -> None:
    assert is_exempt(host, no_proxy) is exempt


@pytest.mark.parametrize(
    ("option", "environ", "proxy"),
    [
        (None, {}, ""),
        (None, {"ftp_proxy": "http://p:1"}, "http://p:1"),
        (None, {"FTP_PROXY": "p:1"}, "http://p:1"),
        (None, {"ALL_PROXY": "socks5://p:1"}, "socks5://p:1"),
        (None, {"all_proxy": "http://a:1", "ftp_proxy": "http://f:1"}, "http://f:1"),
        (None, {"http_proxy": "http://p:1", "https_proxy": "http://p:1"}, ""),
        (None, {"ftp_proxy": "http://p:1", "NO_PROXY": "host"}, ""),
        ("socks5://o:1", {"ftp_proxy": "http://p:1", "no_proxy": "host"}, "socks5://o:1"),
        ("none", {"ftp_proxy": "http://p:1"}, ""),
        ("", {"ftp_proxy": "http://p:1"}, ""),
    ],
)
def test_find_proxy(option: str | None, environ: dict[str, str], proxy: str) -> None:
    assert find_proxy("host", option, environ) == proxy


@pytest.fixture
def proxy() -> Iterator[tuple[str, list[bytes]]]:
    """An HTTP proxy that knows CONNECT, and what was asked of it."""
    asked: list[bytes] = []
    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=_accept, args=(listener, asked), daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}", asked
        listener.shutdown(socket.SHUT_RDWR)
        thread.join(10)


def _accept(listener: socket.socket, asked: list[bytes]) -> None:
    threads = []
    while True:
        try:
            client, _ = listener.accept()
        except OSError:
            break
        threads.append(threading.Thread(target=_tunnel, args=(client, asked)))
        threads[-1].start()
    for thread in threads:
        thread.join(10)


def _tunnel(client: socket.socket, asked: list[bytes]) -> None:
    with client:
        head = b""
        while b"\r\n\r\n" not in head:
            head += client.recv(4096)
        asked.append(head.split(b"\r\n")[0])
        host, port = head.split()[1].decode().rsplit(":", 1)
        with socket.create_connection((host, int(port))) as server:
            client.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
            back = threading.Thread(target=_copy, args=(server, client))
            back.start()
            _copy(client, server)
            back.join(10)


def _copy(source: socket.socket, sink: socket.socket) -> None:
    try:
        while data := source.recv(65536):
            sink.sendall(data)
        sink.shutdown(socket.SHUT_WR)
    except OSError:
        pass


@pytest.mark.parametrize("way", ["option", "environment", "profile"])
def test_control_and_data_go_through_it(
    way: str,
    proxy: tuple[str, list[bytes]],
    tmp_path_factory: pytest.TempPathFactory,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    folder = tmp_path_factory.mktemp("served")
    (folder / "file").touch()
    address, asked = proxy
    with anyftp_serve(folder) as port:
        url, options = f"ftp://127.0.0.1:{port}/", []
        if way == "option":
            options = ["--proxy", address]
        elif way == "environment":
            monkeypatch.setenv("FTP_PROXY", address)
        else:
            config = folder.parent / "config.toml"
            config.write_text(f'[profiles.work]\nurl = "{url}"\nproxy = "{address}"\n')
            monkeypatch.setenv("ANYFTP_CONFIG", str(config))
            url = "work:"
        assert run("ls", *options, url).stdout == "file\n"
        assert [line.split()[0] for line in asked] == [b"CONNECT", b"CONNECT"]
        monkeypatch.setenv("NO_PROXY", "127.0.0.0/8")
        assert run("ls", f"ftp://127.0.0.1:{port}/").stdout == "file\n"
    assert len(asked) == 2


def test_what_cannot_be() -> None:
    both = run("ls", "--active", "--proxy", "http://127.0.0.1:1", "ftp://127.0.0.1:1/")
    assert (both.returncode, "--active cannot be combined with a proxy" in both.stderr) == (2, True)
    assert run("ls", "--proxy", "nonsense://x", "ftp://127.0.0.1:1/").returncode == 2
    nobody = run("ls", "--proxy", "http://127.0.0.1:1", "ftp://ftp.example.org/")
    assert_failed(nobody, "Connection refused (through the proxy http://127.0.0.1:1)", 7)


def test_a_proxy_of_the_environment_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("ftp_proxy", "FTP_PROXY", "all_proxy", "ALL_PROXY", "no_proxy", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("ALL_PROXY", "socks9://me:secret@h")
    wrong = run("ls", "ftp://127.0.0.1:1/")
    assert (wrong.returncode, "ALL_PROXY: a proxy must be" in wrong.stderr) == (2, True)
    monkeypatch.setenv("ALL_PROXY", "http://me:secret@proxy.invalid:1")
    unknown = run("ls", "ftp://127.0.0.1:1/")
    assert_failed(unknown, "not known (through the proxy http://proxy.invalid:1)", 6)
