"""Standard input has one reader at a time, and none takes what is another's."""

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from cli.running import PATIENCE, assert_failed, command, environment, run_process
from support.halves import half
from support.serving import anyftp_serve

#: Around the sizes of the buffers of Python, pipes and our own blocks.
SIZES = (0, 1, 100, 8185, 8192, 65536, 262144, 1_000_000)


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, str]]:
    folder = tmp_path_factory.mktemp("served")
    with anyftp_serve(folder, "--user", "me:secret") as port:
        yield folder, f"ftp://me@127.0.0.1:{port}"


@half(size=SIZES, kind=["pipe", "file", "slow"])
def test_data_behind_a_password_come_whole(
    served: tuple[Path, str], tmp_path: Path, size: int, kind: str
) -> None:
    folder, url = served
    data = os.urandom(size)
    (tmp_path / "input").write_bytes(b"secret\n" + data)
    feed = {
        "pipe": 'cat input | "$@"',
        "file": '"$@" < input',
        "slow": '(head -c 3 input; sleep 0.2; tail -c +4 input) | "$@"',
    }[kind]
    arguments = command(["put", "-", f"{url}/{kind}{size}", "--password-stdin"])
    process = subprocess.run(
        ["sh", "-c", feed, "sh", *arguments],
        cwd=tmp_path,
        capture_output=True,
        timeout=PATIENCE,
        check=False,
        env=environment(),
    )
    assert (process.returncode, process.stderr) == (0, b"")
    assert (folder / f"{kind}{size}").read_bytes() == data


def test_each_command_of_a_script_takes_its_own_line(tmp_path: Path) -> None:
    """Nothing but one line is taken, so that the next command finds its own."""
    set_password = " ".join(command(["passwd", "users.toml"]))
    script = f"{{ {set_password} a --password-stdin; {set_password} b --password-stdin; cat; }}"
    process = subprocess.run(
        ["sh", "-c", script],
        input=b"one\ntwo\nthree\n",
        cwd=tmp_path,
        capture_output=True,
        timeout=PATIENCE,
        check=False,
        env=environment(),
    )
    assert (process.returncode, process.stdout, process.stderr) == (0, b"three\n", b"")
    assert (tmp_path / "users.toml").read_text().count("password") == 2


def test_a_line_without_end(served: tuple[Path, str]) -> None:
    _, url = served
    process = run_process("ls", f"{url}/", "--password-stdin", text="x" * 5000)
    assert_failed(process, "the password must be at most 4096 bytes")


def test_a_password_ends_with_its_line(served: tuple[Path, str]) -> None:
    _, url = served
    for text in ("secret", "secret\n", "secret\r\n", "secret\nmore"):
        assert run_process("ls", f"{url}/", "--password-stdin", text=text).returncode == 0


def test_standard_input_that_is_closed(served: tuple[Path, str]) -> None:
    _, url = served
    process = subprocess.run(
        ["sh", "-c", '"$@" <&-', "sh", *command(["ls", f"{url}/", "--password-stdin"])],
        capture_output=True,
        timeout=PATIENCE,
        check=False,
        env=environment(),
    )
    assert process.returncode == 26
    assert process.stderr.count(b"\n") == 1
