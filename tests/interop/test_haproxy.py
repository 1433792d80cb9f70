"""Behind HAProxy, which says by PROXY headers (version 2) who its clients are, data included."""

from __future__ import annotations

import contextlib
import ftplib
import io
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from cli.running import PATIENCE, start
from support.ports import free_ports

pytestmark = [
    pytest.mark.interop,
    pytest.mark.skipif(
        shutil.which("haproxy") is None,
        reason="no haproxy on this machine (Debian package haproxy)",
    ),
]

#: As in docs/how-to/operate-a-server.md; a server without a port gets the one that was connected.
CONFIG = """
defaults
    mode tcp
    timeout connect 5s
    timeout client 60s
    timeout server 60s

listen control
    bind 127.0.0.1:{control}
    server ftp 127.0.0.2:{server} send-proxy-v2

listen data
    bind 127.0.0.1:{first}-{last}
    server ftp 127.0.0.2 send-proxy-v2
"""
NPORTS = 8


class Site:
    """A server that can be reached through a proxy only, under the proxy's address."""

    def __init__(self, port: int) -> None:
        self.port = port

    def client(self, host: str) -> ftplib.FTP:
        ftp = ftplib.FTP(source_address=(host, 0))
        try:
            ftp.connect("127.0.0.1", self.port, timeout=PATIENCE)
            ftp.login("alice", "wonder")
        except BaseException:
            ftp.close()
            raise
        return ftp


def await_port(port: int) -> None:
    end = time.monotonic() + PATIENCE
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
        except OSError:
            assert time.monotonic() < end
            time.sleep(0.02)
        else:
            return


@pytest.fixture(params=["1", "2"], ids=["one worker", "two workers"])
def site(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Site]:
    (tmp_path / "home").mkdir()
    first = free_ports(NPORTS + 2)
    control, server, first, last = first, first + 1, first + 2, first + NPORTS + 1
    config = tmp_path / "haproxy.cfg"
    config.write_text(CONFIG.format(control=control, server=server, first=first, last=last))
    options: tuple[str, ...] = (
        "--host",
        "127.0.0.2",
        "--port",
        str(server),
        "--user",
        "alice:wonder",
    )
    options += ("--proxy-protocol", "127.0.0.1", "--passive-ports", f"{first}-{last}")
    options += ("--max-connections-per-address", "2", "--workers", request.param)
    options += ("--log-file", str(tmp_path / "log"))
    with start("serve", str(tmp_path / "home"), *options) as process:
        assert process.stdout is not None
        assert "serving" in process.stdout.readline()
        with subprocess.Popen(["haproxy", "-db", "-f", str(config)]) as proxy:
            try:
                await_port(control)
                yield Site(control)
            finally:
                proxy.kill()
        process.terminate()
        assert process.wait(PATIENCE) == 0


@pytest.mark.parametrize("passive", ["EPSV", "PASV"])
def test_data_comes_through_the_proxy(site: Site, passive: str, tmp_path: Path) -> None:
    with contextlib.closing(site.client("127.0.0.3")) as ftp:
        if passive == "EPSV":
            ftp.af = socket.AF_INET6  # which has ftplib say EPSV
        content = bytes(range(256)) * 4096
        ftp.storbinary("STOR file", io.BytesIO(content))
        received = io.BytesIO()
        ftp.retrbinary("RETR file", received.write)
        assert received.getvalue() == content
        assert ftp.nlst() == ["file"]
    assert "alice@127.0.0.3: STOR '/file'" in (tmp_path / "log").read_text()


def test_limits_count_who_is_behind_the_proxy(site: Site) -> None:
    with contextlib.ExitStack() as stack:
        for host in ("127.0.0.3", "127.0.0.3", "127.0.0.4", "127.0.0.4"):
            stack.enter_context(contextlib.closing(site.client(host)))
        with pytest.raises(ftplib.error_temp, match="Too many connections from your address"):
            site.client("127.0.0.3")


def test_nobody_else_gets_the_data(site: Site) -> None:
    with contextlib.closing(site.client("127.0.0.3")) as ftp:
        ftp.storbinary("STOR file", io.BytesIO(b"mine"))
        host, port = ftp.makepasv()
        assert host == "127.0.0.1"  # the proxy's
        with socket.create_connection((host, port), PATIENCE, ("127.0.0.5", 0)) as thief:
            ftp.sendcmd("TYPE I")
            ftp.putcmd("RETR file")
            assert thief.recv(100) == b""
