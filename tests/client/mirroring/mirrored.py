"""A folder on both sides of a mirror, and what came of it."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath
from typing import Any

from anyftp import Client, MirrorPlan, MirrorReport
from client.peer import listing
from client.tree import Tree

TIME = "20260102030405"
SECONDS = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC).timestamp()

REMOTE = {"/t/": b"", "/t/a": b"A", "/t/d/": b"", "/t/d/b": b"B" * 70_000, "/t/e/": b""}
LOCAL = {"a": b"A", "d/": b"", "d/b": b"B" * 70_000, "e/": b""}
#: Its time is not told exactly.
LIST = listing("-rw-r--r-- 1 u g 1 Jan 2 2026 a")


def tree(more: dict[str, bytes] | None = None) -> Tree:
    content = dict(REMOTE) | (more or {})
    return Tree(content, {path: TIME for path in content if not path.endswith("/")})


def fill(folder: Path, content: dict[str, bytes]) -> Path:
    """Put files into a folder, all of the same time."""
    folder.mkdir(exist_ok=True)
    for name, data in content.items():
        path = folder / name
        if name.endswith("/"):
            path.mkdir(exist_ok=True, parents=True)
            continue
        path.parent.mkdir(exist_ok=True, parents=True)
        path.write_bytes(data)
        os.utime(path, (SECONDS, SECONDS))
    return folder


def names(paths: tuple[PurePosixPath, ...]) -> list[str]:
    return [str(path) for path in paths]


def summary(plan: MirrorPlan) -> dict[str, list[str]]:
    """What is not empty in a plan."""
    found = {
        field: names(getattr(plan, field)) for field in MirrorPlan.__slots__ if field != "sizes"
    }
    return {field: paths for field, paths in found.items() if paths}


async def mirror(client: Client, way: str, local: Path, **options: Any) -> MirrorReport:
    if way == "down":
        return await client.mirror_download("t", local, **options)
    return await client.mirror_upload(local, "t", **options)
