"""Any two options together: refused before anything is sent, or what comes of it is whole."""

from __future__ import annotations

import itertools
import os
import ssl
from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from anyftp import (
    FTPError,
    LocalProtocolError,
    RetryPolicy,
    StreamThrottle,
    TransferReport,
)
from client.serving import served
from client.tree import on_disk
from support.clocks import BRISK_BACKENDS, Backend
from support.halves import half

pytestmark = pytest.mark.anyio

TEXT = b"one\ntwo\n\nthree" * 1000
#: Files of a tree; more than 2 MiB may come in segments. Lines end with LF on both sides.
TREE = {"big": b"0123456\n" * 400_000, "d/": b"", "d/text": TEXT, "d/empty": b"", "d/e/": b""}

#: Options by name, each with a value that asks for something.
COMMON: dict[str, list[Any]] = {
    "resume": [True],
    "keep_times": [True],
    "verify": ["required", "if-offered"],
    "kind": ["A"],
    "verify_size": [False],
    "jobs": [3],
    "progress": [lambda progress: None],
    "throttle": [StreamThrottle.from_limits(10**9, 10**9)],
    "on_error": [lambda path, error: None],
}
OPTIONS = {
    "download": {**COMMON, "segments": [3]},
    "upload": {**COMMON, "atomic": [True, "if-possible"]},
}


@pytest.fixture(params=[BRISK_BACKENDS[0], BRISK_BACKENDS[2]])  # some 90 transfers a test
def anyio_backend(request: pytest.FixtureRequest) -> Backend:
    backend: Backend = request.param
    return backend


def pairs(options: dict[str, list[Any]]) -> list[dict[str, Any]]:
    """Each value of each option with each of each other one."""
    return [{}] + [
        dict(zip(names, values, strict=True))
        for names in itertools.combinations(options, 2)
        for values in itertools.product(*(options[name] for name in names))
    ]


def lay_out(folder: Path) -> None:
    for name, content in TREE.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.mkdir() if name.endswith("/") else path.write_bytes(content)
        os.utime(path, (1_600_000_000, 1_600_000_000))


Move = Callable[..., Awaitable[TransferReport]]


async def check(move: Move, there: Path, wanted: Any, options: dict[str, Any]) -> None:
    """Twice for files, so that what is there already is met as well."""
    for _ in range(1 if isinstance(wanted, dict) else 2):
        try:
            report = await move(**options)
        except FTPError as error:
            if not isinstance(error, LocalProtocolError):
                raise AssertionError(options) from error
            assert not there.exists(), options
            return
        found = on_disk(there) if there.is_dir() else there.read_bytes()
        assert found == wanted, options
        odd = (report.failed, report.unconfirmed, report.grown, report.in_place, report.unverified)
        assert odd == ((),) * 5, options
        if options.get("keep_times") and there.is_file():
            assert there.stat().st_mtime == 1_600_000_000, options


@pytest.mark.one_loop  # options are refused, or meet, before there is anything to wait for
@half(is_secured=[False, True], name=["big", "d/", "d/text"], way=["download", "upload"])
async def test_two_options_at_once(
    way: str,
    name: str,
    is_secured: bool,
    tmp_path: Path,
    server_tls: ssl.SSLContext,
    client_tls: ssl.SSLContext,
) -> None:
    root, local = tmp_path / "root", tmp_path / "local"
    for folder in (root / "t", local / "t"):
        lay_out(folder)
    secure: dict[str, Any] = {"ssl_context": server_tls} if is_secured else {}
    retry = RetryPolicy(2) if is_secured else None
    async with served(root, retry=retry, extensions=("HASH",), **secure) as client:
        if is_secured:
            await client.upgrade_to_tls(client_tls)
            await client.login("alice", "x")
        wanted: Any = TREE[name]
        if name.endswith("/"):
            wanted = {
                path[2:]: TREE[path] for path in TREE if path.startswith(name) and path != name
            }
        for number, options in enumerate(pairs(OPTIONS[way])):
            here, there = local / f"copy{number}", root / f"copy{number}"
            if way == "download":
                move = partial(client.download, f"t/{name}", here)
                await check(move, here, wanted, options)
            else:
                move = partial(client.upload, local / "t" / name, f"copy{number}")
                await check(move, there, wanted, options)
        await client.noop()
