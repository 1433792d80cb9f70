"""From root to somebody who may do less."""

from __future__ import annotations

import io
import os
import re
import socket
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from anyftp._cli._serving._privileges import Account
from cli.running import PATIENCE, start
from cli.serving.operating import client, port_of

IS_ROOT = hasattr(os, "geteuid") and os.geteuid() == 0


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """For any user; each pytest that starts has the folders of all of them to its user alone."""
    with tempfile.TemporaryDirectory() as name:
        os.chmod(name, 0o755)
        yield Path(name)


@pytest.mark.skipif(not IS_ROOT, reason="only root can become somebody else")
def test_rights_are_given_up_once_the_sockets_are_there(open_folder: Path) -> None:
    """Port 21 belongs to root, what is stored does not."""
    account = Account.of("nobody")
    served = open_folder / "served"
    served.mkdir()
    os.chown(served, account.uid, account.gid)
    secret = open_folder / "secret"
    secret.write_bytes(b"x")
    secret.chmod(0o600)
    with socket.create_server(("127.0.0.1", 0)) as free:
        number = 1 + free.getsockname()[1] % 1023
    words = ["--user", "alice:wonder", "--port", str(number), "--run-as", "nobody"]
    with start("serve", str(served), *words) as process:
        ftp = client(port_of(process))
        ftp.storbinary("STOR f", io.BytesIO(b"12345"))
        status = Path(f"/proc/{process.pid}/status").read_text()
        assert re.search(rf"^Uid:(\t{account.uid}){{4}}$", status, re.MULTILINE)
        assert re.search(rf"^Gid:(\t{account.gid}){{4}}$", status, re.MULTILINE)
        groups = re.search(r"^Groups:\t(.*)$", status, re.MULTILINE)
        assert groups
        assert "0" not in groups[1].split()
        stored = (served / "f").stat()
        assert (stored.st_uid, stored.st_gid) == (account.uid, account.gid)
        ftp.close()
        process.terminate()
        assert process.wait(PATIENCE) == 0


@pytest.mark.skipif(not IS_ROOT, reason="only root is warned")
@pytest.mark.parametrize(("host", "is_told"), [("0.0.0.0", True), ("127.0.0.1", False)])
def test_root_is_warned(tmp_path: Path, host: str, is_told: bool) -> None:
    with start("serve", str(tmp_path), "--host", host) as process:
        port_of(process)
        process.terminate()
        _, errors = process.communicate(timeout=PATIENCE)
    assert ("this server runs as root" in errors) == is_told


@pytest.mark.parametrize(
    ("text", "reason"),
    [("no-such-user", "there is no user 'no-such-user'"), ("0:no-such-group", "there is no group")],
)
def test_accounts_that_there_are_not(text: str, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        Account.of(text)


def test_accounts_by_name_and_number() -> None:
    assert Account.of("0") == Account.of("root") == Account("root", 0, 0)
    assert Account.of("root:0").gid == 0
