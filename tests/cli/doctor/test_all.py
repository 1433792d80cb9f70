"""All checks of a good server."""

from pathlib import Path

import pytest

from cli.doctor.asking import findings


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
def test_a_good_server(url: str, root: Path, backend: str) -> None:
    done, found = findings("--write", "--backend", backend, f"ftp://{url}")
    assert (done.returncode, done.stderr) == (0, "")
    for about in (
        *("IPv4", "greeting", "login", "features", "EPSV", "PASV", "active", "listing", "names"),
        *("resume down", "resume up", "clock", "round trip", "connections", "rate up"),
    ):
        assert found[about][0] == "ok", (about, found[about])
    assert found["rate down"][0] in ("ok", "note")
    assert found["TLS"] == ("note", "none")
    assert [path.name for path in root.iterdir()] == ["file"]
