"""Start a server as a process of its own, tell its port, stop it and learn what it used."""

import json
import os
import pwd
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks import peers
from benchmarks.measure import (
    ROOT,
    SERVER_CPU,
    ContestantFailed,
    Sample,
    child,
    environment,
    launcher,
    sample_of,
)


@dataclass(slots=True)
class RunningServer:
    """A server that accepts; `used` is there once it has been stopped, `pid` if it is ours."""

    port: int
    pid: int = 0
    used: Sample | None = None


@contextmanager
def process(command: Sequence[str]) -> Iterator[tuple[subprocess.Popen[bytes], int]]:
    """A server process under the launcher, and the descriptor where the launcher reports."""
    reader, writer = os.pipe()
    running = subprocess.Popen(
        launcher(SERVER_CPU, writer, "-", command, adopt=sys.platform == "linux"),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        pass_fds=(writer,),
        env=environment(),
        cwd=ROOT,
    )
    os.close(writer)
    try:
        yield running, reader
    finally:
        running.terminate()
        running.communicate()
        os.close(reader)


@contextmanager
def python_server(module: str, task: Mapping[str, Any]) -> Iterator[RunningServer]:
    """A child of ours: it prints its port, and its figures when its standard input ends."""
    with process(child(module, task)) as (running, _):
        assert running.stdin
        assert running.stdout
        assert running.stderr
        line = running.stdout.readline()
        if not line:
            running.wait(10)
            said = running.stderr.read().decode(errors="replace").strip().splitlines()
            raise ContestantFailed(said[-1][:200] if said else "the server did not start")
        told = json.loads(line)
        server = RunningServer(told["port"], told.get("pid", 0))
        yield server
        if module != "fixture_server":
            running.stdin.close()
            running.stdin = None
            server.used = sample_of(json.loads(running.stdout.readline()))


def fixture(root: Path, **more: Any) -> Any:
    """The blocking server of children/fixture_server.py."""
    return python_server("fixture_server", {"root": str(root), **more})


VSFTPD = """
listen=YES
listen_address=127.0.0.1
listen_port={port}
background=NO
anonymous_enable=YES
no_anon_password=YES
anon_root={root}
ftp_username={user}
nopriv_user={user}
secure_chroot_dir={empty}
local_enable=NO
write_enable=YES
anon_upload_enable=YES
pasv_address=127.0.0.1
seccomp_sandbox=NO
xferlog_enable=NO
connect_from_port_20=NO
max_per_ip=0
"""
VSFTPD_TLS = """
ssl_enable=YES
allow_anon_ssl=YES
rsa_cert_file={certificate}
rsa_private_key_file={certificate}
require_ssl_reuse=NO
strict_ssl_read_eof=NO
"""


@contextmanager
def vsftpd(
    root: Path, certificate: Path | None = None, *, passive: range | None = None
) -> Iterator[RunningServer]:
    """vsftpd for anonymous users. Its count is that of the whole process and its sessions."""
    path = peers.program("vsftpd")
    if path is None:
        raise ContestantFailed("vsftpd is not installed")
    empty = root.parent / "empty"
    empty.mkdir(exist_ok=True)
    port = free_port()
    config = root.parent / f"vsftpd-{port}.conf"
    text = VSFTPD.format(port=port, root=root, empty=empty, user=plain_user())
    if certificate is not None:
        text += VSFTPD_TLS.format(certificate=certificate)
    if passive is not None:
        text += f"pasv_min_port={passive[0]}\npasv_max_port={passive[-1]}\n"
    config.write_text(text.lstrip())
    with process([path, str(config)]) as (running, report):
        server = RunningServer(port)
        await_port(port, running)
        yield server
        time.sleep(0.1)  # the session's own process ends after the client's QUIT
        running.terminate()
        running.wait(10)
        _, wall, user, system, peak = os.read(report, 4096).split()
        server.used = Sample(float(wall), float(user) + float(system), float(peak))


#: The only user of pure-ftpd, which lets nobody else in without an account of the system.
PURE_FTPD_LOGIN = "bench:bench"


@contextmanager
def pure_ftpd(root: Path, certificate: Path | None = None) -> Iterator[RunningServer]:
    """pure-ftpd for one user of its own database; counted as vsftpd is."""
    path, tool = peers.program("pure-ftpd"), peers.program("pure-pw")
    if path is None or tool is None:
        raise ContestantFailed("pure-ftpd is not installed")
    port = free_port()
    command = [path, "-4", "-E", "-H", "-A", "-S", f"127.0.0.1,{port}", "-f", "none", "-u", "1"]
    command += ["-c", "400", "-C", "400", "-g", str(root.parent / f"pure-ftpd-{port}.pid")]
    command += ["-l", f"puredb:{_pure_ftpd_users(root, tool)}"]
    if certificate is not None:
        command += ["-Y", "1", "-2", str(certificate)]
    with process(command) as (running, report):
        server = RunningServer(port)
        await_port(port, running)
        yield server
        time.sleep(0.1)
        running.terminate()
        running.wait(10)
        _, wall, user, system, peak = os.read(report, 4096).split()
        server.used = Sample(float(wall), float(user) + float(system), float(peak))


def _pure_ftpd_users(root: Path, tool: str) -> Path:
    name, password = PURE_FTPD_LOGIN.split(":")
    # A hash of crypt's: pure-pw's own kind costs seconds a login.
    hashing = ["openssl", "passwd", "-6", password]
    hashed = subprocess.run(hashing, capture_output=True, text=True, check=True).stdout.strip()
    account = pwd.getpwnam(plain_user())
    ids = (str(account.pw_uid), str(account.pw_gid))
    # After the home come twelve limits, all of them empty.
    users, database = root.parent / "pure-ftpd.users", root.parent / "pure-ftpd.pdb"
    users.write_text(":".join([name, hashed, *ids, "", f"{root}/./", *[""] * 12]) + "\n")
    subprocess.run([tool, "mkdb", str(database), "-f", str(users)], check=True, capture_output=True)
    return database


@contextmanager
def far_away(running: RunningServer, passive: range, seconds: float) -> Iterator[str]:
    """An address behind which a server is so many seconds away, one way."""
    task = {"ports": [running.port, *passive], "seconds": seconds}
    with python_server("far_relay", task):
        yield "127.0.0.2"


def plain_user() -> str:
    """A user without rights whose home exists, which vsftpd insists on."""
    users = [user for user in pwd.getpwall() if user.pw_uid and Path(user.pw_dir).is_dir()]
    if not users:
        raise ContestantFailed("vsftpd needs a user other than root")
    return users[0].pw_name


def free_port() -> int:
    """A port nobody listens on at the moment."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port: int = probe.getsockname()[1]
        return port


def await_port(port: int, running: subprocess.Popen[bytes]) -> None:
    """Wait until a server accepts."""
    for _ in range(100):
        try:
            socket.create_connection(("127.0.0.1", port)).close()
        except OSError:
            if running.poll() is not None:
                said = running.communicate()[0].decode(errors="replace").strip()
                raise ContestantFailed(f"the server ended: {said[:200]}") from None
            time.sleep(0.05)
        else:
            return
    raise ContestantFailed("the server does not accept")
