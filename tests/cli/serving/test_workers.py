"""`anyftp serve --workers N`: several processes that are one server."""

from __future__ import annotations

import contextlib
import ftplib
import io
import os
import re
import signal
import socket
import ssl
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from anyftp import hash_password
from cli.running import PATIENCE, start

pytestmark = [
    pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="looks at processes in /proc"),
    pytest.mark.timeout(120),
]
IS_ROOT = hasattr(os, "geteuid") and os.geteuid() == 0


class Crew:
    """A server of several processes."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.process = process
        assert process.stdout is not None
        found = re.search(r":(\d+)/", process.stdout.readline())
        assert found, process.stderr and process.stderr.read()
        self.port = int(found[1])
        self.is_ending = False
        self.said = ""

    @property
    def workers(self) -> list[int]:
        pid = self.process.pid
        return [int(each) for each in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]

    @contextlib.contextmanager
    def alone(self, pid: int) -> Iterator[None]:
        """Only one of the workers can accept."""
        others = [other for other in self.workers if other != pid]

        def send(number: signal.Signals) -> None:
            for other in others:
                os.kill(other, number)

        def is_served() -> bool:
            sock, said = self.greeted()
            sock.close()
            return "for the moment" not in said

        send(signal.SIGSTOP)
        try:
            while not is_served():  # one was stopped while it had the ledger to itself
                send(signal.SIGCONT)
                until(is_served)
                send(signal.SIGSTOP)
            yield
        finally:
            send(signal.SIGCONT)

    def greeted(self) -> tuple[socket.socket, str]:
        sock = socket.create_connection(("127.0.0.1", self.port), PATIENCE)
        try:
            return sock, sock.recv(1000).decode()
        except BaseException:
            sock.close()
            raise

    def is_listening(self) -> bool:
        try:
            self.greeted()[0].close()
        except OSError:
            return False
        return True

    def login(self, name: str = "alice", password: str = "wonder") -> ftplib.FTP:
        ftp = ftplib.FTP()
        try:
            ftp.connect("127.0.0.1", self.port, timeout=PATIENCE)
            ftp.login(name, password)
        except BaseException:
            ftp.close()
            raise
        return ftp


@contextlib.contextmanager
def serving(folder: Path, *options: str, count: int = 3) -> Iterator[Crew]:
    arguments = ("--user", "alice:wonder", "--workers", str(count), *options)
    with start("serve", str(folder), *arguments) as process:
        try:
            crew = Crew(process)
            yield crew
            if not crew.is_ending:
                process.terminate()
            _, crew.said = process.communicate(timeout=PATIENCE)
        finally:
            if process.poll() is None:
                process.terminate()
        assert process.returncode == 0


def until(condition: Callable[[], bool]) -> None:
    end = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < end, "it does not come"
        time.sleep(0.02)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "home").mkdir()
    return tmp_path / "home"


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """For any user; what pytest gives out lies in a folder of the user who runs the tests."""
    with tempfile.TemporaryDirectory() as name:
        os.chmod(name, 0o755)
        folder = Path(name) / "home"
        folder.mkdir()
        folder.chmod(0o777)
        yield folder


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
def test_so_many_are_let_in_by_all_together(folder: Path, backend: str) -> None:
    with serving(folder, "--max-connections", "3", "--backend", backend) as crew:
        for _ in range(3):
            found = [crew.greeted() for _ in range(9)]
            assert sorted(said[:3] for _, said in found) == ["220"] * 3 + ["421"] * 6
            for sock, said in found:
                if said.startswith("220"):
                    sock.sendall(b"QUIT\r\n")  # its place is free before it sees the end
                    while sock.recv(1000):
                        pass
                sock.close()


def test_at_the_same_time_too(folder: Path) -> None:
    with serving(folder, "--max-connections-per-address", "5") as crew:
        found: list[tuple[socket.socket, str]] = []
        threads = [threading.Thread(target=lambda: found.append(crew.greeted())) for _ in range(20)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sorted(said[:3] for _, said in found) == ["220"] * 5 + ["421"] * 15
        for sock, _ in found:
            sock.close()


def test_guesses_at_one_worker_ban_at_all(folder: Path) -> None:
    with serving(folder, "--ban-after", "3", "--login-delay", "0") as crew:
        for pid in crew.workers:
            with crew.alone(pid), pytest.raises(ftplib.all_errors, match=r"530|421"):
                crew.login(password="wrong")
        for pid in crew.workers:
            with crew.alone(pid):
                sock, said = crew.greeted()
                assert "banned" in said
                sock.close()


def test_a_worker_that_is_killed(folder: Path) -> None:
    with serving(folder, "--max-connections", "2") as crew:
        doomed, *others = crew.workers
        with crew.alone(doomed):
            held = [crew.greeted()[0] for _ in range(2)]
        sock, said = crew.greeted()
        assert said.startswith("421")
        sock.close()
        os.kill(doomed, signal.SIGKILL)
        assert all(sock.recv(100) == b"" for sock in held)
        until(lambda: len(crew.workers) == 3 and doomed not in crew.workers)
        assert set(others) < set(crew.workers)
        found = [crew.greeted() for _ in range(3)]
        assert sorted(said[:3] for _, said in found) == ["220", "220", "421"]
        for sock in (*held, *(sock for sock, _ in found)):
            sock.close()
    assert f"worker 0 {doomed} ended by signal 9; another takes its place" in crew.said


def test_all_drain(folder: Path) -> None:
    (folder / "large").write_bytes(bytes(400_000))
    options = ("--write-speed-limit-per-connection", "200K")
    with serving(folder, *options) as crew:
        transfers = []
        for pid in crew.workers:
            with crew.alone(pid):
                ftp = crew.login()
                ftp.voidcmd("TYPE I")
                transfers.append((ftp, ftp.transfercmd("RETR large")))
        idle = crew.login()
        crew.is_ending = True
        crew.process.terminate()
        with contextlib.suppress(*ftplib.all_errors):
            idle.voidcmd("NOOP")
        idle.close()
        until(lambda: not crew.is_listening())
        for ftp, data in transfers:
            received = 0
            while block := data.recv(65536):
                received += len(block)
            data.close()
            assert received == 400_000
            assert ftp.voidresp().startswith("226")
            ftp.close()


def test_the_second_signal_ends_all_at_once(folder: Path) -> None:
    (folder / "large").write_bytes(bytes(10_000_000))
    options = ("--user", "alice:wonder", "--workers", "2", "--limit-rate", "100K")
    with start("serve", str(folder), *options) as process:
        crew = Crew(process)
        ftp = crew.login()
        ftp.voidcmd("TYPE I")
        data = ftp.transfercmd("RETR large")
        data.recv(10)
        workers = crew.workers
        process.send_signal(signal.SIGINT)
        time.sleep(0.3)
        assert process.poll() is None
        process.send_signal(signal.SIGINT)
        assert process.wait(PATIENCE) == 130
        assert not any(Path(f"/proc/{pid}").exists() for pid in workers)
        data.close()
        ftp.close()


def test_all_read_the_settings_again(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "welcome").write_text("one")
    with serving(folder, "--welcome-file", str(tmp_path / "welcome")) as crew:

        def all_say(word: str) -> bool:
            said = []
            for pid in crew.workers:
                with crew.alone(pid):
                    sock, line = crew.greeted()
                    said.append(line)
                    sock.close()
            return all(word in line for line in said)

        assert all_say("one")
        (tmp_path / "welcome").write_text("two")
        crew.process.send_signal(signal.SIGHUP)
        until(lambda: all_say("two"))
        os.kill(crew.workers[0], signal.SIGKILL)  # and whoever comes later knows it, too
        until(lambda: len(crew.workers) == 3)
        until(lambda: all_say("two"))


def test_a_quota_is_that_of_all(folder: Path, tmp_path: Path) -> None:
    users = tmp_path / "users.toml"
    password = hash_password("secret")
    users.write_text(f'[users.bob]\npassword = "{password}"\nquota = 1000000\n')
    many = ("--max-connections-per-address", "50")
    with serving(folder, "--users", str(users), *many) as crew:

        def upload(name: str) -> None:
            ftp = crew.login("bob", "secret")
            with contextlib.closing(ftp), contextlib.suppress(ftplib.error_perm):
                ftp.storbinary(f"STOR {name}", io.BytesIO(bytes(90_000)))

        threads = [threading.Thread(target=upload, args=(f"file{n}",)) for n in range(9)]
        threads += [threading.Thread(target=upload, args=(f"more{n}",)) for n in range(9)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        for pid in crew.workers:  # what is left is left at each of them
            with crew.alone(pid):
                for turn in range(4):
                    upload(f"last{pid}-{turn}")
    sizes = [file.stat().st_size for file in folder.iterdir()]
    assert set(sizes) == {90_000}
    assert len(sizes) == 11


def test_with_tls_and_figures(folder: Path) -> None:
    pytest.importorskip("prometheus_client", reason="prometheus-client is not installed")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with serving(folder, "--self-signed", "--metrics", f"127.0.0.1:{port}") as crew:
        insecure = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        insecure.check_hostname, insecure.verify_mode = False, ssl.CERT_NONE
        clients = []
        for pid in crew.workers:
            with crew.alone(pid):
                ftp = ftplib.FTP_TLS(context=insecure)
                ftp.connect("127.0.0.1", crew.port, timeout=PATIENCE)
                ftp.login("alice", "wonder")
                ftp.prot_p()
                assert ftp.nlst() == []
                clients.append(ftp)

        def figure(name: str) -> float:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics") as answer:
                found = re.search(rf"^{name} (\S+)$", answer.read().decode(), re.M)
            assert found
            return float(found[1])

        until(lambda: figure("anyftp_logins_total") == 3)
        until(lambda: figure("anyftp_sessions") == 3)
        os.kill(crew.workers[0], signal.SIGKILL)
        until(lambda: figure("anyftp_sessions") == 2)
        assert figure("anyftp_logins_total") == 3
        for ftp in clients:
            ftp.close()


@pytest.mark.skipif(not IS_ROOT, reason="only root may become somebody else")
def test_as_somebody_else(open_folder: Path) -> None:
    folder = open_folder
    with serving(folder, "--run-as", "nobody", "--max-connections", "1") as crew:
        ftp = crew.login()
        ftp.storbinary("STOR mine", io.BytesIO(b"x"))
        sock, said = crew.greeted()
        assert said.startswith("421")
        sock.close()
        ftp.close()
        assert (folder / "mine").stat().st_uid != 0
        for pid in crew.workers:
            assert Path(f"/proc/{pid}").stat().st_uid != 0
        os.kill(crew.workers[0], signal.SIGKILL)
        until(lambda: len(crew.workers) == 3)
        crew.greeted()[0].close()


@pytest.mark.skipif(not IS_ROOT, reason="only root may become somebody else")
def test_a_key_that_only_root_may_read(
    open_folder: Path, certificate_files: tuple[Path, Path, Path], tmp_path: Path
) -> None:
    chain, key, _ = certificate_files
    (tmp_path / "secret").mkdir(mode=0o700)
    own = tmp_path / "secret" / "key.pem"
    own.write_bytes(key.read_bytes())
    options = ("--run-as", "nobody", "--cert", str(chain), "--key", str(own))
    with serving(open_folder, *options, count=2) as crew:
        os.kill(crew.workers[0], signal.SIGKILL)
        until(lambda: len(crew.workers) == 2)
        for _ in range(4):
            ftp = ftplib.FTP_TLS(context=ssl._create_unverified_context())
            ftp.connect("127.0.0.1", crew.port, timeout=PATIENCE)
            ftp.login("alice", "wonder")
            ftp.close()


def test_ports_for_data_are_divided(folder: Path) -> None:
    with serving(folder, "--passive-ports", "51200-51205") as crew:
        found: list[set[int]] = []
        for pid in crew.workers:
            with crew.alone(pid):
                ftp = crew.login()
                found.append({ftp.makepasv()[1] for _ in range(6)})
                ftp.close()
        assert not found[0] & found[1]
        assert not found[0] & found[2]
        assert not found[1] & found[2]
        assert set.union(*found) <= set(range(51200, 51206))


def test_too_few_ports_for_data(folder: Path) -> None:
    options = ("--workers", "3", "--passive-ports", "51200-51201")
    with start("serve", str(folder), *options) as process:
        assert process.wait(PATIENCE) == 2
        assert process.stderr is not None
        assert "at least one for each of the --workers" in process.stderr.read()


def test_workers_do_not_outlive_who_started_them(folder: Path) -> None:
    with start("serve", str(folder), "--workers", "2") as process:
        crew = Crew(process)
        workers = crew.workers
        process.kill()
        process.wait()
    until(lambda: not any(Path(f"/proc/{pid}").exists() for pid in workers))


FAILING = """
from anyftp._cli._serving._workers import Workers

def nothing(*_): pass

def work(worker):
    if worker.index == 1:
        return 7
    worker.tell_ready()
    import time; time.sleep(60)
    return 0

try:
    Workers(2, work=work, announce=lambda: print("announced"), reload=nothing, bury=nothing,
            stop=nothing).run()
except Exception as error:
    print(error, error.exit_code)
"""


def test_a_worker_that_cannot_begin(folder: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", FAILING], capture_output=True, text=True, timeout=50
    )
    assert done.stdout == "a worker could not begin 7\n"


@pytest.mark.parametrize(
    ("url", "said"),
    [("ftp://x", "the URL of counts must"), ("nowhere", "the URL of counts must")],
)
def test_a_place_to_share_that_is_none(folder: Path, url: str, said: str) -> None:
    with start("serve", str(folder), "--shared", url) as process:
        assert process.wait(PATIENCE) == 2
        assert process.stderr is not None
        assert said in process.stderr.read()


def test_two_servers_share_a_file(folder: Path, tmp_path: Path) -> None:
    options = ("--max-connections", "1", "--shared", f"sqlite://{tmp_path}/counts")
    with serving(folder, *options, count=1) as one, serving(folder, *options, count=2) as other:
        sock, said = one.greeted()
        assert said.startswith("220")
        second, said = other.greeted()
        assert said.startswith("421")
        sock.close()
        second.close()
