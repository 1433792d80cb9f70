"""rm, mv, mkdir and chmod."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from anyftp._cli._ending._status import Status
from cli.running import Run, run
from support.serving import anyftp_serve


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, str]]:
    root = tmp_path_factory.mktemp("root")
    with anyftp_serve(root, "--user", "me:secret", "--anonymous") as port:
        yield root, f"127.0.0.1:{port}"


@pytest.fixture
def there(server: tuple[Path, str], tmp_path: Path) -> Path:
    root = server[0] / tmp_path.name
    for name in ("a.txt", "b.txt", "x[1]", "d/c.txt", "e/"):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        if name.endswith("/"):
            (root / name).mkdir()
        else:
            (root / name).write_text(name)
    return root


@pytest.fixture
def url(server: tuple[Path, str], there: Path) -> str:
    return f"ftp://me:secret@{server[1]}/{there.name}"


def tree(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*")}


def do(url: str, there: Path, *words: str) -> tuple[Run, set[str]]:
    """Run a command, with U for the URL of the folder; also tells what has gone and come."""
    before = tree(there)
    done = run(*(word.replace("U/", f"{url}/", 1) for word in words))
    return done, before ^ tree(there)


@pytest.mark.parametrize(
    ("words", "changed"),
    [
        (["rm", "U/a.txt"], {"a.txt"}),
        (["rm", "U/a.txt", "U/b.txt"], {"a.txt", "b.txt"}),
        (["rm", "U/*.txt"], {"a.txt", "b.txt"}),
        (["rm", "U/x[1]"], {"x[1]"}),
        (["rm", "-r", "U/d"], {"d", "d/c.txt"}),
        (["rm", "-r", "U/[de]"], {"d", "d/c.txt", "e"}),
        (["rm", "-f", "U/none", "U/a.txt"], {"a.txt"}),
        (["mv", "U/a.txt", "U/n.txt"], {"a.txt", "n.txt"}),
        (["mv", "U/a.txt", "U/e"], {"a.txt", "e/a.txt"}),
        (["mv", "U/a.txt", "U/e/"], {"a.txt", "e/a.txt"}),
        (["mv", "U/d", "U/e"], {"d", "d/c.txt", "e/d", "e/d/c.txt"}),
        (["mv", "U/a.txt", "U/b.txt", "U/e"], {"a.txt", "b.txt", "e/a.txt", "e/b.txt"}),
        (["mv", "U/?.txt", "U/e"], {"a.txt", "b.txt", "e/a.txt", "e/b.txt"}),
        (["mkdir", "U/n"], {"n"}),
        (["mkdir", "U/n", "U/n/m", "U/[k]"], {"n", "n/m", "[k]"}),
        (["mkdir", "-p", "U/n/m", "U/e"], {"n", "n/m"}),
    ],
)
def test_changes(words: list[str], changed: set[str], url: str, there: Path) -> None:
    done, found = do(url, there, *words)
    assert (done, found) == (Run(0, "", ""), changed)


@pytest.mark.parametrize(
    ("words", "status"),
    [
        (["rm", "U/none"], Status.NOT_FOUND),
        (["rm", "U/d"], Status.REFUSED),
        (["rm", "-f", "U/d"], Status.REFUSED),
        (["mv", "U/none", "U/n"], Status.NOT_FOUND),
        (["mv", "U/a.txt"], Status.USAGE),
        (["mv", "U/a.txt", "U/b.txt", "U/n"], Status.USAGE),
        (["mv", "U/a.txt", "ftp://elsewhere/b"], Status.USAGE),
        (["mkdir", "U/e"], Status.REFUSED),
        (["mkdir", "U/n/m"], Status.NOT_FOUND),
        (["chmod", "888", "U/a.txt"], Status.USAGE),
        (["chmod", "7", "U/a.txt"], Status.USAGE),
        (["chmod", "600", "U/none"], Status.NOT_FOUND),
    ],
)
def test_what_fails_changes_nothing(
    words: list[str], status: Status, url: str, there: Path
) -> None:
    done, changed = do(url, there, *words)
    assert (done.returncode, done.stdout, changed) == (status, "", set())
    assert done.stderr.count("\n") == (1 if status != Status.USAGE else done.stderr.count("\n"))


def test_a_path_for_a_destination(server: tuple[Path, str], url: str, there: Path) -> None:
    done, changed = do(url, there, "mv", "U/a.txt", f"/{there.name}/n.txt")
    assert (done.returncode, changed) == (0, {"a.txt", "n.txt"})


def test_modes(url: str, there: Path) -> None:
    assert do(url, there, "chmod", "600", "U/*.txt")[0] == Run(0, "", "")
    assert [(there / name).stat().st_mode & 0o777 for name in ("a.txt", "b.txt")] == [0o600] * 2


def test_who_may_not(server: tuple[Path, str], there: Path) -> None:
    url = f"ftp://{server[1]}/{there.name}"
    for words in (["rm", "U/a.txt"], ["mkdir", "U/n"], ["mv", "U/a.txt", "U/n"]):
        done, changed = do(url, there, *words)
        assert (done.returncode, changed) == (Status.DENIED, set())


def test_links_are_removed_and_not_what_they_lead_to(url: str, there: Path) -> None:
    (there / "link").symlink_to("d")
    assert do(url, there, "rm", "-r", "U/link")[1] == {"link"}
