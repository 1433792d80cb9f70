"""A server whose folders are looked at."""

import os
from collections.abc import Iterator

import pytest

from cli.commands.looked_at import NEW, OLD
from support.serving import anyftp_serve


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    root = tmp_path_factory.mktemp("root")
    for name, size, time in (
        ("a.txt", 10, OLD),
        ("b.bin", 2000, NEW),
        ("sub/c.txt", 300, NEW),
        ("sub/deep/d.txt", 5, OLD),
    ):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(b"x" * size)
        os.utime(root / name, (time, time))
    (root / "sub" / "link").symlink_to("c.txt")
    with anyftp_serve(root) as port:
        yield f"ftp://127.0.0.1:{port}"
