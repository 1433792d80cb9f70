"""Features together behind a gateway that ends every connection whenever 200 KB have gone through.

What `test_gateway` is for trees, for mirrors that delete, syncs, many files of a pool, atomic
uploads, segments and streams: what is said to have gone over is identical, nothing more is there,
and what was only read is as it was.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from functools import partial
from pathlib import Path, PurePosixPath
from typing import Any

import anyio
import pytest

from anyftp import Client, ClientPool, FTPError, RetryPolicy
from interop.daemons import StartDaemon
from interop.test_gateway import Gateway, differing, lay_tree

pytestmark = [
    pytest.mark.anyio,
    pytest.mark.interop,
    pytest.mark.matrix,
    pytest.mark.timeout(300),
]


@dataclass
class Pair:
    """A tree `t` on one side, which is to become one on the other."""

    connect: Callable[..., Any]
    mine: Path
    remote: PurePosixPath
    stored: Path
    give: Callable[[Path], None]


def litter(folder: Path, give: Callable[[Path], None]) -> None:
    """Lay what a mirror has to delete."""
    (folder / "t").mkdir()
    for number in range(30):
        (folder / "t" / f"extra{number}").write_bytes(b"x" * 100)
    for path in (folder, *folder.rglob("*")):
        give(path)


async def mirror_up(pair: Pair) -> None:
    litter(pair.stored, pair.give)
    async with pair.connect(Client.context) as client:
        await client.mirror_upload(pair.mine / "t", pair.remote / "t", delete=True, jobs=3)


async def mirror_down(pair: Pair) -> None:
    litter(pair.mine, lambda path: None)
    async with pair.connect(Client.context) as client:
        await client.mirror_download(pair.remote / "t", pair.mine / "t", delete=True, jobs=3)


async def upload(pair: Pair, **options: Any) -> None:
    async with pair.connect(Client.context) as client:
        await client.upload(pair.mine / "t", pair.remote, jobs=3, **options)


async def download(pair: Pair, **options: Any) -> None:
    async with pair.connect(Client.context) as client:
        await client.download(pair.remote / "t", pair.mine, **options)


async def sync(pair: Pair) -> None:
    async with pair.connect(Client.context) as client:
        await client.sync(pair.mine / "t", pair.remote / "t", state=pair.mine / "state")


def files_of(root: Path) -> list[PurePosixPath]:
    return [PurePosixPath(path.relative_to(root)) for path in root.rglob("*") if path.is_file()]


async def many_up(pair: Pair) -> None:
    names = files_of(pair.mine)
    async with pair.connect(ClientPool.context, size=4) as pool:
        async with pool.client() as client:
            for folder in {name.parent for name in names}:
                await client.make_directory(pair.remote / folder, parents=True)
        await pool.upload_many([(pair.mine / name, pair.remote / name) for name in names])


async def many_down(pair: Pair) -> None:
    names = files_of(pair.stored)
    for folder in {name.parent for name in names}:
        (pair.mine / folder).mkdir(parents=True, exist_ok=True)
    async with pair.connect(ClientPool.context, size=4) as pool:
        await pool.download_many([(pair.remote / name, pair.mine / name) for name in names])


async def streams(pair: Pair) -> None:
    """Streams are the user's own to repeat; what ends without an error is whole."""
    async with pair.connect(Client.context) as client:
        for name in files_of(pair.stored):
            content = None
            while content is None:
                try:
                    async with client.download_stream(pair.remote / name) as stream:
                        content = await stream.read()
                except (FTPError, anyio.BrokenResourceError):
                    content = None  # read, and then cut: it may not have been all
            (pair.mine / name).parent.mkdir(parents=True, exist_ok=True)
            (pair.mine / name).write_bytes(content)


WAYS: dict[str, tuple[str, Callable[[Pair], Awaitable[None]]]] = {
    "mirror-up": ("up", mirror_up),
    "mirror-down": ("down", mirror_down),
    "upload": ("up", upload),
    "upload-atomic": ("up", partial(upload, atomic=True)),
    "download": ("down", partial(download, jobs=3)),
    "segments": ("down", partial(download, segments=3, jobs=2)),
    "sync-up": ("up", sync),
    "sync-down": ("down", sync),
    "many-up": ("up", many_up),
    "many-down": ("down", many_down),
    "streams": ("down", streams),
}


@pytest.mark.parametrize("end", ["fin", "rst"])
@pytest.mark.parametrize("what", WAYS)
@pytest.mark.parametrize("server", ["vsftpd", "pure-ftpd", "proftpd", "pyftpdlib", "anyftp"])
async def test_what_is_said_to_have_gone_over_is_identical(
    server: str, what: str, end: str, ftp_daemon: StartDaemon, tmp_path: Path
) -> None:
    daemon = ftp_daemon(server)
    stored, remote = daemon.folder()
    mine = tmp_path / "mine"
    mine.mkdir()
    way, move = WAYS[what]
    source, target = (stored, mine) if way == "down" else (mine, stored)
    files = lay_tree(source / "t")
    for path in (stored, *stored.rglob("*")):
        daemon.setup.give(path)
    failure: FTPError | None = None
    async with anyio.create_task_group() as group, AsyncExitStack() as stack:
        gateway = Gateway(group, resets=end == "rst")
        stack.callback(group.cancel_scope.cancel)
        stack.push_async_callback(gateway.aclose)
        options: dict[str, Any] = {"retry": RetryPolicy(8, 0.05), "dialler": gateway.dial}
        options |= {"timeout": 5, "confirmation_timeout": 2, "close_timeout": 1}
        login = (daemon.host, daemon.port, daemon.user, daemon.password)

        def connect(context: Callable[..., Any], **more: Any) -> Any:
            return context(*login, **options, **more)

        try:
            await move(Pair(connect, mine, remote, stored, daemon.setup.give))
        except FTPError as error:
            failure = error
    assert gateway.cuts > 10 or failure is not None
    assert not list(differing(source / "t", files))
    if failure is None:
        await anyio.sleep(1)  # what the server obeys late it has obeyed by now
        assert not list(differing(target / "t", files))
        assert {str(name) for name in files_of(target / "t")} == set(files)
