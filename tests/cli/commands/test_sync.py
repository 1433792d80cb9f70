"""anyftp sync against anyftp serve, as a user runs it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from cli.commands.test_mirror import content
from cli.running import assert_failed, assert_succeeded, run
from support.serving import anyftp_serve


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, str]]:
    """A folder, and the URL of a server of it."""
    root = tmp_path_factory.mktemp("root")
    with anyftp_serve(root, "--user", "me:secret") as port:
        yield root, f"ftp://me:secret@127.0.0.1:{port}"


@pytest.fixture
def there(server: tuple[Path, str], tmp_path: Path) -> Path:
    return server[0] / tmp_path.name


@pytest.fixture
def url(server: tuple[Path, str], there: Path) -> str:
    return f"{server[1]}/{there.name}"


@pytest.fixture
def here(tmp_path: Path) -> Path:
    folder = tmp_path / "here"
    folder.mkdir()
    (folder / "a").write_text("A")
    (folder / "z").write_text("Z")
    return folder


@pytest.fixture(autouse=True)
def _state_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))


@pytest.mark.parametrize("backend", ["asyncio", "uvloop", "trio"])
def test_both_ways(url: str, here: Path, there: Path, backend: str) -> None:
    options = ("--backend", backend, "-j", "2")
    assert_succeeded(run("sync", *options, str(here), url))
    (there / "b").write_text("B")
    (here / "a").unlink()
    assert_succeeded(run("sync", *options, url, str(here)))  # in either order
    assert content(here) == content(there) == {"b": b"B", "z": b"Z"}


def test_a_conflict_is_told(url: str, here: Path, there: Path) -> None:
    run("sync", str(here), url)
    (here / "a").write_text("ours")
    (there / "a").write_text("the other")
    shown = run("sync", "-n", str(here), url)
    assert shown.stdout == "keep both\ta\ta.conflict\ndownload\ta.conflict\nupload\ta\n"
    found = run("sync", str(here), url)
    assert found.stderr == ("anyftp: changed on both sides, and kept twice: a, and as a.conflict\n")
    assert content(here) == content(there) == {"a": b"ours", "a.conflict": b"the other", "z": b"Z"}


def test_json(url: str, here: Path, tmp_path: Path) -> None:
    state = tmp_path / "mine.json"
    shown = json.loads(run("sync", "-n", "--json", "--state", str(state), str(here), url).stdout)
    assert shown["plan"]["upload"] == ["a", "z"]
    assert "transfer" not in shown
    assert not state.exists()
    done = json.loads(run("sync", "--json", "--state", str(state), str(here), url).stdout)
    assert done["plan"] == shown["plan"]
    assert done["transfer"]["files"] == 2
    assert done["state"] == str(state)
    assert state.exists()


def test_each_pair_has_a_state_of_its_own(url: str, here: Path, tmp_path: Path) -> None:
    run("sync", str(here), url)
    run("sync", str(here), f"{url}/below")
    assert len(list((tmp_path / "state" / "anyftp" / "sync").glob("*.json"))) == 2


def test_nothing_is_deleted_for_an_empty_folder(url: str, here: Path, there: Path) -> None:
    run("sync", str(here), url)
    (here / "a").unlink()
    (here / "z").unlink()
    assert_failed(run("sync", str(here), url), "nothing in it")
    assert_failed(run("sync", "--allow-empty", "--max-delete", "0", str(here), url), "max_delete=0")
    assert content(there) == {"a": b"A", "z": b"Z"}
    assert_succeeded(run("sync", "--allow-empty", str(here), url))
    assert content(there) == {}


@pytest.mark.parametrize("words", [("here", "there"), ("ftp://a/", "ftp://b/"), ("here",)])
def test_wrong_lines(words: tuple[str, ...]) -> None:
    assert run("sync", *words).returncode == 2
