"""Going on with parts that curl, wget and lftp have left under a file's own name."""

import contextlib
import json
import os
import signal
import socket
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from cli.running import PATIENCE, assert_succeeded, command, environment, run, start, wait_for
from support.serving import anyftp_serve

DATA = os.urandom(300_000)


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    root = tmp_path_factory.mktemp("root")
    (root / "big").write_bytes(DATA)
    os.utime(root / "big", (1_600_000_000, 1_600_000_000))
    with anyftp_serve(root) as port:
        yield f"ftp://127.0.0.1:{port}"


@pytest.mark.parametrize("size", [1, 4096, 5000, 299_999])
def test_are_completed(url: str, tmp_path: Path, size: int) -> None:
    (tmp_path / "big").write_bytes(DATA[:size])
    inode = (tmp_path / "big").stat().st_ino
    process = run("get", "--resume", "--json", f"{url}/big", cwd=tmp_path)
    assert (tmp_path / "big").read_bytes() == DATA
    assert (tmp_path / "big").stat().st_ino == inode
    assert json.loads(process.stdout)["nbytes"] == 300_000 - size


@pytest.mark.parametrize(
    "content",
    [b"", b"other", DATA[:4999] + b"!", DATA + b"more", bytes(300_000)],
    ids=["empty", "other", "other-end", "longer", "as-long-and-old"],
)
def test_others_are_replaced(url: str, tmp_path: Path, content: bytes) -> None:
    (tmp_path / "big").write_bytes(content)
    os.utime(tmp_path / "big", (1, 1))
    assert_succeeded(run("get", "--resume", f"{url}/big", cwd=tmp_path))
    assert (tmp_path / "big").read_bytes() == DATA


@pytest.mark.parametrize("size", [0, 5000])
def test_times_are_kept_of_parts_too(url: str, tmp_path: Path, size: int) -> None:
    (tmp_path / "big").write_bytes(DATA[:size])
    assert_succeeded(run("get", "--resume", "--keep-times", f"{url}/big", cwd=tmp_path))
    assert (tmp_path / "big").read_bytes() == DATA
    assert int((tmp_path / "big").stat().st_mtime) == 1_600_000_000


def test_a_disk_that_is_full_is_told_with_the_file(url: str, tmp_path: Path) -> None:
    (tmp_path / "big").write_bytes(DATA[:5000])
    arguments = command(["get", "--resume", f"{url}/big"])
    done = subprocess.run(
        ["sh", "-c", 'ulimit -f 200; exec "$@"', "sh", *arguments],
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
        env=environment(),
        cwd=tmp_path,
    )
    assert (done.returncode, done.stderr) == (23, "anyftp: big: File too large\n")
    assert DATA.startswith((tmp_path / "big").read_bytes())


def test_not_without_being_asked(url: str, tmp_path: Path) -> None:
    (tmp_path / "big").write_bytes(DATA[:5000])
    process = run("get", "--json", f"{url}/big", cwd=tmp_path)
    assert json.loads(process.stdout)["nbytes"] == 300_000


def test_a_server_that_begins_at_the_beginning(tmp_path: Path) -> None:
    """REST is answered, and not heeded: the tail does not fit, and all is fetched."""
    (tmp_path / "big").write_bytes(DATA[:5000])
    with deaf_to_rest(DATA) as port:
        run("get", "--resume", f"ftp://127.0.0.1:{port}/big", cwd=tmp_path)
    assert (tmp_path / "big").read_bytes() == DATA


def test_what_was_interrupted_goes_on(tmp_path: Path) -> None:
    served, here = tmp_path / "served", tmp_path / "here"
    served.mkdir()
    here.mkdir()
    (served / "big").write_bytes(DATA)
    with anyftp_serve(served) as port:
        arguments = ("get", "-c", f"ftp://127.0.0.1:{port}/big")
        with start(*arguments, "--limit-rate", "100K", cwd=here) as process:
            wait_for(lambda: any(path.stat().st_size > 50_000 for path in here.iterdir()))
            process.send_signal(signal.SIGINT)
            _, errors = process.communicate(timeout=PATIENCE)
        assert (process.returncode, errors) == (
            130,
            "anyftp: interrupted; the same command goes on\n",
        )
        again = run(*arguments, "--json", cwd=here)
    assert json.loads(again.stdout)["nbytes"] < 270_000
    assert (here / "big").read_bytes() == DATA


class deaf_to_rest:
    """A server that says 350 to REST and sends everything."""

    def __init__(self, data: bytes) -> None:
        self._data = data

    def __enter__(self) -> int:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._thread = threading.Thread(target=self._serve_all)
        self._thread.start()
        port: int = self._listener.getsockname()[1]
        return port

    def __exit__(self, *error: object) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join(PATIENCE)

    def _serve_all(self) -> None:
        with contextlib.suppress(OSError):  # the client goes without a word
            while True:
                self._serve()

    def _serve(self) -> None:
        connection, _ = self._listener.accept()
        replies = {"USER": "230 in", "TYPE": "200 ok", "REST": "350 ok", "QUIT": "221 bye"}
        replies |= {"SIZE": f"213 {len(self._data)}", "MDTM": "213 20200101000000"}
        replies |= {"ABOR": "226 ok", "PWD": '257 "/"'}
        with connection, socket.create_server(("127.0.0.1", 0)) as data:
            connection.settimeout(PATIENCE)
            data.settimeout(PATIENCE)
            connection.sendall(b"220 ready\r\n")
            for line in connection.makefile("rb"):
                verb = line.split()[0].decode().upper()
                if verb == "EPSV":
                    number = data.getsockname()[1]
                    connection.sendall(f"229 ok (|||{number}|)\r\n".encode())
                elif verb == "RETR":
                    connection.sendall(b"150 here\r\n")
                    self._send(data)
                    connection.sendall(b"226 sent\r\n")
                else:
                    connection.sendall(f"{replies.get(verb, '502 what?')}\r\n".encode())

    def _send(self, listener: socket.socket) -> None:
        stream, _ = listener.accept()
        with stream, contextlib.suppress(OSError):  # it is left in the middle
            stream.sendall(self._data)
