"""`anyftp serve`: the line it prints, who may do what, and how it stops."""

import ftplib
import hashlib
import os
import re
import signal
import socket
import subprocess
import time
from pathlib import Path

import pytest

from cli.running import PATIENCE, assert_failed, assert_succeeded, run, start
from support.halves import half
from support.serving import anyftp_serve

BACKENDS = ("asyncio", "uvloop", "trio")


def announced(process: subprocess.Popen[str]) -> str:
    """The first line of standard output."""
    assert process.stdout is not None
    return process.stdout.readline()


@half(backend=BACKENDS, number=[signal.SIGINT, signal.SIGTERM])
def test_one_line_and_a_clean_end(tmp_path: Path, backend: str, number: int) -> None:
    with start("serve", str(tmp_path), "--backend", backend) as process:
        line = announced(process)
        found = re.fullmatch(r"serving ftp://127\.0\.0\.1:(\d+)/\n", line)
        assert found
        with socket.create_connection(("127.0.0.1", int(found[1])), PATIENCE) as connection:
            assert connection.recv(3) == b"220"
        process.send_signal(number)
        output, errors = process.communicate(timeout=PATIENCE)
    assert (process.returncode, output, errors) == (0, "", "")


def test_ipv6(tmp_path: Path) -> None:
    if not socket.has_ipv6 or not os.path.exists("/proc/net/if_inet6"):
        pytest.skip("no IPv6 here")
    with start("serve", str(tmp_path), "--host", "::1") as process:
        line = announced(process)
        assert re.fullmatch(r"serving ftp://\[::1\]:\d+/\n", line)
        assert_succeeded(run("ls", line.split()[1]))
        process.terminate()


def test_the_first_signal_lets_a_transfer_end(tmp_path: Path) -> None:
    """200 kB at 100 kB/s are under way when the signal comes, and arrive."""
    served, here = tmp_path / "served", tmp_path / "here"
    served.mkdir()
    here.mkdir()
    (served / "file").write_bytes(bytes(200_000))
    with start("serve", str(served), "--limit-rate", "100kB") as server:
        url = announced(server).split()[1]
        with start("get", f"{url}file", cwd=here) as client:
            wait_for_a_file(here)
            server.terminate()
            _, errors = client.communicate(timeout=PATIENCE)
        assert (client.returncode, errors) == (0, "")
        assert (here / "file").stat().st_size == 200_000
        _, errors = server.communicate(timeout=PATIENCE)
    assert server.returncode == 0
    assert errors.startswith("waiting for a transfer to end")


@pytest.mark.parametrize("backend", BACKENDS)
def test_the_second_signal_ends_at_once(tmp_path: Path, backend: str) -> None:
    served, here = tmp_path / "served", tmp_path / "here"
    served.mkdir()
    here.mkdir()
    (served / "file").write_bytes(bytes(10 << 20))
    with start("serve", str(served), "--limit-rate", "100K", "--backend", backend) as server:
        url = announced(server).split()[1]
        with start("get", f"{url}file", cwd=here) as client:
            wait_for_a_file(here)
            server.terminate()
            time.sleep(0.3)
            assert server.poll() is None
            server.terminate()
            _, errors = server.communicate(timeout=5)
            assert server.returncode == 143
            told, last = errors.splitlines()
            assert told.startswith("waiting for a transfer to end")
            assert last == "anyftp: interrupted"
            client.communicate(timeout=PATIENCE)
        assert client.returncode == 56
    assert list(here.iterdir()) == []


def wait_for_a_file(folder: Path) -> None:
    end = time.monotonic() + PATIENCE
    while not any(folder.iterdir()):
        assert time.monotonic() < end
        time.sleep(0.02)


@pytest.mark.parametrize(
    ("options", "login", "may_write"),
    [
        ((), "", False),
        (("--anonymous",), "", False),
        (("--anonymous-write",), "", True),
        (("--anonymous-write", "--read-only"), "", False),
        (("--user", "a:b"), "a:b@", True),
        (("--user", "a:b", "--read-only"), "a:b@", False),
        (("--user", "a:b", "--user", "c:d:e"), "c:d:e@", True),
        (("--user", "a:b", "--anonymous"), "", False),
        (("--user", "a:b", "--anonymous"), "a:b@", True),
    ],
)
def test_who_may_write(
    tmp_path: Path, options: tuple[str, ...], login: str, may_write: bool
) -> None:
    served, new = tmp_path / "served", tmp_path / "new"
    served.mkdir()
    (served / "old").write_bytes(b"old")
    new.write_bytes(b"new")
    with anyftp_serve(served, *options) as port:
        url = f"ftp://{login}127.0.0.1:{port}/"
        assert run("ls", url).stdout == "old\n"
        process = run("put", str(new), url)
    if may_write:
        assert_succeeded(process)
        assert (served / "new").read_bytes() == b"new"
    else:
        assert_failed(process, "5")
        assert [path.name for path in served.iterdir()] == ["old"]


def test_verbose(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"data")
    with start("serve", str(tmp_path), "--verbose", "--user", "a:sEcReT") as process:
        url = announced(process).split()[1].replace("ftp://", "ftp://a:sEcReT@")
        assert_succeeded(run("get", f"{url}file", "-"))
        process.terminate()
        _, errors = process.communicate(timeout=PATIENCE)
    assert re.search(r"a@127\.0\.0\.1: logged in\n", errors)
    assert re.search(r"RETR '/file': 226, 4 bytes", errors)
    assert "sEcReT" not in errors


def test_users_only(tmp_path: Path) -> None:
    with anyftp_serve(tmp_path, "--user", "a:b") as port:
        assert_failed(run("ls", f"ftp://127.0.0.1:{port}/"), "refused the login: 530")


def test_passive_ports(tmp_path: Path) -> None:
    # Below the ports that the system gives away, so that nobody else takes them meanwhile.
    with anyftp_serve(tmp_path, "--passive-ports", "23000-23099") as port:
        with socket.create_connection(("127.0.0.1", port), PATIENCE) as connection:
            lines = connection.makefile("rwb")
            for words in ("", "USER anonymous", "PASS x", "EPSV"):
                if words:
                    lines.write(f"{words}\r\n".encode())
                    lines.flush()
                reply = lines.readline().decode()
        assert re.search(r"\|\|\|230\d\d\|", reply)


def test_a_port_in_use(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        assert_failed(run("serve", str(tmp_path), "--port", port), f"127.0.0.1:{port}: ")


def test_no_folder(tmp_path: Path) -> None:
    missing, file = tmp_path / "missing", tmp_path / "file"
    file.touch()
    assert_failed(run("serve", str(missing)), str(missing))
    assert_failed(run("serve", str(file)), str(file))


def test_extensions(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"content")
    options = ["--user", "a:b", "--extension", "xmd5", "--extension", "mode z"]
    with anyftp_serve(tmp_path, *options) as port, ftplib.FTP() as ftp:
        ftp.connect("127.0.0.1", port, PATIENCE)
        ftp.login("a", "b")
        assert ftp.sendcmd("XMD5 file") == f"250 {hashlib.md5(b'content').hexdigest()}"
        assert ftp.sendcmd("MODE Z")[:3] == "200"
        with pytest.raises(ftplib.error_perm, match="500"):
            ftp.sendcmd("HASH file")
    for more in ([], ["--anonymous"]):
        with anyftp_serve(tmp_path, "--user", "a:b", *more) as port, ftplib.FTP() as ftp:
            ftp.connect("127.0.0.1", port, PATIENCE)
            assert ("HASH" in ftp.sendcmd("FEAT")) is (not more)
    refused = run("serve", str(tmp_path), "--extension", "nonsense")
    assert refused.returncode == 2
    assert "nonsense" in refused.stderr


def users_file(path: Path, name: str, password: str, *options: str) -> Path:
    arguments = ("passwd", str(path), name, "--password-stdin", *options)
    assert_succeeded(run(*arguments, text=f"{password}\n"))
    return path


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_file_of_users(tmp_path: Path, backend: str) -> None:
    served, new = tmp_path / "served", tmp_path / "new"
    (served / "bob").mkdir(parents=True)
    (served / "old").touch()
    new.touch()
    file = users_file(tmp_path / "users.toml", "alice", "wonder", "--read-only")
    with anyftp_serve(served, "--users", str(file), "--backend", backend) as port:
        alice, bob = (f"ftp://{login}@127.0.0.1:{port}/" for login in ("alice:wonder", "bob:b"))
        assert run("ls", alice).stdout == "bob\nold\n"
        assert_failed(run("put", str(new), alice), "5")
        users_file(file, "bob", "b", "--home", "/bob")
        assert_succeeded(run("put", str(new), bob))
        assert run("ls", bob).stdout == "new\n"
        assert (served / "bob" / "new").exists()
        assert_succeeded(run("passwd", str(file), "bob", "--delete"))
        assert_failed(run("ls", bob), "refused the login: 530")


def test_a_file_of_users_and_others(tmp_path: Path) -> None:
    file = users_file(tmp_path / "users.toml", "alice", "wonder")
    options = ("--users", str(file), "--user", "a:b", "--anonymous")
    with anyftp_serve(tmp_path, *options) as port:
        for login in ("alice:wonder@", "a:b@", ""):
            assert_succeeded(run("ls", f"ftp://{login}127.0.0.1:{port}/"))


def test_a_bad_file_of_users(tmp_path: Path) -> None:
    file = tmp_path / "users.toml"
    serve = ("serve", str(tmp_path), "--users", str(file))
    assert_failed(run(*serve), f"{file}: No such file or directory")
    file.write_text("[users.alice]\n")
    assert_failed(run(*serve), f"{file}: user 'alice': must have a password or certificates")
    users_file(file.with_name("good.toml"), "alice", "wonder").rename(file)
    assert_failed(
        run(*serve, "--user", "alice:x"),
        f"{file}: users must have different names: two are called 'alice'",
    )
