"""The server that is looked at."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from support.serving import anyftp_serve


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("root")
    (root / "file").write_bytes(bytes(range(256)) * 2000)
    return root


@pytest.fixture(scope="module")
def url(root: Path) -> Iterator[str]:
    with anyftp_serve(root, "--user", "me:secret", "--anonymous") as port:
        yield f"me:secret@127.0.0.1:{port}/"


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("anyftp._cli._doctor._rates.RATE_SECONDS", 0.2)
