"""The servers we test against do work here: curl, which nobody doubts, uses each of them.

When one of these fails the fault is not ours; look at the other interop tests only after that.
"""

from __future__ import annotations

import shutil
import subprocess

import pytest

from interop.daemons import NAMES, TLS, StartDaemon

pytestmark = pytest.mark.interop


@pytest.mark.parametrize("tls", ["off", "explicit", "implicit"])
@pytest.mark.parametrize("name", NAMES)
def test_curl_lists_and_uploads(ftp_daemon: StartDaemon, name: str, tls: TLS) -> None:
    curl = shutil.which("curl")
    if curl is None:
        pytest.skip("no curl on this machine")
    # TLS 1.2: curl closes with session tickets unread, which is a reset in TLS 1.3, and vsftpd
    # then reports a failure at random.
    wanted: dict[str, object] = {} if tls == "off" else {"newest_tls": "1.2"}
    if tls != "off" and name in {"vsftpd", "proftpd"}:
        wanted["reuse"] = True
    daemon = ftp_daemon(name, tls=tls, **wanted)
    local, remote = daemon.folder()
    url = f"{'ftps' if tls == 'implicit' else 'ftp'}://{daemon.host}:{daemon.port}{remote}/"
    command = [curl, "-sS", "--max-time", "15", "--user", f"{daemon.user}:{daemon.password}"]
    if tls != "off":
        command += ["--ssl-reqd", "--cacert", str(daemon.setup.certificate.authority)]
    subprocess.run([*command, "-T", "-", url + "new.bin"], input=b"x" * 100_000, check=True)
    listing = subprocess.run([*command, url], check=True, capture_output=True, text=True).stdout
    assert "new.bin" in listing
    assert (local / "new.bin").read_bytes() == b"x" * 100_000
