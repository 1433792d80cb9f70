"""Hooks that look at uploads before they count, and what is left of those that break off."""

from __future__ import annotations

import errno
import os
from pathlib import Path
from typing import Any

import anyio
import pytest

from anyftp import FileSystemError, Session, Upload, UploadRejectedError
from anyftp._fs import FileSystem, LocalFileSystem, MemoryFileSystem
from anyftp.testing._file_system_checks import read_rest
from fs.makers import MAKERS
from server.probe import Probe, logged_in, server_of, serving, until_tidy

pytestmark = pytest.mark.anyio

LARGE = os.urandom(700_000)


@pytest.fixture(params=["local", "memory", "fsspec-memory"])
async def tree(request: pytest.FixtureRequest, tmp_path: Path) -> FileSystem:
    return await MAKERS[request.param](tmp_path)()


async def no_viruses(session: Session, upload: Upload) -> None:
    """Reject what has the word in it; the whole file is looked at, also after APPE."""
    async with await upload.open() as file:
        if b"VIRUS" in await read_rest(file):
            raise UploadRejectedError("contains\r\na virus")


async def test_a_hook_sees_the_whole_file_and_may_reject_it(tree: FileSystem) -> None:
    async with logged_in(server_of(tree, on_upload=no_viruses)) as probe:
        assert (await probe.upload("STOR f", LARGE))[:3] == "226"
        refusal = "550 /f: contains a virus"
        assert await probe.upload("STOR f", LARGE + b"VIRUS") == refusal
        assert (await probe.download("RETR f"))[0] == LARGE
        assert (await probe.upload("STOR g", b"VIR"))[:3] == "226"
        assert (await probe.upload("APPE g", b"US"))[:3] == "550"
        assert (await probe.download("RETR g"))[0] == b"VIR"
        assert (await probe.upload("STOU", b"VIRUS"))[:3] == "550"
        assert (await probe.download("NLST"))[0] in (b"f\r\ng\r\n", b"g\r\nf\r\n")


async def test_a_hook_is_told_what_came() -> None:
    seen = []

    async def note(session: Session, upload: Upload) -> None:
        assert session.user is not None
        seen.append((session.user.name, str(upload.path), upload.nbytes))

    async with logged_in(server_of(on_upload=note)) as probe:
        await probe.upload("STOR f", b"12345")
        await probe.upload("APPE f", b"678")
    assert seen == [("bob", "/f", 5), ("bob", "/f", 3)]


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (FileSystemError(errno.EDQUOT, "/f"), "552"),
        (UploadRejectedError("no"), "550"),
        (RuntimeError("the scanner is down"), "451"),
    ],
)
async def test_whatever_a_hook_raises_leaves_nothing(error: Exception, code: str) -> None:
    async def fail(session: Session, upload: Upload) -> None:
        raise error

    tree = MemoryFileSystem()
    server = server_of(tree, on_upload=fail, partial_uploads="keep")
    async with logged_in(server) as probe:
        assert (await probe.upload("STOR f", b"x"))[:3] == code
        assert tree.names() == []
        assert (await probe.ask("NOOP"))[:3] == "200"


async def test_a_hook_that_takes_its_time_can_be_aborted() -> None:
    async def wait(session: Session, upload: Upload) -> None:
        await anyio.sleep_forever()

    tree = MemoryFileSystem()
    async with logged_in(server_of(tree, on_upload=wait)) as probe:
        async with await probe.open_data() as data:
            assert (await probe.ask("STOR f"))[:3] == "150"
            await data.write(b"x")
        assert await probe.codes("NOOP", "ABOR") == ["200", "426"]
        assert (await probe.reply())[:3] == "226"
        assert tree.names() == []


async def break_off(probe: Probe, command: str, content: bytes, how: str) -> None:
    """Begin an upload and end it by ABOR, or by going away altogether."""
    data = await probe.open_data()
    assert (await probe.ask(command))[:3] == "150"
    await data.write(content)
    while f"{len(content)} bytes so far" not in await probe.ask("STAT"):
        await anyio.sleep(0.01)
    if how == "ABOR":
        assert (await probe.ask("ABOR"))[:3] == "426"
        assert (await probe.reply())[:3] == "226"
    else:
        probe.stream.close()
    data.close()


@pytest.mark.parametrize("how", ["ABOR", "gone"])
async def test_a_part_is_kept_where_that_is_wanted(tree: FileSystem, how: str) -> None:
    async with serving(server_of(tree, partial_uploads="keep")) as address:
        async with await Probe.connect(address) as probe:
            await probe.log_in()
            await break_off(probe, "STOR f", LARGE[:300_000], how)
        async with await Probe.connect(address) as probe:
            await probe.log_in()
            with anyio.fail_after(5):
                while (reply := await probe.ask("SIZE f"))[:3] != "213":
                    await anyio.sleep(0.01)
            size = int(reply[4:])  # what came last may be lost
            assert 0 < size <= 300_000
            await probe.ask(f"REST {size}")
            assert (await probe.upload("STOR f", LARGE[size:]))[:3] == "226"
            assert (await probe.download("RETR f"))[0] == LARGE


@pytest.mark.parametrize("command", ["STOR f", "APPE f"])
async def test_by_default_nothing_is_left_and_the_older_file_stays(
    tmp_path: Path, command: str
) -> None:
    (tmp_path / "f").write_bytes(b"older")
    async with logged_in(server_of(LocalFileSystem(tmp_path))) as probe:
        await break_off(probe, command, LARGE, "ABOR")
        assert (tmp_path / "f").read_bytes() == b"older"
        assert await until_tidy(tmp_path) == ["f"]


@pytest.mark.parametrize("setting", [{"TYPE": "A"}, {"bytes": b""}])
async def test_what_cannot_be_resumed_is_not_kept(setting: dict[str, Any]) -> None:
    """Text, and an upload of which not a byte has come."""
    tree = MemoryFileSystem()
    tree.put("/f", b"older")
    async with logged_in(server_of(tree, partial_uploads="keep")) as probe:
        await probe.ask(f"TYPE {setting.get('TYPE', 'I')}")
        await break_off(probe, "STOR f", setting.get("bytes", b"new"), "ABOR")
        assert tree.get("/f") == b"older"
