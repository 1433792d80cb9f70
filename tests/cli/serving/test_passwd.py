"""`anyftp passwd`: what it writes, and what it leaves alone."""

from __future__ import annotations

import os
import pty
import select
import subprocess
import termios
import threading
import time
import tomllib
from pathlib import Path
from typing import Any

import pytest

from anyftp import hash_password
from anyftp._cli._serving import _passwd
from anyftp._server._users._passwords import parse_hash
from cli.running import PATIENCE, assert_failed, assert_succeeded, command, environment, run

HASH = hash_password("old")


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "users.toml"


def set_password(file: Path, name: str, *options: str, text: str = "new\n") -> None:
    assert_succeeded(run("passwd", str(file), name, "--password-stdin", *options, text=text))


def users_in(file: Path) -> dict[str, Any]:
    users: dict[str, Any] = tomllib.loads(file.read_text("utf-8"))["users"]
    return users


def test_a_new_file(file: Path) -> None:
    set_password(file, "alice", text="wonder land \r\nignored\n")
    [(name, fields)] = users_in(file).items()
    assert (name, list(fields)) == ("alice", ["password"])
    assert parse_hash(fields["password"]).matches("wonder land ")
    assert file.stat().st_mode & 0o777 == 0o600
    assert os.listdir(file.parent) == [file.name]


def test_options_are_written_and_changed(file: Path) -> None:
    set_password(file, "alice", "--home", "/people/alice/", "--read-only")
    set_password(file, "bob.b", "--home", "/")
    assert users_in(file)["alice"]["home"] == "/people/alice"
    assert users_in(file)["alice"]["read_only"] is True
    assert users_in(file)["bob.b"].keys() == {"password", "home"}
    set_password(file, "alice", "--read-write", text="newer\n")
    alice = users_in(file)["alice"]
    assert (alice["home"], alice["read_only"]) == ("/people/alice", False)
    assert parse_hash(alice["password"]).matches("newer")


BEFORE = f"""\
# The users of the archive.

[users.alice]   # she pays
password = "{HASH}" # old
quota = "1G"

[users.alice.permissions]
"/" = "all"  # for now

[users.bob]
# nothing yet
password = '{HASH}'
"""


@pytest.mark.parametrize("ending", ["\n", "\r\n"], ids=["unix", "windows"])
def test_everything_else_stays_as_it_was(file: Path, ending: str) -> None:
    before = BEFORE.replace("\n", ending)
    file.write_bytes(before.encode())
    file.chmod(0o644)
    set_password(file, "alice")
    after = file.read_bytes().decode()
    hashed = users_in(file)["alice"]["password"]
    assert parse_hash(hashed).matches("new")
    assert after == before.replace(HASH, hashed, 1)
    assert file.stat().st_mode & 0o777 == 0o600


def test_delete(file: Path) -> None:
    file.write_text(BEFORE)
    assert_succeeded(run("passwd", str(file), "bob", "--delete"))
    assert list(users_in(file)) == ["alice"]
    assert file.read_text().startswith("# The users of the archive.\n")
    assert_failed(run("passwd", str(file), "bob", "--delete"), "there is no user 'bob'")
    set_password(file, "bob")
    assert list(users_in(file)) == ["alice", "bob"]
    for name in ("alice", "bob"):
        assert_succeeded(run("passwd", str(file), name, "--delete"))
    set_password(file, "carol")
    assert list(users_in(file)) == ["carol"]


def test_users_written_inline(file: Path) -> None:
    file.write_text(f"users = {{ alice = {{ password = '{HASH}' }} }}\n")
    set_password(file, "bob")
    set_password(file, "alice", "--read-only")
    users = users_in(file)
    assert users["alice"]["read_only"] is True
    assert parse_hash(users["bob"]["password"]).matches("new")


@pytest.mark.parametrize(
    ("content", "name", "reason"),
    [
        (b"[users.bob]\n", "alice", "users.toml: user 'bob': must have a password or certificates"),
        (b"[users", "alice", "users.toml: "),
        (b"\xff", "alice", "users.toml: "),
        (b"", "a\tb", "users.toml: user 'a\\tb': the name must be of printable characters"),
        (b"", "", "users.toml: user '': the name must be of printable characters"),
    ],
)
def test_a_bad_file_is_neither_changed_nor_made(
    file: Path, content: bytes, name: str, reason: str
) -> None:
    file.write_bytes(content)
    process = run("passwd", str(file), name, "--password-stdin", text="sEcReT\n")
    assert_failed(process, reason)
    assert "sEcReT" not in process.stderr
    assert file.read_bytes() == content
    assert os.listdir(file.parent) == [file.name]


def test_no_password(file: Path) -> None:
    assert_failed(run("passwd", str(file), "alice", "--password-stdin"), "the password is empty")
    assert not file.exists()


def test_no_folder(tmp_path: Path) -> None:
    file = tmp_path / "missing" / "users.toml"
    process = run("passwd", str(file), "alice", "--password-stdin", text="x\n")
    assert_failed(process, f"{file.parent}: No such file or directory")


def test_a_link_stays_one(file: Path, tmp_path: Path) -> None:
    real = tmp_path / "real.toml"
    real.write_text(BEFORE)
    file.symlink_to(real.name)
    set_password(file, "carol")
    assert file.is_symlink()
    assert "carol" in users_in(real)


def test_what_fails_in_between_leaves_nothing(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise OSError(28, os.strerror(28))

    file.write_text(BEFORE)
    monkeypatch.setattr(os, "replace", fail)
    process = run("passwd", str(file), "alice", "--password-stdin", text="x\n")
    assert_failed(process, "No space left on device")
    assert file.read_text() == BEFORE
    assert os.listdir(file.parent) == [file.name]


def test_the_file_keeps_its_owner(file: Path) -> None:
    if os.geteuid() != 0:
        pytest.skip("only root may give files away")
    file.write_text(BEFORE)
    os.chown(file, 12345, 23456)
    set_password(file, "alice")
    assert (file.stat().st_uid, file.stat().st_gid) == (12345, 23456)


def test_no_change_is_lost_when_several_come_at_once(file: Path) -> None:
    def add(name: str) -> None:
        with _passwd._edited(file) as document:
            _passwd._set(document, name, {"password": HASH})

    threads = [threading.Thread(target=add, args=(f"user{n}",)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE)
    assert sorted(users_in(file)) == [f"user{n}" for n in range(8)]


def test_a_terminal_asks_twice(file: Path) -> None:
    """Two that differ are asked for again; nothing of what is typed is shown."""
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        command(("passwd", str(file), "alice")),
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        env=environment(),
        start_new_session=True,
    )
    try:
        for typed in ("wonder", "wander", "wonder", "wonder"):
            shown = _until_asked(ours, theirs)
            assert typed.encode() not in shown
            os.write(ours, f"{typed}\n".encode())
        assert process.wait(PATIENCE) == 0
        assert b"wonder" not in os.read(ours, 1000)
    finally:
        process.kill()
        process.wait()
        os.close(ours)
        os.close(theirs)
    assert parse_hash(users_in(file)["alice"]["password"]).matches("wonder")


def _until_asked(ours: int, theirs: int) -> bytes:
    """Read up to a question, and wait until what is typed is no longer shown.

    What is typed between the two is thrown away: `getpass` empties the terminal's input.
    """
    shown, end = b"", time.monotonic() + PATIENCE
    while not shown.rstrip().endswith(b":"):
        assert select.select([ours], [], [], end - time.monotonic())[0], shown
        shown += os.read(ours, 1000)
    while termios.tcgetattr(theirs)[3] & termios.ECHO:
        assert time.monotonic() < end
        time.sleep(0.01)
    return shown
