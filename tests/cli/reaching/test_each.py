"""Several things at once: a failure stops no other, and no result takes another's place."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from anyftp._cli._ending._status import Status
from cli.running import Run, assert_failed, assert_succeeded, run
from support.serving import anyftp_serve


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, str]]:
    root = tmp_path_factory.mktemp("root")
    with anyftp_serve(root, "--user", "me:secret") as port:
        yield root, f"ftp://me:secret@127.0.0.1:{port}"


@pytest.fixture
def place(server: tuple[Path, str]) -> tuple[Path, str]:
    """A folder of this test alone on the server, and its URL."""
    root, url = server
    folder = Path(tempfile.mkdtemp(dir=root))
    return folder, f"{url}/{folder.name}"


def fill(folder: Path, *names: str) -> None:
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(name)


def tree(folder: Path) -> dict[str, str]:
    files = (path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_text() for path in files}


@pytest.mark.parametrize(
    "arguments",
    [
        ["cat", "U/[abc]"],
        ["cat", "U/a", "U/b", "U/c"],
        ["head", "U/[abc]"],
        ["tail", "U/[abc]"],
        ["tail", "-c", "9", "U/[abc]"],
        ["rm", "U/[abc]"],
        ["rm", "U/a", "U/b", "U/c"],
        ["mv", "U/[abc]", "U/into/"],
        ["mv", "U/a", "U/b", "U/c", "U/into"],
        ["get", "U/[abc]", "into"],
        ["get", "U/a", "U/b", "U/c", "into"],
        ["shell", "U", "-c", "cat [abc]"],
        ["shell", "U", "-c", "cat a b c"],
        ["shell", "U", "-c", "rm [abc]"],
        ["shell", "U", "-c", "mget [abc] -o into"],
    ],
)
def test_a_failure_stops_no_other(
    arguments: list[str], place: tuple[Path, str], tmp_path: Path
) -> None:
    folder, url = place
    fill(folder, "a", "b/in the way", "c", "into/b/in the way")  # b is a folder
    fill(tmp_path, "into/b/in the way/deeper")  # and a file may not become one
    process = run(*(word.replace("U", url, 1) for word in arguments), cwd=tmp_path)
    assert process.stderr.count("\n") == 1, process.stderr
    assert process.returncode not in (0, Status.USAGE)
    assert done(process, folder, tmp_path) == {"a", "c"}


def done(process: Run, folder: Path, here: Path) -> set[str]:
    """Of which files something was made: printed, removed, moved or fetched."""
    if process.stdout:
        return set(process.stdout)
    fetched = {name for name in ("a", "c") if (here / "into" / name).is_file()}
    return fetched or {name for name in ("a", "c") if not (folder / name).exists()}


def test_uploads_a_failure_stops_no_other(place: tuple[Path, str], tmp_path: Path) -> None:
    folder, url = place
    fill(tmp_path, "a", "b", "c")
    fill(folder, "b/in the way")
    process = run("put", "a", "b", "c", f"{url}/", cwd=tmp_path)
    assert process.stderr.count("\n") == 1, process.stderr
    assert process.returncode not in (0, Status.USAGE)
    assert tree(folder) == {"a": "a", "b/in the way": "b/in the way", "c": "c"}


@pytest.mark.parametrize(
    ("arguments", "kept", "refused"),
    [
        (["get", "U/[12]/f", "H/into"], "1/f", "2/f"),
        (["get", "U/2/f", "U/1/f", "H/into"], "2/f", "1/f"),
        (["get", "U/*/f", "-o", "H/into"], "1/f", "2/f"),
        (["put", "H/1/f", "H/2/f", "U/into"], "1/f", "2/f"),
        (["put", "H/[12]/f", "U/into/"], "1/f", "2/f"),
        (["mv", "U/[12]/f", "U/into/"], "1/f", "2/f"),
        (["mv", "U/2/f", "U/1/f", "U/into/"], "2/f", "1/f"),
        (["shell", "U", "-c", "mget */f -o H/into"], "1/f", "2/f"),
        (["shell", "U", "-c", "mput H/1/f H/2/f -o into"], "1/f", "2/f"),
    ],
)
def test_no_result_takes_the_place_of_another(
    arguments: list[str], kept: str, refused: str, place: tuple[Path, str], tmp_path: Path
) -> None:
    folder, url = place
    for side in (folder, tmp_path):
        fill(side, "1/f", "2/f")
        (side / "into").mkdir()
    words = [word.replace("U", url, 1).replace("H/", f"{tmp_path}/") for word in arguments]
    process = run(*words)
    assert_failed(process, f"{refused}: it would replace ", Status.FAILED)
    assert kept in process.stderr
    side = tmp_path if "get" in arguments[0] or "mget" in arguments[-1] else folder
    assert tree(side)["into/f"] == kept
    assert tree(side if arguments[0] == "mv" else folder)[refused] == refused  # it is still there


def test_the_same_thing_named_twice_is_no_other(place: tuple[Path, str], tmp_path: Path) -> None:
    folder, url = place
    fill(folder, "1/f", "g")
    assert_succeeded(run("get", f"{url}/1/f", f"{url}/*/f", f"{url}/g", f"{tmp_path}/"))
    assert tree(tmp_path) == {"f": "1/f", "g": "g"}


def test_a_name_with_wild_letters_for_something_new(place: tuple[Path, str]) -> None:
    folder, url = place
    fill(folder, "a", "b")
    assert_succeeded(run("put", f"{folder}/a", f"{url}/[ab]"))
    assert_succeeded(run("mkdir", f"{url}/new*"))
    assert tree(folder) == {"a": "a", "b": "b", "[ab]": "a"}
    assert (folder / "new*").is_dir()


@pytest.mark.parametrize("command", ["get", "put", "rm"])
def test_a_server_that_lets_us_not_in_is_asked_once(command: str, tmp_path: Path) -> None:
    fill(tmp_path, *"abc")
    with anyftp_serve(tmp_path, "--user", "me:secret") as port:
        url = f"ftp://me:wrong@127.0.0.1:{port}"
        words = ["a", "b", "c", url] if command == "put" else [f"{url}/{name}" for name in "abc"]
        process = run(command, *words, cwd=tmp_path)
    assert_failed(process, "the server refused the login", Status.LOGIN)
