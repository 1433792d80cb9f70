"""COMB: parts become one file."""

from __future__ import annotations

import errno
import os
from pathlib import Path, PurePosixPath

import pytest

from anyftp._errors import FileSystemError, UploadRejectedError
from anyftp._fs import LocalFileSystem, MemoryFileSystem
from anyftp._fs._memory import MemoryReadFile
from anyftp._server import Permission, Server, Session, Upload, User
from server.probe import logged_in, server_of

pytestmark = pytest.mark.anyio

SIZES = (0, 1_500_000, 1)


async def test_a_new_file_of_parts(tmp_path: Path) -> None:
    parts = [bytes([65 + number]) * size for number, size in enumerate(SIZES)]
    for number, part in enumerate(parts):
        (tmp_path / f"part {number}").write_bytes(part)
    server = server_of(LocalFileSystem(tmp_path), extensions=["COMB"])
    async with logged_in(server) as probe:
        reply = await probe.ask('COMB "the whole" "part 0" "part 1" "part 2"')
        assert reply == "250 /the whole: 3 parts added."
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == {
        "the whole": b"".join(parts)
    }


def scene() -> MemoryFileSystem:
    tree = MemoryFileSystem()
    for name in ("one", "two"):
        tree.put(f"/{name}", name.encode())
    return tree


async def test_a_file_that_is_there_is_lengthened() -> None:
    tree = scene()
    async with logged_in(server_of(tree, extensions=["COMB"])) as probe:
        assert (await probe.ask("COMB one two"))[:3] == "250"
    assert tree.names() == ["one"]
    assert tree.get("one") == b"onetwo"


@pytest.mark.parametrize(
    ("line", "code"),
    [
        ("COMB one", "501"),
        ('COMB "one', "501"),
        ('COMB "one" "two', "501"),
        ("COMB one one", "501"),
        ("COMB new one ./one", "501"),
        ("COMB new one no", "550"),
        ("COMB no/new one", "550"),
        ("COMB / one", "550"),
    ],
)
async def test_refusals_change_nothing(line: str, code: str) -> None:
    tree = scene()
    async with logged_in(server_of(tree, extensions=["COMB"])) as probe:
        assert (await probe.ask(line))[:3] == code
    assert [tree.get(name) for name in tree.names()] == [b"one", b"two"]


P = Permission


@pytest.mark.parametrize(
    ("rights", "line", "code"),
    [
        (P.READ | P.DELETE | P.CREATE, "COMB new one two", "250"),
        (P.READ | P.DELETE | P.CREATE, "COMB one two", "550"),
        (P.READ | P.DELETE | P.APPEND, "COMB one two", "250"),
        (P.READ | P.DELETE | P.APPEND, "COMB new one two", "550"),
        (P.READ | P.WRITE, "COMB new one two", "550"),
        (P.DELETE | P.WRITE, "COMB new one two", "550"),
    ],
)
async def test_rights(rights: Permission, line: str, code: str) -> None:
    users = [User("bob", "secret", file_system=scene(), permissions=rights)]
    async with logged_in(Server(users, extensions=["COMB"])) as probe:
        assert (await probe.ask(line))[:3] == code


async def test_a_full_disk_leaves_all_as_it_was() -> None:
    class Full(MemoryFileSystem):
        def write_into(self, path: PurePosixPath, *rest: object) -> None:
            raise FileSystemError(errno.ENOSPC, path)

    tree = Full()
    tree.put("/one", b"one")
    tree.put("/two", b"two")
    async with logged_in(server_of(tree, extensions=["COMB"])) as probe:
        assert (await probe.ask("COMB one two"))[:3] == "452"
    assert [tree.get(name) for name in tree.names()] == [b"one", b"two"]


async def test_the_hook_for_uploads_is_asked_first() -> None:
    """Or whoever may not upload something would do so in two parts."""
    seen = []

    async def look(session: Session, upload: Upload) -> None:
        async with await upload.open() as file:
            block = memoryview(bytearray(100))
            seen.append((str(upload.path), bytes(block[: await file.readinto(block)])))
        if len(seen) > 1:
            raise UploadRejectedError("not this")

    tree = scene()
    async with logged_in(server_of(tree, extensions=["COMB"], on_upload=look)) as probe:
        assert (await probe.ask("COMB whole one"))[:3] == "250"
        assert await probe.ask("COMB other two whole") == "550 /other: not this"
        assert await probe.codes("SIZE other", "SIZE two", "SIZE whole") == ["550", "213", "213"]
    assert seen == [("/whole", b"one"), ("/other", b"twoone")]


@pytest.mark.parametrize("alias", ["link", "folder/f", "hard"])
async def test_a_file_is_not_added_to_itself_under_another_name(alias: str, tmp_path: Path) -> None:
    """It would grow without end, and be removed as a part of itself."""
    (tmp_path / "f").write_bytes(b"content")
    (tmp_path / "part").write_bytes(b"part")
    (tmp_path / "link").symlink_to("f")
    (tmp_path / "folder").symlink_to(".")
    os.link(tmp_path / "f", tmp_path / "hard")
    server = server_of(LocalFileSystem(tmp_path), extensions=["COMB"])
    async with logged_in(server) as probe:
        for words in (f"f {alias}", f"{alias} f", f"new f {alias}", f"part f {alias}"):
            assert (await probe.ask(f"COMB {words}"))[:3] == "501"
        assert (await probe.ask(f"COMB {alias} part"))[:3] == "250"
    assert (tmp_path / "f").read_bytes() == b"contentpart"


async def test_a_part_that_grows_meanwhile_is_added_as_it_was(tmp_path: Path) -> None:
    class Growing(MemoryFileSystem):
        async def open_read(self, path: PurePosixPath, offset: int = 0) -> MemoryReadFile:
            file = await super().open_read(path, offset)
            self._file(path).content += b"more"
            return file

    tree = Growing()
    tree.put("/one", b"one")
    async with logged_in(server_of(tree, extensions=["COMB"])) as probe:
        assert (await probe.ask("COMB new one"))[:3] == "250"
    assert tree.get("new") == b"one"


async def test_a_part_that_shrinks_meanwhile_stays() -> None:
    class Shrinking(MemoryFileSystem):
        async def open_read(self, path: PurePosixPath, offset: int = 0) -> MemoryReadFile:
            file = await super().open_read(path, offset)
            del self._file(path).content[1:]
            return file

    tree = Shrinking()
    tree.put("/one", b"one")
    async with logged_in(server_of(tree, extensions=["COMB"])) as probe:
        assert (await probe.ask("COMB new one"))[:3] == "451"
    assert tree.names() == ["one"]
