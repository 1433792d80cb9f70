"""get: several URLs, patterns, destinations as `cp -r` has them, parts of others, second tries."""

import json
import os
import stat
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from anyftp._cli._ending._status import Status
from cli.running import PATIENCE, assert_failed, assert_succeeded, run, start, wait_for
from support.serving import anyftp_serve

DATA = os.urandom(300_000)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, str]]:
    root = tmp_path_factory.mktemp("root")
    for name in ("a.txt", "b.txt", "c.bin", "x[1].txt", "sub/d.txt", "sub/deep/e.txt"):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(name)
    (root / "big").write_bytes(DATA)
    with anyftp_serve(root) as port:
        yield root, f"ftp://127.0.0.1:{port}"


@pytest.fixture
def url(server: tuple[Path, str]) -> str:
    return server[1]


def tree(folder: Path) -> list[str]:
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*"))


@pytest.mark.parametrize(
    ("arguments", "made"),
    [
        (["U/a.txt", "U/b.txt"], ["a.txt", "b.txt"]),
        (["U/a.txt", "U/b.txt", "new"], ["new", "new/a.txt", "new/b.txt"]),
        (["U/a.txt", "U/sub", "-o", "new/er"], None),
        (["-o", "new", "U/a.txt"], ["new"]),
        (["-o", "old", "U/a.txt"], ["old/a.txt"]),
        (["U/a.txt", "old/"], ["old/a.txt"]),
        (["U/*.txt"], ["a.txt", "b.txt", "x[1].txt"]),
        (["U/?.txt", "new"], ["new", "new/a.txt", "new/b.txt"]),
        (["U/[ab].txt"], ["a.txt", "b.txt"]),
        (["U/a*"], ["a.txt"]),
        (["U/a*", "name"], ["name"]),
        (["U/**/*.txt", "old"], ["old/a.txt", "old/b.txt", "old/d.txt", "old/e.txt"]),
        (["U/x[1].txt"], ["x[1].txt"]),
        (["U/x%5B1].txt"], ["x[1].txt"]),
        (["U/s*"], ["sub", "sub/d.txt", "sub/deep", "sub/deep/e.txt"]),
        (["U/sub", "new/"], ["new", "new/d.txt", "new/deep", "new/deep/e.txt"]),
        (["U/sub", "old/"], ["old/sub", "old/sub/d.txt", "old/sub/deep", "old/sub/deep/e.txt"]),
        (["U/sub", "new"], ["new", "new/d.txt", "new/deep", "new/deep/e.txt"]),
    ],
)
def test_where_things_go(
    arguments: list[str], made: list[str] | None, url: str, tmp_path: Path
) -> None:
    (tmp_path / "old").mkdir()
    assert_succeeded(run("get", *(word.replace("U", url, 1) for word in arguments), cwd=tmp_path))
    found = set(tree(tmp_path)) - {"old"}
    if made is None:
        assert {"new/er/a.txt", "new/er/sub/deep/e.txt"} <= found
    else:
        assert found - {"old/x[1].txt"} == set(made)


def test_a_file_makes_no_folder(url: str, tmp_path: Path) -> None:
    assert_failed(run("get", f"{url}/a.txt", "new/", cwd=tmp_path), "new/: there is no such folder")
    assert tree(tmp_path) == []


@pytest.mark.parametrize(
    "arguments",
    [
        ["U/a.txt", "-o", "U/b"],
        ["U/a.txt", "--output", "ftps://h/b"],
        ["a.txt", "U/b.txt"],
        ["a.txt"],
        ["U/a.txt", "b", "c"],
        ["-o", "x", "U/a.txt", "b"],
        ["U/"],
        ["U/a.txt", "U/"],
        ["U/a.txt", "U/a.txt", "-o", __file__],
    ],
)
def test_wrong_usage(arguments: list[str], url: str, tmp_path: Path) -> None:
    process = run("get", *(word.replace("U", url, 1) for word in arguments), cwd=tmp_path)
    assert process.returncode == 2, process.stderr
    assert tree(tmp_path) == []


@pytest.mark.skipif(sys.platform == "win32", reason="its devices are no files")
def test_to_a_device_or_a_pipe(url: str, tmp_path: Path) -> None:
    assert_succeeded(run("get", f"{url}/a.txt", "-o", os.devnull))
    assert stat.S_ISCHR(os.stat(os.devnull).st_mode)
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    with ThreadPoolExecutor() as threads:
        content = threads.submit(pipe.read_bytes)
        assert_succeeded(run("get", f"{url}/a.txt", f"{url}/a.txt", "-o", str(pipe)))
    assert content.result() == run("cat", f"{url}/a.txt").stdout.encode() * 2
    assert_failed(run("get", f"{url}/a.txt", "-o", "/dev/full"), "/dev/full: No space left", 23)


def test_a_failure_stops_no_other(url: str, tmp_path: Path) -> None:
    urls = [f"{url}/no", "ftp://127.0.0.1:1/x", f"{url}/a.txt", f"{url}/no*no", f"{url}/b.txt"]
    process = run("get", *urls, cwd=tmp_path)
    assert process.returncode == Status.NOT_FOUND  # the first one's
    lines = process.stderr.splitlines()
    assert [line.split(": ")[1] for line in lines] == [f"{url}/no", urls[1], f"{url}/no%2Ano"]
    assert tree(tmp_path) == ["a.txt", "b.txt"]


def test_one_connection_for_one_server(url: str, tmp_path: Path) -> None:
    process = run("get", "-v", f"{url}/a.txt", f"{url}/b.txt", cwd=tmp_path)
    assert process.stderr.count("> USER") == 1


def test_several_to_standard_output(url: str) -> None:
    process = run("get", f"{url}/a.txt", f"{url}/[b].txt", "-")
    assert (process.returncode, process.stdout) == (0, "a.txtb.txt")


def test_json(url: str, tmp_path: Path) -> None:
    process = run("get", "--json", f"{url}/a.txt", f"{url}/big", "new", cwd=tmp_path)
    found = json.loads(process.stdout)
    assert (found["files"], found["nbytes"]) == (2, 300_005)
    assert found["destinations"] == ["new/"]


def test_lost_connections_are_made_anew(tmp_path: Path) -> None:
    """The server goes in the middle, and is there again on the same port."""
    served, here = tmp_path / "served", tmp_path / "here"
    served.mkdir()
    here.mkdir()
    (served / "big").write_bytes(DATA)
    with start("serve", str(served), "--limit-rate", "100K") as server:
        assert server.stdout is not None
        url = server.stdout.readline().split()[1]
        port = url.rsplit(":", 1)[1].strip("/")
        # On a busy machine the new server is there later than the usual attempts take.
        with start("get", "-c", "--retry", "20", f"{url}big", cwd=here) as client:
            wait_for(lambda: any(path.stat().st_size > 70_000 for path in here.iterdir()))
            server.kill()
            server.wait()
            with start("serve", str(served), "--port", port) as again:
                _, errors = client.communicate(timeout=PATIENCE)
                again.terminate()
                again.communicate(timeout=PATIENCE)
        server.communicate()
    assert (client.returncode, errors) == (0, "")
    assert (here / "big").read_bytes() == DATA


@pytest.mark.wallclock
def test_a_host_that_is_mistyped_fails_at_once() -> None:
    with start("get", "--retry", "5", "ftp://127.0.0.1:1/x") as process:
        process.communicate(timeout=10)  # five pauses would take 15 s
    assert process.returncode == Status.NO_CONNECTION
