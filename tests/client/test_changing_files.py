"""Local files that another program changes while they are uploaded, by whatever method.

What arrives is what the file was at one moment, or the call says that it is not. A file that is
only added to is sent as long as it was when it was opened, and the report says so.
"""

from __future__ import annotations

import contextlib
import errno
import os
import random
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any

import pytest

from anyftp import (
    Client,
    ClientPool,
    FileSystemError,
    FTPError,
    MemoryFileSystem,
    Progress,
    RetryPolicy,
    SourceChangedError,
    StreamThrottle,
    TransferReport,
    WriteFile,
)
from client.serving import addressed

pytestmark = pytest.mark.anyio

#: More than the buffers of two sockets hold, so that it is still being read when some has come.
LARGE = random.Random(12).randbytes(6_000_000)
OTHER = random.Random(13).randbytes(6_000_000)
TREE = PurePosixPath("/tree")


class Meddled(MemoryFileSystem):
    """Files of a server; once some of an upload has come, something happens to its original."""

    meddle: Callable[[], object] | None = None
    times = 1

    async def open_write(self, path: PurePosixPath, **options: Any) -> WriteFile:  # type: ignore[override]
        file = await super().open_write(path, **options)
        write = file.write

        async def meddled(data: memoryview, /) -> None:
            if self.meddle is not None and self.times and len(data) > 1000:
                self.times -= 1
                self.meddle()
            await write(data)

        file.write = meddled  # type: ignore[method-assign]
        return file


@dataclass
class Scene:
    """A server and a local folder with one large file and one that nobody touches."""

    host: str
    port: int
    files: Meddled
    folder: Path
    errors: list[FTPError] = field(default_factory=list)

    @property
    def path(self) -> Path:
        return self.folder / "big"

    @contextlib.asynccontextmanager
    async def client(self, **options: Any) -> AsyncIterator[Client]:
        async with Client.context(self.host, self.port, "alice", "x", **options) as client:
            yield client

    async def stored(self, path: PurePosixPath = TREE / "big") -> bytes | None:
        """What the server has."""
        try:
            size = (await self.files.stat(path)).size
        except FileSystemError as error:
            if error.errno != errno.ENOENT:
                raise
            return None
        buffer, filled = memoryview(bytearray(size)), 0
        async with await self.files.open_read(path) as file:
            while filled < size:
                filled += await file.readinto(buffer[filled:])
        return bytes(buffer)

    def note(self, path: PurePosixPath, error: FTPError) -> None:
        self.errors.append(error)


@pytest.fixture
async def scene(tmp_path: Path) -> AsyncIterator[Scene]:
    folder = tmp_path / "tree"
    folder.mkdir()
    (folder / "big").write_bytes(LARGE)
    (folder / "small").write_bytes(b"small")
    os.utime(folder / "big", (1_000_000_000, 1_000_000_000))
    files = Meddled()
    await files.make_directory(TREE)
    async with addressed(files) as (host, port):
        yield Scene(host, port, files, folder)


# What happens to the file


def rewritten(path: Path) -> None:
    with path.open("r+b") as file:
        file.seek(5_500_000)
        file.write(OTHER[5_500_000:])


def cut_short(path: Path) -> None:
    os.truncate(path, 100)


def written_anew(path: Path) -> None:
    path.write_bytes(OTHER)


def written_anew_and_longer(path: Path) -> None:
    path.write_bytes(OTHER + b"more")


def inserted_in_front(path: Path) -> None:
    path.write_bytes(b"one line more\n" + LARGE)


def extended_over_its_end(path: Path) -> None:
    """As archives are added to: their table is at the end."""
    with path.open("r+b") as file:
        file.seek(-100, os.SEEK_END)
        file.write(OTHER[:500])


def added_to(path: Path) -> None:
    with path.open("ab") as file:
        file.write(b"one line more\n")


def replaced(path: Path) -> None:
    path.with_name("new").write_bytes(OTHER)
    path.with_name("new").rename(path)


def removed(path: Path) -> None:
    path.unlink()


MIXING = [
    rewritten,
    cut_short,
    written_anew,
    written_anew_and_longer,
    inserted_in_front,
    extended_over_its_end,
]

# By what it is uploaded

Way = Callable[[Scene], Awaitable[TransferReport]]


async def upload(scene: Scene) -> TransferReport:
    async with scene.client() as client:
        return await client.upload(scene.path, TREE / "big")


async def upload_aside(scene: Scene) -> TransferReport:
    async with scene.client() as client:
        return await client.upload(scene.path, TREE / "big", atomic=True)


async def upload_throttled(scene: Scene) -> TransferReport:
    async with scene.client() as client:
        throttle = StreamThrottle.from_limits(write_speed_limit=400_000_000)
        return await client.upload(scene.path, TREE / "big", throttle=throttle)


async def resume(scene: Scene) -> TransferReport:
    scene.files.times = 0
    async with await scene.files.open_write(TREE / "big") as file:
        await file.write(memoryview(LARGE[:100_000]))
        await file.commit()
    scene.files.times = 1
    async with scene.client() as client:
        return await client.upload(scene.path, TREE / "big", resume=True)


async def upload_tree(scene: Scene) -> TransferReport:
    async with scene.client() as client:
        return await client.upload(scene.folder, f"{TREE.parent}", jobs=2)


async def mirror(scene: Scene) -> TransferReport:
    async with scene.client() as client:
        return (await client.mirror_upload(scene.folder, TREE)).transfer


async def sync(scene: Scene) -> TransferReport:
    async with scene.client() as client:
        state = scene.folder.with_name("state")
        return (await client.sync(scene.folder, TREE, state=state)).transfer


async def pool_of_many(scene: Scene) -> TransferReport:
    async with ClientPool(scene.host, scene.port, "alice", "x") as pool:
        many = await pool.upload_many([(scene.path, TREE / "big")])
        return many.done[0][1]


WAYS: list[Way] = [upload, upload_aside, upload_throttled, resume]
WAYS += [upload_tree, mirror, sync, pool_of_many]

every_way = pytest.mark.parametrize("way", WAYS, ids=lambda way: way.__name__)


@pytest.mark.one_loop
@every_way
@pytest.mark.parametrize("change", MIXING, ids=lambda change: change.__name__)
async def test_a_mixture_is_no_success(
    scene: Scene, change: Callable[[Path], None], way: Way
) -> None:
    scene.files.meddle = lambda: change(scene.path)
    with pytest.raises(SourceChangedError) as caught:
        await way(scene)
    assert caught.value.path.endswith("big")
    assert caught.value.before == (len(LARGE), 10**18)
    assert caught.value.after == (scene.path.stat().st_size, scene.path.stat().st_mtime_ns)
    assert await scene.stored() is None


@every_way
@pytest.mark.parametrize(
    "change", [added_to, replaced, removed], ids=lambda change: change.__name__
)
async def test_what_the_file_was_when_it_was_opened_is_a_copy(
    scene: Scene, change: Callable[[Path], None], way: Way
) -> None:
    scene.files.meddle = lambda: change(scene.path)
    report = await way(scene)
    assert await scene.stored() == LARGE
    assert report.grown == ((str(TREE / "big"),) if change is added_to else ())


async def test_a_file_that_grows_all_the_time_has_an_end(scene: Scene) -> None:
    def grow(progress: Progress) -> None:
        with scene.path.open("ab") as file:
            file.write(bytes(2_000_000))

    async with scene.client() as client:
        report = await client.upload(scene.path, TREE / "big", progress=grow)
    assert (await scene.stored(), report.nbytes) == (LARGE, len(LARGE))


async def test_nor_is_more_of_a_text_sent_than_there_was(scene: Scene) -> None:
    text = b"It was a bright cold day in April.\n" * 400_000
    scene.path.write_bytes(text)
    scene.files.meddle = lambda: added_to(scene.path)
    async with scene.client() as client:
        report = await client.upload(scene.path, TREE / "big", kind="A")
    assert report.grown
    assert await scene.stored() == text


async def test_what_has_been_there_stays_where_copies_appear_whole(scene: Scene) -> None:
    await upload(scene)
    scene.files.meddle = lambda: written_anew(scene.path)
    with pytest.raises(SourceChangedError):
        await upload_aside(scene)
    assert await scene.stored() == LARGE
    assert [info.name async for batch in scene.files.scan(TREE) for info in batch] == ["big"]


@pytest.mark.parametrize("is_resumed", [False, True])
async def test_another_attempt_sends_what_it_is_then(scene: Scene, is_resumed: bool) -> None:
    scene.files.meddle = lambda: written_anew(scene.path)
    policy = RetryPolicy(attempts=2, first_delay_seconds=0)
    async with scene.client(retry=policy) as client:
        report = await client.upload(scene.path, TREE / "big", resume=is_resumed)
    assert await scene.stored() == OTHER
    assert report.files == 1


async def test_a_mixture_is_not_taken_for_a_part(scene: Scene) -> None:
    scene.files.meddle = lambda: rewritten(scene.path)
    async with scene.client() as client:
        with pytest.raises(SourceChangedError):
            await client.upload(scene.path, TREE / "big")
        await client.upload(scene.path, TREE / "big", resume=True)
    assert await scene.stored() == LARGE[:5_500_000] + OTHER[5_500_000:]


@pytest.mark.parametrize("way", ["tree", "mirror", "sync"])
async def test_the_rest_of_a_tree_goes_on(scene: Scene, way: str) -> None:
    scene.files.meddle = lambda: rewritten(scene.path)
    async with scene.client() as client:
        if way == "tree":
            report = await client.upload(scene.folder, TREE.parent, on_error=scene.note)
        elif way == "mirror":
            mirrored = await client.mirror_upload(scene.folder, TREE, on_error=scene.note)
            report = mirrored.transfer
        else:
            state = scene.folder.with_name("state")
            synced = await client.sync(scene.folder, TREE, state=state, on_error=scene.note)
            report = synced.transfer
    assert [type(error) for error in scene.errors] == [SourceChangedError]
    (failed,) = report.failed
    assert failed.endswith("/big")


async def test_a_checksum_is_of_what_was_sent(scene: Scene) -> None:
    scene.files.meddle = lambda: added_to(scene.path)
    async with scene.client() as client:
        report = await client.upload(scene.path, TREE / "big", verify="if-offered")
    assert await scene.stored() == LARGE
    assert report.grown


@pytest.mark.skipif(not Path("/proc/self/maps").exists(), reason="no /proc here")
async def test_files_of_the_kernel_have_no_size_and_are_sent(scene: Scene) -> None:
    async with scene.client() as client:
        await client.upload("/proc/self/status", TREE / "status")
    stored = await scene.stored(TREE / "status")
    assert stored is not None
    assert stored.startswith(b"Name:")
