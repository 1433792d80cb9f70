"""Every method of the client that talks to a server, as small operations on a ground of their own.

Each can be done again after it was cut short anywhere, once `Ground.reset` has laid the files out
anew. What a server does not know ends in a ReplyError, which is fine here.
"""

from __future__ import annotations

import contextlib
import random
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath
from typing import Any

import anyio

from anyftp import Client, ConnectionLost

BIG = random.Random(959).randbytes(100_000)
SMALL = b"It was a bright cold day in April.\r\n" * 10
_NOTHING = b"nothing"

#: What is in the folders at first: contents of files, None for folders.
STORED: dict[str, bytes | None] = {
    "known": SMALL,
    "big": BIG,
    "small": SMALL,
    "empty": None,
    "tree": None,
    "tree/big": BIG,
    "tree/d": None,
    "tree/d/small": SMALL,
}
MINE: dict[str, bytes | None] = {"up": None, "up/big": BIG, "up/d": None, "up/d/small": SMALL}


@dataclass
class Ground:
    """Where operations take place.

    Attributes:
        client: logged in.
        stored: the server's folder, as its disk has it.
        remote: the same, as the client names it.
        mine: the client's folder; `up` below it is what is uploaded.
        give: called for each file and folder laid down on the server.
        keeps_parts: whether what came of a broken download may lie hidden beside its name.
        beat_seconds: how long a connection is idle before it is kept alive.
    """

    client: Client
    stored: Path
    remote: PurePosixPath
    mine: Path
    give: Callable[[Path], object] = lambda path: None
    keeps_parts: bool = False
    beat_seconds: float = 0.001

    def reset(self) -> None:
        """Lay all files out as at first; what is still there stays, for making it anew is slow."""
        self._lay_out(self.stored, STORED)
        self._lay_out(self.mine, MINE)

    def _lay_out(self, root: Path, wanted: dict[str, bytes | None]) -> None:
        for path in sorted(root.rglob("*"), reverse=True):
            if wanted.get(str(path.relative_to(root)), _NOTHING) is _NOTHING:
                path.rmdir() if path.is_dir() else path.unlink(missing_ok=True)
        for name, content in wanted.items():
            path = root / name
            if content is None:
                if not path.exists():
                    path.mkdir()
                    self.give(path)
            elif not path.exists() or path.read_bytes() != content:
                path.write_bytes(content)
                self.give(path)

    def check_mine(self) -> None:
        """No half of a file lies under a final name, and nothing under any other."""
        for path in self.mine.rglob("*"):
            if path.is_file() and not (self.keeps_parts and path.name.startswith(".")):
                assert path.name in ("big", "small", "text"), path
                _check_content(path)

    def check_stored(self) -> None:
        """The same, of the server's folder."""
        for path in self.stored.rglob("*"):
            if path.is_file() and path.name in ("big", "small", "new"):
                _check_content(path)


def _check_content(path: Path) -> None:
    content = path.read_bytes()
    assert content in (BIG, SMALL, SMALL.replace(b"\r\n", b"\n"), BIG + SMALL), (path, len(content))


Operation = Callable[[Ground], Coroutine[Any, Any, object]]


# Commands


async def get_current_directory(ground: Ground) -> None:
    await ground.client.get_current_directory()


async def change_directory(ground: Ground) -> None:
    await ground.client.change_directory(ground.remote / "tree" / "d")
    await ground.client.change_to_parent()


async def make_directory(ground: Ground) -> None:
    await ground.client.make_directory(ground.remote / "a" / "b" / "c")


async def remove_directory(ground: Ground) -> None:
    await ground.client.remove_directory(ground.remote / "empty")


async def stat(ground: Ground) -> None:
    await ground.client.stat(ground.remote / "big")
    assert await ground.client.exists(ground.remote / "big")
    assert await ground.client.is_file(ground.remote / "big")
    assert await ground.client.is_dir(ground.remote / "tree")


async def rename(ground: Ground) -> None:
    await ground.client.rename(ground.remote / "big", ground.remote / "new")


async def remove(ground: Ground) -> None:
    await ground.client.remove_file(ground.remote / "small")
    await ground.client.remove(ground.remote / "tree")


async def attributes(ground: Ground) -> None:
    await ground.client.size(ground.remote / "big")
    await ground.client.modified(ground.remote / "big")
    await ground.client.set_modified(ground.remote / "big", datetime(2020, 1, 1, tzinfo=UTC))


async def chmod(ground: Ground) -> None:
    await ground.client.chmod(ground.remote / "big", 0o600)


async def checksum(ground: Ground) -> None:
    await ground.client.hash(ground.remote / "big")


async def commands(ground: Ground) -> None:
    await ground.client.noop()
    await ground.client.features()
    await ground.client.system()
    await ground.client.command("HELP", expected_codes=("2xx", "5xx"))
    await ground.client.send_command("NOOP")
    await ground.client.receive_reply()
    await ground.client.site("HELP")


# Listings


async def list_(ground: Ground) -> None:
    assert len(await ground.client.list(ground.remote)) == 5


async def list_recursively(ground: Ground) -> None:
    assert len(await ground.client.list(ground.remote, recursive=True)) == 8


async def list_by_list(ground: Ground) -> None:
    assert len(await ground.client.list(ground.remote, raw_command="LIST")) == 5


async def commands_within_a_listing(ground: Ground) -> None:
    async for entry in ground.client.list(ground.remote):
        await ground.client.exists(entry.path)


async def walk(ground: Ground) -> None:
    async for folder, _, _ in ground.client.walk(ground.remote):
        await ground.client.exists(folder)
    async for _ in ground.client.glob(f"{ground.remote}/*/d/*"):
        pass


async def measure_zone(ground: Ground) -> None:
    await ground.client.measure_zone(ground.remote)


async def leave_a_listing(ground: Ground) -> None:
    async for _ in ground.client.list(ground.remote):
        break
    await ground.client.noop()


# Files and trees


async def download(ground: Ground) -> None:
    await ground.client.download(ground.remote / "big", ground.mine / "big")


async def download_text(ground: Ground) -> None:
    await ground.client.download(ground.remote / "small", ground.mine / "text", kind="A")


async def download_with_all_options(ground: Ground) -> None:
    await ground.client.download(
        ground.remote / "big", ground.mine / "big", keep_times=True, verify="if-offered"
    )


async def download_a_tree(ground: Ground) -> None:
    await ground.client.download(ground.remote / "tree", ground.mine / "tree")


async def download_a_tree_by_two(ground: Ground) -> None:
    await ground.client.download(ground.remote / "tree", ground.mine / "tree", jobs=2)


async def resume_a_download(ground: Ground) -> None:
    ground.keeps_parts = True
    await ground.client.download(ground.remote / "big", ground.mine / "big", resume=True)


async def upload(ground: Ground) -> None:
    await ground.client.upload(ground.mine / "up" / "big", ground.remote / "new")


async def upload_in_a_row(ground: Ground) -> None:
    """The size of the second one is asked for behind it."""
    for name in ("big", "d/small"):
        await ground.client.upload(ground.mine / "up" / name, ground.remote / "new")


async def upload_text(ground: Ground) -> None:
    await ground.client.upload(ground.mine / "up" / "d" / "small", ground.remote / "t", kind="A")


async def upload_with_all_options(ground: Ground) -> None:
    await ground.client.upload(
        ground.mine / "up" / "big", ground.remote / "new", keep_times=True, verify="if-offered"
    )


async def resume_an_upload(ground: Ground) -> None:
    part = ground.stored / "resumed"
    part.write_bytes(BIG[:70_000])
    ground.give(part)
    await ground.client.upload(ground.mine / "up" / "big", ground.remote / "resumed", resume=True)


async def upload_a_tree(ground: Ground) -> None:
    await ground.client.upload(ground.mine / "up", ground.remote / "copy")


async def upload_a_tree_by_two(ground: Ground) -> None:
    await ground.client.upload(ground.mine / "up", ground.remote / "copy", jobs=2)


async def mirror_to_here(ground: Ground) -> None:
    (ground.mine / "surplus").mkdir(exist_ok=True)
    await ground.client.mirror_download(ground.remote / "tree", ground.mine, delete=True)


async def mirror_to_there(ground: Ground) -> None:
    await ground.client.mirror_upload(ground.mine / "up", ground.remote / "tree", delete=True)


async def sync(ground: Ground) -> None:
    state = ground.mine.with_name("state")
    state.unlink(missing_ok=True)
    await ground.client.sync(ground.mine / "up", ground.remote / "tree", state=state)


# Streams


async def download_stream(ground: Ground) -> None:
    async with ground.client.download_stream(ground.remote / "big", offset=10) as stream:
        assert await stream.readexactly(100) == BIG[10:110]
        rest = await stream.read()
    assert rest == BIG[110:]  # which the end of the block would have told


async def download_stream_by_hand(ground: Ground) -> None:
    stream = await ground.client.download_stream(ground.remote / "small", kind="A")
    try:
        assert await stream.readline() == SMALL.partition(b"\r\n")[0] + b"\n"
        async for _ in stream.iter_by_line():
            pass
        await stream.finish()
    finally:
        stream.close()


async def download_stream_left_early(ground: Ground) -> None:
    async with ground.client.download_stream(ground.remote / "big") as stream:
        await stream.read(10)


async def download_streams_in_a_row(ground: Ground) -> None:
    """From the second one on each lets the next be expected; the last is not read to its end."""
    for name, content in (("small", SMALL), ("big", BIG), ("known", SMALL)):
        async with ground.client.download_stream(ground.remote / name) as stream:
            found = await stream.read()
        assert found == content  # which the end of the block would have told
    await download_stream_left_early(ground)


async def upload_stream(ground: Ground) -> None:
    async with ground.client.upload_stream(ground.remote / "new") as stream:
        await stream.write(BIG)
        await stream.write(SMALL)


async def append_stream(ground: Ground) -> None:
    async with ground.client.append_stream(ground.remote / "appended") as stream:
        await stream.write(SMALL)


async def get_stream(ground: Ground) -> None:
    async with ground.client.get_stream("NLST", str(ground.remote), kind="A") as stream:
        assert b"known" in await stream.read()


async def abort(ground: Ground) -> None:
    stream = await ground.client.download_stream(ground.remote / "big")
    with contextlib.closing(stream):
        await ground.client.abort()
    stream = await ground.client.upload_stream(ground.remote / "aborted")
    with contextlib.closing(stream):
        await stream.write(SMALL)
        await ground.client.abort()


async def open_data_connection(ground: Ground) -> None:
    stream = await ground.client.open_data_connection()
    try:
        await ground.client.send_command("RETR", str(ground.remote / "small"))
        await ground.client.receive_reply()
        with contextlib.suppress(anyio.EndOfStream):
            while True:
                await stream.receive()
    finally:
        stream.close()
    await ground.client.receive_reply()


async def keep_alive(ground: Ground) -> None:
    async with ground.client.keep_alive(ground.beat_seconds, during_transfers=True):
        await ground.client.noop()
        await download(ground)


COMMANDS: list[Operation] = [
    get_current_directory,
    change_directory,
    make_directory,
    remove_directory,
    stat,
    rename,
    remove,
    attributes,
    chmod,
    checksum,
    commands,
]

TRANSFERS: list[Operation] = [
    list_,
    list_recursively,
    list_by_list,
    commands_within_a_listing,
    walk,
    measure_zone,
    leave_a_listing,
    download,
    download_text,
    download_with_all_options,
    resume_a_download,
    download_a_tree,
    download_a_tree_by_two,
    upload,
    upload_in_a_row,
    upload_text,
    upload_with_all_options,
    resume_an_upload,
    upload_a_tree,
    upload_a_tree_by_two,
    mirror_to_here,
    mirror_to_there,
    sync,
    download_stream,
    download_stream_by_hand,
    download_stream_left_early,
    download_streams_in_a_row,
    upload_stream,
    append_stream,
    get_stream,
    abort,
    keep_alive,
]

#: Those with a data connection of each kind.
WITH_DATA: list[Operation] = [
    list_,
    commands_within_a_listing,
    download,
    download_stream,
    download_stream_left_early,
    download_streams_in_a_row,
    upload,
    upload_in_a_row,
    upload_stream,
    get_stream,
    abort,
]

#: Those that TLS does not take to.
IN_CLEAR_TEXT: list[Operation] = [open_data_connection]


async def is_in_step(ground: Ground) -> bool:
    """Whether commands get their own replies; a client that is not in step has to say so."""
    try:
        for _ in range(2):
            await ground.client.change_directory("/")  # where we were may be removed
            assert str(await ground.client.get_current_directory()).startswith("/")
            assert await ground.client.size(ground.remote / "known") == len(SMALL)
    except ConnectionLost:
        assert not ground.client.is_connected
        return False
    return True
