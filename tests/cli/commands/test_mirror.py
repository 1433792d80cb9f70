"""anyftp mirror against anyftp serve, as a user runs it."""

from __future__ import annotations

import json
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
    assert "one of the two must be a URL" in found.stderr


def test_failures(url: str, there: Path, tmp_path: Path) -> None:
    missing = str(tmp_path / "missing")
    assert_failed(run("mirror", missing, url), "No such file")
    assert_failed(run("mirror", "--delete", f"{url}/missing", str(tmp_path)), "missing")
    assert run("mirror", "ftp://me:secret@[", missing).returncode == 2
    (tmp_path / "copy" / "a.txt").mkdir(parents=True)
    assert_failed(run("mirror", url, str(tmp_path / "copy")), "a.txt is a folder")
    assert_failed(run("mirror", "--verify", url, str(tmp_path / "copy")), "a.txt is a folder")
    assert content(there) == FILES


def test_a_limit_of_what_is_deleted(url: str, there: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    copy.mkdir()
    for name in ("x", "y", "z"):
        (copy / name).touch()
    for most in ("2", "50%", "0"):
        refused = run("mirror", "--delete", "--max-delete", most, url, str(copy))
        assert refused.returncode not in (0, 2)
        assert refused.stderr.count("\n") == 1
        assert set(content(copy)) == {"x", "y", "z"}
    assert_succeeded(run("mirror", "--delete", "--max-delete", "3", url, str(copy)))
    assert content(copy) == FILES
    for most in ("-1", "x", "101%", "5%x", ""):
        assert run("mirror", "--max-delete", most, url, str(copy)).returncode == 2


def test_an_empty_source(url: str, there: Path, tmp_path: Path) -> None:
    empty = tmp_path / "empty"
    empty.mkdir()
    assert_failed(run("mirror", "--delete", str(empty), url), "")
    assert content(there) == FILES
    assert_succeeded(run("mirror", "--delete", "--allow-empty", str(empty), url))
    assert content(there) == {}


class TestPlans:
    @pytest.fixture
    def copy(self, tmp_path: Path) -> Path:
        copy = tmp_path / "copy"
        copy.mkdir()
        (copy / "a.txt").write_bytes(b"other")
        (copy / "mine").write_bytes(b"M")
        return copy

    def plan(self, url: str, copy: Path, tmp_path: Path) -> str:
        printed = run("mirror", "--delete", "--print-plan", url, str(copy))
        assert_succeeded(printed)
        assert json.loads(printed.stdout) == {
            "make": ["d"],
            "transfer": ["d/b.bin"],
            "replace": ["a.txt"],
            "delete": ["mine"],
            "unchanged": [],
            "skipped": [],
            "sizes": {"a.txt": 1, "d/b.bin": 1000},
        }
        (tmp_path / "plan.json").write_text(printed.stdout)
        return str(tmp_path / "plan.json")

    def test_what_was_shown_is_done(self, url: str, copy: Path, tmp_path: Path) -> None:
        plan = self.plan(url, copy, tmp_path)
        assert_succeeded(run("mirror", "--delete", "--plan", plan, url, str(copy)))
        assert content(copy) == FILES

    @pytest.mark.parametrize(
        ("change", "reason"),
        [
            (("there", "new"), "would transfer new"),
            (("copy", "more"), "would delete more"),
            (("copy", "-mine"), "no longer delete mine"),
            (("there", "-d/b.bin"), "no longer transfer d/b.bin"),
        ],
    )
    def test_what_has_changed_since_stops_it(
        self,
        change: tuple[str, str],
        reason: str,
        url: str,
        there: Path,
        copy: Path,
        tmp_path: Path,
    ) -> None:
        plan = self.plan(url, copy, tmp_path)
        folder = there if change[0] == "there" else copy
        if change[1].startswith("-"):
            (folder / change[1][1:]).unlink()
        else:
            (folder / change[1]).touch()
        before = content(copy)
        assert_failed(run("mirror", "--delete", "--plan", plan, url, str(copy)), reason)
        assert content(copy) == before

    def test_without_delete_it_is_another_plan(self, url: str, copy: Path, tmp_path: Path) -> None:
        plan = self.plan(url, copy, tmp_path)
        assert_failed(run("mirror", "--plan", plan, url, str(copy)), "no longer delete mine")

    def test_bad_files(self, url: str, copy: Path, tmp_path: Path) -> None:
        for text in ("", "[]", "{}", '{"make": 1}', "1"):
            (tmp_path / "bad").write_text(text)
            bad = run("mirror", "--plan", str(tmp_path / "bad"), url, str(copy))
            assert (bad.returncode, bad.stderr.count("\n")) == (2, 1), text
        assert_failed(run("mirror", "--plan", "/missing", url, str(copy)), "/missing", 26)
        both = run("mirror", "-n", "--plan", self.plan(url, copy, tmp_path), url, str(copy))
        assert both.returncode == 2


def test_json(url: str, tmp_path: Path) -> None:
    plan = json.loads(run("mirror", "-n", "--json", url, str(tmp_path / "new")).stdout)
    assert plan["transfer"] == ["a.txt", "d/b.bin"]
    report = json.loads(run("mirror", "--json", url, str(tmp_path / "new")).stdout)
    assert (report["files"], report["nbytes"]) == (2, 1001)


def test_what_fails_is_told_and_stops_nothing(url: str, there: Path, tmp_path: Path) -> None:
    """A folder is in the way of a file."""
    (tmp_path / "copies" / there.name / "a.txt").mkdir(parents=True)
    found = run("get", f"{url}/", str(tmp_path / "copies"))
    [line] = found.stderr.splitlines()
    assert found.returncode == 23
    assert "a.txt" in line
    assert content(tmp_path / "copies") == {f"{there.name}/d/b.bin": FILES["d/b.bin"]}
