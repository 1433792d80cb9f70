"""cat, head and tail, against what their namesakes do with the same files."""

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from cli.running import PATIENCE, command, environment, run
from support.serving import anyftp_serve

FILES = {
    "empty": b"",
    "one": b"one\n",
    "cut": b"one\ntwo",
    "lines": b"".join(b"%d\n" % number for number in range(20)),
    "long": b"".join(b"line %d\n" % number for number in range(40_000)),
    "wide": b"x" * 200_000 + b"\n" + b"y" * 200_000 + b"\nz",
    "binary": bytes(range(256)) * 1000,
}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, str]]:
    root = tmp_path_factory.mktemp("root")
    for name, content in FILES.items():
        (root / name).write_bytes(content)
    with anyftp_serve(root) as port:
        yield root, f"ftp://127.0.0.1:{port}"


def output(*arguments: str) -> bytes:
    process = subprocess.run(
        command(arguments), capture_output=True, timeout=PATIENCE, check=True, env=environment()
    )
    assert process.stderr == b""
    return process.stdout


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("program", ["head", "tail"])
def test_as_their_namesakes(server: tuple[Path, str], name: str, program: str) -> None:
    root, url = server
    for options in ([], ["-n", "1"], ["-n", "0"], ["-n", "15000"], ["-c", "5"], ["-c", "300000"]):
        expected = subprocess.check_output([program, *options, name], cwd=root)
        found = run(program, *options, f"{url}/{name}")
        assert (found.returncode, found.stderr) == (0, "")
        assert found.stdout.encode("utf-8", "replace") == expected.decode(
            "utf-8", "replace"
        ).encode("utf-8"), options


@pytest.mark.parametrize("options", [["-n", "0"], ["-c", "0"], ["-n", "1"], ["-c", "1"]])
@pytest.mark.parametrize("program", ["head", "tail"])
def test_nothing_is_wanted_of_what_is_not_there(
    server: tuple[Path, str], program: str, options: list[str]
) -> None:
    assert run(program, *options, f"{server[1]}/none").returncode == 78


def test_bytes_are_kept(server: tuple[Path, str]) -> None:
    _, url = server
    assert output("cat", f"{url}/binary") == FILES["binary"]
    assert output("tail", "-c", "1K", f"{url}/binary") == FILES["binary"][-1024:]
    assert output("head", "-c", "1K", f"{url}/binary") == FILES["binary"][:1024]


def test_several_and_patterns(server: tuple[Path, str]) -> None:
    _, url = server
    assert run("cat", f"{url}/o*", f"{url}/cut").stdout == "one\none\ntwo"


def test_little_more_is_fetched_than_is_shown(tmp_path: Path) -> None:
    """Whatever the rate, the end of a large file is there at once: 8 MiB at 200 KiB/s are not."""
    with (tmp_path / "large").open("wb") as file:
        file.truncate(8 << 20)
        file.seek(0, 2)
        file.write(b"\nend\n")
    with anyftp_serve(tmp_path, "--limit-rate", "200K") as port:
        url = f"ftp://127.0.0.1:{port}/large"
        assert run("tail", "-n", "1", url).stdout == "end\n"
        assert run("tail", "-c", "4", url).stdout == "end\n"
        assert run("head", "-c", "10", url).stdout == "\0" * 10


def test_wrong_usage() -> None:
    for options in (["-n", "-1"], ["-n", "x"], ["-c", "-5"], ["-c", "x"]):
        assert run("head", *options, "ftp://127.0.0.1:1/x").returncode == 2


def test_a_failure_stops_no_other(server: tuple[Path, str]) -> None:
    _, url = server
    found = run("cat", f"{url}/none", f"{url}/one")
    assert (found.returncode, found.stdout, found.stderr.count("\n")) == (78, "one\n", 1)
