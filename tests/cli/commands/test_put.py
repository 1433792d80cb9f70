"""put: several sources, patterns, destinations as `cp -r` has them."""

import json
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from anyftp.testing import ServerThread
from cli.running import assert_failed, assert_succeeded, run, start, wait_for
from support.halves import half
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


def test_several_results_need_a_folder(url: str, there: Path, here: Path) -> None:
    (there / "file").write_text("mine", "utf-8")
    process = run("put", "a.txt", "b.txt", f"{url}/file", cwd=here)
    assert process.returncode == 2
    assert process.stderr.endswith("/file: several things need a folder to go to\n")
    assert (there / "file").read_text("utf-8") == "mine"


def test_json(url: str, here: Path) -> None:
    found = json.loads(run("put", "--json", "a.txt", "b.txt", f"{url}/old", cwd=here).stdout)
    assert (found["files"], found["nbytes"]) == (2, 10)
    assert "secret" not in str(found["destinations"])


@pytest.fixture
def in_place(tmp_path: Path) -> Iterator[tuple[Path, str]]:
    """A server that writes uploads under their own names from the first byte on; ours does not."""
    pytest.importorskip("pyftpdlib", reason="pyftpdlib is not installed")
    root = tmp_path / "in place"
    root.mkdir()
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    words = ["-m", "pyftpdlib", "-w", "-i", "127.0.0.1", "-p", str(port), "-d", str(root)]
    with subprocess.Popen([sys.executable, *words], stderr=subprocess.PIPE) as process:
        try:
            wait_for(lambda: _answers(port))
            yield root, f"ftp://127.0.0.1:{port}"
        finally:
            process.kill()


def _answers(port: int) -> bool:
    with socket.socket() as sock:
        return not sock.connect_ex(("127.0.0.1", port))


@half(
    options=[(), ("--atomic",), ("--in-place",)],
    number=[signal.SIGINT, signal.SIGTERM, signal.SIGKILL],
)
def test_what_is_interrupted_replaces_nothing(
    options: tuple[str, ...],
    number: signal.Signals,
    in_place: tuple[Path, str],
    here: Path,
) -> None:
    """A file is replaced by a whole one or not at all, however the command ends."""
    is_kept = "--in-place" not in options
    there, url = in_place
    (there / "a.txt").write_bytes(b"the old one")
    (here / "a.txt").write_bytes(bytes(4_000_000))
    command = ["put", "--limit-rate", "200K", *options, "a.txt", f"{url}/a.txt"]

    def is_moving() -> bool:
        return any(path.stat().st_size > 50_000 for path in there.iterdir())

    with start(*command, cwd=here) as process:
        try:
            wait_for(is_moving)
            process.send_signal(number)
            process.wait(20)
        finally:
            process.kill()
    content = (there / "a.txt").read_bytes()
    assert (content == b"the old one") == is_kept
    assert len(content) < 4_000_000
    if is_kept and number != signal.SIGKILL:
        wait_for(lambda: len(list(there.iterdir())) == 1)


@pytest.mark.parametrize("verb", ["RNFR", "RNTO"])
def test_a_server_that_does_not_rename_is_told_of(verb: str, here: Path) -> None:
    with ServerThread() as server:
        server.refuse(verb, times=None)
        process = run("put", "a.txt", f"{server.url}/a.txt", cwd=here)
        assert process.returncode == 0
        assert "written in place" in process.stderr
        assert server.get("a.txt") == b"a.txt"
        process = run("put", "--atomic", "a.txt", f"{server.url}/b.txt", cwd=here)
        assert process.returncode
        assert server.names() == ["a.txt"]
        assert "place" not in run("put", "--in-place", "a.txt", server.url, cwd=here).stderr
