"""What goes wrong between the command and a server: one line each, and no partial file."""

import os
import select
import shutil
import signal
import socket
import stat
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from anyftp._cli._ending._status import Status
from cli.running import (
    PATIENCE,
    Handler,
    Run,
    answering,
    assert_failed,
    command,
    environment,
    peer,
    run,
    start,
    wait_for,
)
from support.depth import deep
from support.halves import half
from support.serving import anyftp_serve

BACKENDS = ("asyncio", "uvloop", "trio")


def silent(connection: socket.socket) -> None:
    """Accept, and never say a word."""
    connection.recv(1)


def no_server(connection: socket.socket) -> None:
    """Speak another protocol."""
    connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")
    connection.recv(1)


def endless_line(connection: socket.socket) -> None:
    """Send a line that never ends."""
    while True:
        connection.sendall(b"2" * 65536)


def endless_reply(connection: socket.socket) -> None:
    """Send a reply of ever more lines."""
    connection.sendall(b"220-\r\n")
    while True:
        connection.sendall(b"220-more\r\n" * 1000)


def hang_up(connection: socket.socket) -> None:
    """Close before the greeting."""


LOGIN = {"USER": "331 password?", "PASS": "230 welcome", "QUIT": "221 bye"}


@pytest.mark.parametrize(
    ("handler", "reason"),
    [
        (silent, "nothing within 1 s"),
        (no_server, "HTTP/1.1 400 Bad Request"),
        (endless_line, "8192"),
        (endless_reply, ""),
        (hang_up, "closed"),
        (answering({}, greeting="421 too busy"), "421 too busy"),
        (answering({}), "closed"),
        (answering({"USER": "530 go away"}), "the server refused the login: 530 go away"),
        (
            answering({"USER": "331 password?", "PASS": "530 no \x1b[2J"}),
            "the server refused the login: 530 no \\x1b[2J",
        ),
        (answering(LOGIN), "closed"),
    ],
)
def test_bad_servers(handler: Handler, reason: str, tmp_path: Path) -> None:
    with peer(handler) as port:
        process = run(
            *("get", "--retry", "0", "--timeout", "1", "--user", "me:sEcReT"),
            *(f"ftp://127.0.0.1:{port}/file", str(tmp_path)),
        )
    assert_failed(process, reason)
    assert f"ftp://127.0.0.1:{port}/file: " in process.stderr
    assert "sEcReT" not in process.stderr
    assert list(tmp_path.iterdir()) == []


def test_tls_refused_is_no_plain_text() -> None:
    with peer(answering({"AUTH": "500 what?", **LOGIN})) as port:
        process = run("ls", "--tls", f"ftp://127.0.0.1:{port}/")
    assert_failed(process, "500 what?")


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, str]]:
    folder = tmp_path_factory.mktemp("served")
    (folder / "big").write_bytes(bytes(8 << 20))
    with anyftp_serve(folder, "--user", "me:secret") as port:
        yield folder, f"ftp://me:secret@127.0.0.1:{port}"


def test_missing_remote_file(served: tuple[Path, str], tmp_path: Path) -> None:
    _, url = served
    process = run("get", f"{url}/missing", cwd=tmp_path)
    assert_failed(process, "550 ")
    assert list(tmp_path.iterdir()) == []


def test_missing_local_file(served: tuple[Path, str]) -> None:
    _, url = served
    process = run("put", "/missing", f"{url}/x")
    assert_failed(process, "/missing")


def test_missing_local_folder(served: tuple[Path, str], tmp_path: Path) -> None:
    _, url = served
    assert_failed(run("get", f"{url}/big", str(tmp_path / "no" / "file")), str(tmp_path / "no"))


def test_wrong_password(served: tuple[Path, str]) -> None:
    _, url = served
    process = run("ls", url.replace("secret", "sEcReT"))
    assert_failed(process, "the server refused the login: 530 ")
    assert "sEcReT" not in process.stderr


@half(backend=BACKENDS, options=[(), ("--limit-rate", "100M")])
def test_a_disk_that_is_full(
    served: tuple[Path, str], tmp_path: Path, backend: str, options: tuple[str, ...]
) -> None:
    """A limit on the size of files fails in the middle, as a full disk does."""
    _, url = served
    arguments = command(["get", "--backend", backend, *options, f"{url}/big", str(tmp_path)])
    completed = subprocess.run(
        ["sh", "-c", 'ulimit -f 1000; exec "$@"', "sh", *arguments],
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
        env=environment(),
    )
    process = Run(completed.returncode, completed.stdout, completed.stderr)
    assert_failed(process, f"{tmp_path / 'big'}: File too large")
    assert "ftp://" not in process.stderr
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_server_that_dies(tmp_path: Path, backend: str) -> None:
    folder, here = tmp_path / "served", tmp_path / "here"
    folder.mkdir()
    here.mkdir()
    (folder / "file").write_bytes(bytes(1 << 20))
    with start("serve", str(folder), "--limit-rate", "64K") as server:
        assert server.stdout is not None
        url = server.stdout.readline().split()[1]
        options = ("--retry", "1", "--backend", backend)
        with start("get", *options, f"{url}file", str(here)) as client:
            wait_for(lambda: any(here.iterdir()))
            server.kill()
            output, errors = client.communicate(timeout=PATIENCE)
        server.communicate()
    assert (client.returncode, output) == (Status.LOST, "")
    assert errors.startswith(f"anyftp: {url[:-1]}/file: ")
    assert "could not connect" not in errors
    assert errors.count("127.0.0.1") == 1
    assert errors.count("\n") == 1
    assert list(here.iterdir()) == []


@half(backend=BACKENDS, number=[signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_download_leaves_nothing(
    served: tuple[Path, str], tmp_path: Path, backend: str, number: int
) -> None:
    _, url = served
    with start(
        "get", "--limit-rate", "64K", "--backend", backend, f"{url}/big", str(tmp_path)
    ) as process:
        wait_for(lambda: any(tmp_path.iterdir()))
        process.send_signal(number)
        output, errors = process.communicate(timeout=PATIENCE)
    advice = "anyftp: interrupted; --continue would keep parts\n"
    assert (process.returncode, output, errors) == (128 + number, "", advice)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("backend", BACKENDS)
def test_an_interrupted_upload_leaves_nothing(
    served: tuple[Path, str], tmp_path: Path, backend: str
) -> None:
    folder, url = served
    source = tmp_path / "source"
    source.write_bytes(bytes(8 << 20))
    with start(
        "put", "--limit-rate", "64K", "--backend", backend, str(source), f"{url}/copy"
    ) as process:
        wait_for(lambda: len(list(folder.iterdir())) > 1)
        process.send_signal(signal.SIGINT)
        output, errors = process.communicate(timeout=PATIENCE)
    assert (process.returncode, output, errors) == (130, "", "anyftp: interrupted\n")
    wait_for(lambda: [path.name for path in folder.iterdir()] == ["big"])


def test_a_pipe_that_nobody_reads_is_waited_for(served: tuple[Path, str], tmp_path: Path) -> None:
    """And Ctrl-C ends that."""
    _, url = served
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    with subprocess.Popen(
        command(["get", f"{url}/big", str(pipe)]), stderr=subprocess.PIPE, env=environment()
    ) as process:
        with pytest.raises(subprocess.TimeoutExpired):
            process.wait(2)
        process.send_signal(signal.SIGINT)
        _, told = process.communicate(timeout=PATIENCE)
    assert (process.returncode, told) == (130, b"anyftp: interrupted\n")
    assert stat.S_ISFIFO(pipe.stat().st_mode)


#: Lines that write more than a pipe holds while they are connected. `long` has many names.
WRITING = [
    ["cat", "FILE"],
    ["shell", "LONG", "-c", "ls"],
    ["find", "LONG"],
    ["tree", "LONG"],
    ["stat", "LONG/*"],
    ["get", "FILE", "-"],
    ["head", "-n", "1", "FILE"],
    ["tail", "-c", "2M", "FILE"],
    ["get", "FILE", "PIPE"],
    ["shell", "LONG", "-c", "cat /big"],
    ["shell", "LONG", "-c", "find"],
    ["shell", "LONG", "-c", "mirror -n . none"],
]


@pytest.mark.parametrize("arguments", deep(WRITING[:3], WRITING))
def test_a_reader_that_has_stopped_reading(
    served: tuple[Path, str], arguments: list[str], tmp_path: Path
) -> None:
    """Nor does that hold up a signal: the first one ends it."""
    folder, url = served
    (folder / "long").mkdir(exist_ok=True)
    for number in range(1000):
        (folder / "long" / f"{number}{'n' * 150}").touch()
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    places = {"PIPE": str(pipe), "FILE": f"{url}/big", "LONG": f"{url}/long"}
    words = [f"{url}/long/*" if word == "LONG/*" else places.get(word, word) for word in arguments]
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    writer = os.open(pipe, os.O_WRONLY)
    with subprocess.Popen(
        command(words), stdout=writer, stderr=subprocess.PIPE, env=environment(), cwd=tmp_path
    ) as process:
        wait_for(lambda: not select.select([], [writer], [], 0)[1])  # it is full
        process.send_signal(signal.SIGTERM)
        _, told = process.communicate(timeout=PATIENCE)
    os.close(reader)
    os.close(writer)
    shutil.rmtree(folder / "long")
    assert (process.returncode, told) == (143, b"anyftp: interrupted\n")


def shell(line: str, *arguments: str, **environ: str) -> Run:
    """Run `anyftp` with arguments by a line of shell, where it is called "$@"."""
    completed = subprocess.run(
        ["sh", "-c", line, "sh", *command(arguments)],
        capture_output=True,
        timeout=PATIENCE,
        check=False,
        env={**environment(), **environ},
    )
    return Run(completed.returncode, completed.stdout.decode("latin-1"), completed.stderr.decode())


@half(
    arguments=[
        ["ls", "URL"],
        ["ls", "-l", "URL"],
        ["get", "FILE", "-"],
        ["mirror", "-n", "URL", "new"],
        ["find", "URL"],
        ["stat", "--json", "FILE"],
        ["tail", "-c", "10", "FILE"],
        ["shell", "URL", "-c", "ls"],
    ],
    fault=[("/dev/full", "No space left on"), ("&-", "Bad file descriptor")],
)
def test_output_that_cannot_be_written(
    served: tuple[Path, str], arguments: list[str], fault: tuple[str, str]
) -> None:
    output, reason = fault
    _, url = served
    places = {"URL": url, "FILE": f"{url}/big"}
    words = [places.get(word, word) for word in arguments]
    assert_failed(shell(f'"$@" >{output}', *words), reason)


@pytest.mark.parametrize(
    "arguments",
    [["tree", "URL"], ["cat", "FILE"], ["find", "-0", "URL"], ["shell", "URL", "-c", "ls; ls"]],
)
def test_a_reader_that_has_seen_enough(served: tuple[Path, str], arguments: list[str]) -> None:
    _, url = served
    words = [word.replace("URL", url).replace("FILE", f"{url}/big") for word in arguments]
    assert shell('"$@" | head -c 0', *words).stderr == ""


@pytest.mark.parametrize("arguments", [["--help"], ["get", "--help"]])
def test_help_that_cannot_be_written(arguments: list[str]) -> None:
    assert_failed(shell('"$@" >/dev/full', *arguments), "No space left on device")


@pytest.mark.parametrize("words", ["anyftp ge", "anyftp get --li"])
def test_a_completion_that_cannot_be_written(words: str) -> None:
    asked = f'_ANYFTP_COMPLETE=bash_complete COMP_WORDS="{words}" COMP_CWORD={words.count(" ")}'
    assert_failed(shell(f'{asked} "$@" >/dev/full'), "No space left on device")
    assert shell(f'{asked} "$@" | true').stderr == ""


def test_closed_standard_streams_are_no_sockets(served: tuple[Path, str], tmp_path: Path) -> None:
    """A socket that has the number of standard error must not get what is said there."""
    _, url = served
    copy = tmp_path / "copy"
    assert shell('"$@" <&- >&- 2>&-', "get", f"{url}/big", str(copy)).returncode == 0
    assert copy.stat().st_size == 8 << 20
    assert shell('"$@" <&- >&- 2>&-', "get", f"{url}/missing", str(copy)).returncode == 78


def test_a_terminal_that_cannot_show_a_name(tmp_path: Path) -> None:
    (tmp_path / "gr\u00fc\u00df").touch()
    with anyftp_serve(tmp_path) as port:
        cyrillic = {"PYTHONUTF8": "0", "PYTHONIOENCODING": "iso8859-5"}
        url = f"ftp://127.0.0.1:{port}/"
        planned = shell('"$@"', "mirror", "-n", url, str(tmp_path / "new"), **cyrillic)
        drawn = shell('"$@"', "tree", url, **cyrillic)
    assert planned == Run(0, "transfer\tgr\\xfc\\xdf\n", "")
    assert drawn == Run(0, ".\n`-- gr\\xfc\\xdf\n\n0 folders, 1 files\n", "")


def test_nothing_comes_in(served: tuple[Path, str]) -> None:
    """/dev/null can neither be waited for nor hold up a thread."""
    folder, url = served
    assert shell('"$@" </dev/null', "put", "-", f"{url}/nothing") == Run(0, "", "")
    assert (folder / "nothing").read_bytes() == b""
    (folder / "nothing").unlink()
