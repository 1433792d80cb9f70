"""anyftp mirror against anyftp serve, as a user runs it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from cli.running import assert_failed, assert_succeeded, run
from support.serving import anyftp_serve

FILES = {"a.txt": b"A", "d/b.bin": b"B" * 1000}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, str]]:
    """A folder, and the URL of a server of it."""
    root = tmp_path_factory.mktemp("root")
    with anyftp_serve(root, "--user", "me:secret") as port:
        yield root, f"ftp://me:secret@127.0.0.1:{port}"


@pytest.fixture
def there(server: tuple[Path, str], tmp_path: Path) -> Path:
    return fill(server[0] / tmp_path.name)


@pytest.fixture
def url(server: tuple[Path, str], there: Path) -> str:
    return f"{server[1]}/{there.name}"


def fill(folder: Path) -> Path:
    for name, data in FILES.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(data)
    return folder


def content(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


@pytest.mark.parametrize("backend", ["asyncio", "uvloop", "trio"])
def test_there_and_back(url: str, there: Path, tmp_path: Path, backend: str) -> None:
    copy = tmp_path / "copy"
    options = ["--backend", backend, "--jobs", "2"]
    assert_succeeded(run("mirror", *options, url, str(copy)))
    assert content(copy) == FILES
    (copy / "new").write_bytes(b"N")
    (copy / "a.txt").unlink()
    assert_succeeded(run("mirror", *options, str(copy), url))
    assert content(there) == FILES | {"new": b"N"}
    assert_succeeded(run("mirror", *options, "--delete", str(copy), url))
    assert content(there) == content(copy) == {"d/b.bin": FILES["d/b.bin"], "new": b"N"}


def test_a_dry_run_prints_what_would_be_done(url: str, there: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    copy.mkdir()
    (copy / "a.txt").write_bytes(b"other")
    (copy / "mine").write_bytes(b"M")
    found = run("mirror", "--dry-run", "--delete", url, str(copy))
    assert_succeeded(found)
    assert found.stdout == "make\td\ntransfer\td/b.bin\nreplace\ta.txt\ndelete\tmine\n"
    assert content(copy) == {"a.txt": b"other", "mine": b"M"}
    assert_succeeded(run("mirror", "--delete", url, str(copy)))
    again = run("mirror", "--dry-run", "--delete", url, str(copy))
    assert (again.returncode, again.stdout) == (0, "")


def test_patterns(url: str, tmp_path: Path) -> None:
    assert_succeeded(run("mirror", "--include", "*.txt", url, str(tmp_path / "texts")))
    assert content(tmp_path / "texts") == {"a.txt": b"A"}
    assert_succeeded(run("mirror", "--exclude", "d", "--exclude", "x", url, str(tmp_path / "top")))
    assert content(tmp_path / "top") == {"a.txt": b"A"}


def test_what_is_passed_over_is_named(url: str, there: Path, tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "out").symlink_to("/etc/hostname")
    found = run("mirror", str(tmp_path / "mine"), url)
    assert found.returncode == 0
    assert found.stderr == f"anyftp: passed over (1): {there.name}/out\n"


@pytest.mark.parametrize(
    ("source", "destination"),
    [
        pytest.param("here", "there", id="no-url"),
        pytest.param("ftp://a/b", "ftp://a/c", id="two-urls"),
    ],
)
def test_one_side_is_a_url(source: str, destination: str) -> None:
    found = run("mirror", source, destination)
    assert found.returncode == 2
    assert "one of SRC and DEST must be a URL" in found.stderr


def test_failures(url: str, there: Path, tmp_path: Path) -> None:
    missing = str(tmp_path / "missing")
    assert_failed(run("mirror", missing, url), "No such file")
    assert_failed(run("mirror", "--delete", f"{url}/missing", str(tmp_path)), "missing")
    assert run("mirror", "ftp://me:secret@[", missing).returncode == 2
    (tmp_path / "copy" / "a.txt").mkdir(parents=True)
    assert_failed(run("mirror", url, str(tmp_path / "copy")), "a.txt is a folder")
    assert_failed(run("mirror", "--verify", url, str(tmp_path / "copy")), "checksums")
    assert content(there) == FILES
