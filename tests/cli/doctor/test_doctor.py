"""doctor: what it finds with a good server, and with servers that each lack something."""

import io
import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from rich.console import Console

from anyftp._cli._doctor._findings import Finding, print_findings
from cli.running import Run, answering, peer, run
from support.serving import anyftp_serve


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("root")
    (root / "file").write_bytes(bytes(range(256)) * 2000)
    return root


@pytest.fixture(scope="module")
def url(root: Path) -> Iterator[str]:
    with anyftp_serve(root, "--user", "me:secret", "--anonymous") as port:
        yield f"me:secret@127.0.0.1:{port}/"


def findings(*arguments: str) -> tuple[Run, dict[str, tuple[str, str]]]:
    """What it found about each thing, as state and words."""
    done = run("doctor", "--json", *arguments)
    found = json.loads(done.stdout)
    return done, {one["about"]: (one["state"], one["told"]) for one in found}


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("anyftp._cli._doctor._rates.RATE_SECONDS", 0.2)


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


def test_nothing_is_written_unless_asked(url: str) -> None:
    _, found = findings(f"ftp://{url}")
    for about in ("resume up", "clock", "rate up"):
        assert found[about][0] == "skipped"


def test_where_nothing_may_be_written(url: str) -> None:
    done, found = findings("--write", f"ftp://{url.partition('@')[2]}")
    assert done.returncode == 0
    assert found["writing"][0] == "note"
    assert found["rate up"][0] == "note"


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


def test_an_address_that_nat_has_mangled(root: Path) -> None:
    with anyftp_serve(root, "--passive-host", "10.1.2.3") as port:
        done, found = findings(f"ftp://127.0.0.1:{port}/")
    assert found["PASV"] == ("note", "names 10.1.2.3 (private), where 127.0.0.1 answers")
    assert found["EPSV"][0] == "ok"
    assert done.returncode == 0


def test_no_ftp_server() -> None:
    with peer(answering({}, "SSH-2.0-OpenSSH_9.2p1")) as port:
        done, found = findings("--timeout", "2", f"ftp://127.0.0.1:{port}/")
    assert done.returncode == 1
    assert found["greeting"][0] == "bad"


@pytest.mark.parametrize("width", [40, 80, 200])
def test_the_table_fits(width: int) -> None:
    output = io.StringIO()
    found = [Finding("resume down", "bad", "REST is ignored " * 8, "Whatever is cut begins anew.")]
    print_findings(Console(file=output, width=width), found)
    assert all(len(line) <= width for line in output.getvalue().splitlines())
    assert "BAD" in output.getvalue()
    assert "\x1b" not in output.getvalue()


def test_for_people(url: str) -> None:
    done = run("doctor", f"ftp://{url}")
    assert done.returncode == 0
    assert "MLSD: exact sizes and times" in done.stdout
