"""curl, lftp and ftplib at work on `anyftp serve`, in clear text and over TLS."""

from __future__ import annotations

import contextlib
import random
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from interop.clients import CLIENTS, Absent, FtpClient, Place
from interop.daemons import TLS, Certificate
from support.serving import anyftp_serve

pytestmark = pytest.mark.interop

USER, PASSWORD = "alice", "wonder-land"
CONTENT = random.Random(959).randbytes(300_000) + b"\r\n\xff\xf4\x00\n" * 500

ServePlace = Callable[[str, TLS], tuple[Place, Path]]


@pytest.fixture(scope="module")
def serve(
    tmp_path_factory: pytest.TempPathFactory, certificate: Certificate
) -> Iterator[ServePlace]:
    """Gives `serve(backend, tls)`: a fresh folder on a server, and where it is on the disk."""
    pairs = ["--cert", str(certificate.chain), "--key", str(certificate.key)]
    options: dict[TLS, list[str]] = {
        "off": [],
        "explicit": [*pairs, "--tls-required"],
        "implicit": [*pairs, "--implicit-tls"],
    }
    running: dict[tuple[str, TLS], tuple[int, Path]] = {}
    with contextlib.ExitStack() as servers:

        def place(backend: str, tls: TLS) -> tuple[Place, Path]:
            if (backend, tls) not in running:
                root = tmp_path_factory.mktemp("served")
                login = ["--user", f"{USER}:{PASSWORD}", "--backend", backend]
                port = servers.enter_context(anyftp_serve(root, *login, *options[tls]))
                running[backend, tls] = port, root
            port, root = running[backend, tls]
            folder = root / uuid.uuid4().hex
            folder.mkdir()
            authority = certificate.authority
            return Place(port, f"/{folder.name}", tls, authority, USER, PASSWORD), folder

        yield place


@pytest.fixture(params=["asyncio", "uvloop", "trio"])
def backend(request: pytest.FixtureRequest) -> str:
    """What the server runs on."""
    return str(request.param)


@pytest.fixture(params=["off", "explicit", "implicit"])
def place(request: pytest.FixtureRequest, serve: ServePlace, backend: str) -> tuple[Place, Path]:
    return serve(backend, request.param)


@pytest.fixture
def folder(place: tuple[Place, Path]) -> Path:
    return place[1]


@pytest.fixture(params=CLIENTS)
def client(request: pytest.FixtureRequest, place: tuple[Place, Path]) -> FtpClient:
    try:
        return CLIENTS[request.param](place[0])
    except Absent as absent:
        pytest.skip(str(absent))


def test_list(client: FtpClient, folder: Path) -> None:
    (folder / "report.txt").write_bytes(b"x" * 1234)
    (folder / "sub").mkdir()
    listing = client.list()
    assert "report.txt" in listing
    assert "1234" in listing
    assert "sub" in listing


def test_download(client: FtpClient, folder: Path, tmp_path: Path) -> None:
    (folder / "file.bin").write_bytes(CONTENT)
    client.download("file.bin", tmp_path / "got.bin")
    assert (tmp_path / "got.bin").read_bytes() == CONTENT


def test_upload(client: FtpClient, folder: Path, tmp_path: Path) -> None:
    (tmp_path / "mine.bin").write_bytes(CONTENT)
    client.upload(tmp_path / "mine.bin", "file.bin")
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == {"file.bin": CONTENT}


def test_resume_a_download(client: FtpClient, folder: Path, tmp_path: Path) -> None:
    (folder / "file.bin").write_bytes(CONTENT)
    (tmp_path / "got.bin").write_bytes(CONTENT[:100_000])
    client.download("file.bin", tmp_path / "got.bin", resume=True)
    assert (tmp_path / "got.bin").read_bytes() == CONTENT


def test_resume_an_upload(client: FtpClient, folder: Path, tmp_path: Path) -> None:
    (tmp_path / "mine.bin").write_bytes(CONTENT)
    (folder / "file.bin").write_bytes(CONTENT[:100_000])
    client.upload(tmp_path / "mine.bin", "file.bin", resume=True)
    assert (folder / "file.bin").read_bytes() == CONTENT


def test_rename(client: FtpClient, folder: Path) -> None:
    (folder / "old.bin").write_bytes(CONTENT)
    client.rename("old.bin", "new.bin")
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == {"new.bin": CONTENT}
