"""The server that the shell talks to."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from support.serving import anyftp_serve


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, str]]:
    root = tmp_path_factory.mktemp("root")
    for name in ("a.txt", "b.txt", "with blank", "sub/c.txt", "sub/deep/d.txt"):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(f"{name}\n")
    (root / "big").write_bytes(bytes(20 << 20))
    with anyftp_serve(root, "--user", "me:secret") as port:
        yield root, f"ftp://me:secret@127.0.0.1:{port}"


@pytest.fixture
def url(server: tuple[Path, str]) -> str:
    return server[1]
