"""No link is a way around a user's rights."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from anyftp._fs import LocalFileSystem, QuotaFileSystem
from anyftp._protocol import OPTIONAL_VERBS, Permission
from anyftp._server import Server, User
from server.probe import Probe, logged_in

pytestmark = pytest.mark.anyio

R = Permission.READ_ONLY
#: What somebody may do in the folder /there, and the lines below that may do something by a link.
GRANTED = {
    "nothing": (Permission(0), set()),
    "reading": (R, {"read", "look"}),
    "dropping": (Permission.CREATE, {"new"}),
    "lengthening": (Permission.APPEND | R, {"read", "look", "append"}),
    "removing": (Permission.DELETE, {"remove"}),
    "moving": (Permission.RENAME | Permission.LIST, {"look", "move"}),
    "attributes": (Permission.ATTRIBUTES, {"attributes"}),
    "folders": (Permission.MAKE_DIRECTORY, {"folder"}),
    "everything": (
        Permission.ALL,
        {"read", "look", "new", "append", "remove", "move", "attributes", "folder", "replace"},
    ),
}
LINES = {
    "RETR /to/f": "read",
    "RETR /file": "read",
    "HASH /to/f": "read",
    "XCRC /file": "read",
    "LIST /to": "look",
    "NLST /to/*": "look",
    "MLSD /to": "look",
    "STAT /to": "look",
    "STOR /to/new": "new",
    "STOR /made": "new",
    "STOU /to/x": "new",
    "APPE /to/new": "new",
    "STOR /to/f": "replace",
    "STOR /file": "replace",
    "RANG 1 1\r\nSTOR /to/f": "replace",
    "APPE /to/f": "append",
    "APPE /file": "append",
    "DELE /to/f": "remove",
    "RMD /to/d": "remove",
    "RNFR /to/f\r\nRNTO /taken": "move",
    "RNFR /to/f\r\nRNTO /to/g": "move",
    "MFMT 20200102030405 /to/f": "attributes",
    "SITE CHMOD 600 /file": "attributes",
    "SITE UTIME 20200102030405 /to/f": "attributes",
    "MKD /to/e": "folder",
}
MOVES_DATA = {"RETR", "LIST", "NLST", "MLSD", "STOR", "STOU", "APPE"}


def scene(root: Path) -> None:
    (root / "there" / "d").mkdir(parents=True)
    (root / "there" / "f").write_bytes(b"content")
    (root / "to").symlink_to("there")
    (root / "file").symlink_to(root / "to" / "f")
    (root / "made").symlink_to("there/made")


@pytest.mark.parametrize("line", LINES)
async def test_what_is_not_allowed_at_its_end_is_not_by_a_link(line: str, tmp_path: Path) -> None:
    for granted, (rights, kinds) in GRANTED.items():
        root = tmp_path / granted
        root.mkdir()
        scene(root)
        files = QuotaFileSystem(LocalFileSystem(root), max_bytes=1 << 20)
        rules = {"/": Permission.ALL, "/there": rights}
        user = User("bob", "secret", file_system=files, permissions=rules)
        async with logged_in(Server([user], extensions=OPTIONAL_VERBS)) as probe:
            code = await _perform(probe, line)
        assert (code[0] == "2") == (LINES[line] in kinds), (granted, code)
        if code[0] != "2":
            assert (root / "there" / "f").read_bytes() == b"content"
            assert sorted(os.listdir(root / "there")) == ["d", "f"]


async def test_errors_tell_nothing_of_the_place(tmp_path: Path) -> None:
    scene(tmp_path)
    rules = {"/": Permission.ALL, "/there": Permission(0)}
    user = User("bob", "secret", file_system=LocalFileSystem(tmp_path), permissions=rules)
    async with logged_in(Server([user])) as probe:
        for line in ("SIZE /to/f", "SIZE /file", "RNFR /to", "DELE /to/f"):
            assert "there" not in await probe.ask(line)
        assert await probe.codes("DELE /file") == ["250"]  # the link itself is its own


@pytest.mark.parametrize("rules", [None, Permission.ALL])
async def test_who_may_do_the_same_everywhere_follows_links_as_ever(
    rules: Permission | None, tmp_path: Path
) -> None:
    scene(tmp_path)
    user = User("bob", "secret", file_system=LocalFileSystem(tmp_path), permissions=rules)
    async with logged_in(Server([user])) as probe:
        assert await probe.codes("SIZE /to/f", "MLST /file", "MKD /to/e") == ["213", "250", "257"]


async def _perform(probe: Probe, lines: str) -> str:
    """Send lines; the code of the last reply."""
    *before, last = lines.split("\r\n")
    verb = last.partition(" ")[0]
    if verb not in MOVES_DATA:
        return (await probe.codes(*before, last))[-1]
    async with await probe.open_data() as data:
        await probe.codes(*before)
        code = (await probe.ask(last))[:3]
        if code != "150":
            return code
        if verb in ("STOR", "STOU", "APPE"):
            await data.write(b"x")
        else:
            await data.read()
    return (await probe.reply())[:3]


async def test_what_may_not_be_replaced_is_not_by_a_link(tmp_path: Path) -> None:
    """A file is moved to where one is that the link's own place would let it replace."""
    scene(tmp_path)
    (tmp_path / "there" / "other").write_bytes(b"other")
    rules = {"/": Permission.ALL, "/there": Permission.ALL & ~Permission.OVERWRITE}
    user = User("bob", "secret", file_system=LocalFileSystem(tmp_path), permissions=rules)
    async with logged_in(Server([user])) as probe:
        assert await probe.codes("RNFR /to/f", "RNTO /to/other") == ["350", "550"]
    assert (tmp_path / "there" / "other").read_bytes() == b"other"
    assert (tmp_path / "there" / "f").read_bytes() == b"content"
