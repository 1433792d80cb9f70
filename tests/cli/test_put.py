"""put: several sources, patterns, destinations as `cp -r` has them."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from cli.running import assert_failed, assert_succeeded, run
from support.serving import anyftp_serve


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, str]]:
    root = tmp_path_factory.mktemp("root")
    with anyftp_serve(root, "--user", "me:secret") as port:
        yield root, f"ftp://me:secret@127.0.0.1:{port}"


@pytest.fixture
def there(server: tuple[Path, str], tmp_path: Path) -> Path:
    root = server[0] / tmp_path.name
    (root / "old").mkdir(parents=True)
    return root


@pytest.fixture
def url(server: tuple[Path, str], there: Path) -> str:
    return f"{server[1]}/{there.name}"


@pytest.fixture
def here(tmp_path: Path) -> Path:
    path = tmp_path / "here"
    for name in ("a.txt", "b.txt", "x[1].txt", "sub/d.txt"):
        (path / name).parent.mkdir(parents=True, exist_ok=True)
        (path / name).write_text(name)
    return path


def tree(folder: Path) -> list[str]:
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*"))


@pytest.mark.parametrize(
    ("arguments", "made"),
    [
        (["a.txt", "b.txt", "U/old"], ["old/a.txt", "old/b.txt"]),
        (["a.txt", "b.txt", "U/new"], ["new", "new/a.txt", "new/b.txt"]),
        (["a.txt", "sub", "U/new/"], ["new", "new/a.txt", "new/sub", "new/sub/d.txt"]),
        (["*.txt", "U/old"], ["old/a.txt", "old/b.txt", "old/x[1].txt"]),
        (["x[1].txt", "U/"], ["x[1].txt"]),
        (["[a].txt", "U/"], ["a.txt"]),
        (["a.txt", "U/new"], ["new"]),
        (["a.txt", "U/old"], ["old/a.txt"]),
        (["sub", "U/new"], ["new", "new/d.txt"]),
        (["sub", "U/new/"], ["new", "new/d.txt"]),
        (["sub", "U/old/"], ["old/sub", "old/sub/d.txt"]),
        (["--atomic", "a.txt", "U/new"], ["new"]),
    ],
)
def test_where_things_go(
    arguments: list[str], made: list[str], url: str, there: Path, here: Path
) -> None:
    words = [word.replace("U", url, 1) for word in arguments]
    assert_succeeded(run("put", *words, cwd=here))
    assert set(tree(there)) - {"old"} == set(made)


def test_a_failure_stops_no_other(url: str, there: Path, here: Path) -> None:
    process = run("put", "a.txt", "missing", "b.txt", f"{url}/old", cwd=here)
    assert_failed(process, "missing: No such file", 26)
    assert tree(there) == ["old", "old/a.txt", "old/b.txt"]


@pytest.mark.parametrize(
    "arguments",
    [
        ["U/a", "U/b"],
        ["a.txt"],
        ["a.txt", "b.txt"],
        ["-", "a.txt", "U/b"],
        ["--atomic", "-", "U/b"],
        ["--atomic", "-c", "a.txt", "U/b"],
    ],
)
def test_wrong_usage(arguments: list[str], url: str, here: Path) -> None:
    process = run("put", *(word.replace("U", url, 1) for word in arguments), cwd=here)
    assert process.returncode == 2, process.stderr


def test_json(url: str, here: Path) -> None:
    found = json.loads(run("put", "--json", "a.txt", "b.txt", f"{url}/old", cwd=here).stdout)
    assert (found["files"], found["nbytes"]) == (2, 10)
    assert "secret" not in str(found["destinations"])
