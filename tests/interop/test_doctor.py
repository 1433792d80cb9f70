"""`anyftp doctor` on other programs' servers: nothing that works there is called broken."""

from __future__ import annotations

import json

import pytest

from cli.running import run
from interop.daemons import NAMES, TLS, StartDaemon

pytestmark = pytest.mark.interop

#: What these servers lack, by their own account.
LACKS = {
    "vsftpd": {"listing"},
}


@pytest.mark.parametrize("tls", ["off", "explicit"])
@pytest.mark.parametrize("name", NAMES)
def test_what_works_is_found_to_work(
    ftp_daemon: StartDaemon, name: str, tls: TLS, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("anyftp._cli._doctor._rates.RATE_SECONDS", 0.2)
    daemon = ftp_daemon(name, tls=tls)
    local, remote = daemon.folder()
    (local / "file").write_bytes(bytes(range(256)) * 2000)
    url = f"ftp://{daemon.user}:{daemon.password}@{daemon.host}:{daemon.port}{remote}/"
    options = (
        [] if tls == "off" else ["--tls", "--ca-file", str(daemon.setup.certificate.authority)]
    )
    done = run("doctor", "--write", "--json", *options, url)
    found = {one["about"]: one for one in json.loads(done.stdout)}
    assert not [one for one in found.values() if one["state"] == "bad"]
    assert done.returncode == 0
    for about in {"PASV", "listing", "resume down"} - LACKS.get(name, set()):
        assert found[about]["state"] == "ok", found[about]
    if tls != "off":
        assert found["certificate"]["told"] == "verifies"
    assert [path.name for path in local.iterdir()] == ["file"]
