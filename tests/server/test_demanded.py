"""No path reaches the files of a user before the user's right at it was asked for.

A file system writes down each path that it is given, and a user each path that is asked about;
after every command the first is part of the second. So a verb that checks one path and acts on
another is found, whatever its kind.
"""

from __future__ import annotations

import inspect
from pathlib import PurePosixPath
from typing import Any

import pytest

from anyftp._fs import FileSystem, MemoryFileSystem
from anyftp._protocol import OPTIONAL_VERBS, VERBS, Permission
from anyftp._server import Server, User
from server.probe import Probe, logged_in

pytestmark = pytest.mark.anyio


class Recorded(MemoryFileSystem):
    """Writes down each path that it is given.

    Attributes:
        seen: these paths.
    """

    def __init__(self) -> None:
        super().__init__()
        self.seen: set[PurePosixPath] = set()


def _recording(method: Any) -> Any:
    def recorded(self: Recorded, *args: Any, **more: Any) -> Any:
        values = [*args, *more.values()]
        self.seen.update(value for value in values if isinstance(value, PurePosixPath))
        return method(self, *args, **more)

    return recorded


for _name, _method in inspect.getmembers(FileSystem, inspect.isfunction):
    setattr(Recorded, _name, _recording(getattr(MemoryFileSystem, _name)))


class Asked(User):
    """Writes down each path at which its rights are asked for."""

    def allowed(self, path: PurePosixPath) -> Permission:
        asked.add(path)
        return super().allowed(path)


asked: set[PurePosixPath] = set()

#: Lines that make each verb act in as many ways as it has; what is not here is tried with a file
#: and with a folder. CWD and CDUP are left out: they tell that there is a folder, and no more,
#: because the way to where somebody may do something leads through folders where nobody may.
LINES: dict[str, list[str]] = {
    "LIST": ["LIST", "LIST d", "LIST d/f", "LIST d/*", "LIST *", "LIST /*/f", "LIST -la d/?"],
    "NLST": ["NLST", "NLST d", "NLST d/f", "NLST d/*", "NLST *", "NLST -a d/[f]"],
    "STAT": ["STAT d", "STAT d/f", "STAT d/*", "STAT *", "STAT -l *"],
    "MLSD": ["MLSD", "MLSD d", "MLSD d/f"],
    "STOU": [
        "STOU",
        "STOU d",
        "STOU d/",
        "STOU d/f",
        "STOU .",
        "STOU /",
        "STOU ..",
        "STOU d/new.txt",
    ],
    "APPE": ["APPE d/f", "APPE d/new"],
    "STOR": ["STOR d/f", "STOR d/new", "REST 1\r\nSTOR d/f", "RANG 0 1\r\nSTOR d/f"],
    "RETR": ["RETR d/f", "RETR d", "RETR d/none", "REST 1\r\nRETR d/f"],
    "RNFR": ["RNFR d/f", "RNFR d", "RNFR none"],
    "RNTO": [
        "RNFR d/f\r\nRNTO d/g",
        "RNFR d\r\nRNTO e",
        "RNFR e\r\nRNTO e/x",
        "RNFR d/f\r\nRNTO d",
    ],
    "MDTM": ["MDTM d/f", "MDTM 20200102030405 d/f", "MDTM 20200102030405 d/none"],
    "MFMT": ["MFMT 20200102030405 d/f", "MFMT 20200102030405 d"],
    "SITE": [
        "SITE CHMOD 600 d/f",
        "SITE UTIME 20200102030405 d/f",
        "SITE UTIME d/f 20200102030405 20200102030405 20200102030405 UTC",
    ],
    "COMB": ['COMB "d/new" "d/f" "d/h"', "COMB d/f d/h", "COMB d/f d/none"],
    **{f"X{name}": [f"X{name} d/f", f'X{name} "d/f" 0 1'] for name in ("CRC", "MD5", "SHA1")},
}
#: QUIT and the like end the login, and name no path.
LEFT_OUT = {"CWD", "CDUP", "QUIT", "REIN", "USER", "PASS"}
ALL = sorted({row.name for row in [*VERBS.values(), *OPTIONAL_VERBS.values()]} - LEFT_OUT)
#: Whoever is to see nothing, something, or everything.
RULES: list[Any] = [
    None,
    Permission.ALL,
    Permission.READ_ONLY,
    {"/": Permission.ALL, "/d/deep": Permission(0)},
    {"/d": Permission.ALL},
    [("/*", Permission.READ_ONLY), ("/**/f", Permission.ALL)],
]


def serving_recorded(rules: Any) -> tuple[Server, Recorded]:
    tree = Recorded()
    for path in ("/d/f", "/d/h", "/d/deep/er/f", "/e/f", "/f"):
        tree.put(path, b"content")
    user = Asked("bob", "secret", file_system=tree, permissions=rules)
    return Server([user], extensions=OPTIONAL_VERBS), tree


@pytest.mark.parametrize("verb", ALL)
async def test_each_path_was_demanded(verb: str) -> None:
    for rules in RULES:
        server, tree = serving_recorded(rules)
        async with logged_in(server) as probe:
            for lines in LINES.get(verb, [f"{verb} d/f", f"{verb} d"]):
                tree.seen.clear()
                asked.clear()
                await _perform(probe, lines)
                assert tree.seen <= asked, (rules, lines)


async def _perform(probe: Probe, lines: str) -> None:
    """Send lines, the last of which may want a data connection, and wait for all replies."""
    *before, last = lines.split("\r\n")
    row = VERBS.get(last.partition(" ")[0])
    if row is None or not row.data:
        await probe.codes(*before, last)
        return
    async with await probe.open_data() as data:
        await probe.codes(*before)
        if (await probe.ask(last))[:3] != "150":
            return
        if last.startswith(("STOR", "STOU", "APPE")):
            await data.write(b"x")
        else:
            await data.read()
    await probe.reply()


def test_every_method_that_takes_a_path_is_recorded() -> None:
    names = dict(inspect.getmembers(FileSystem, inspect.isfunction))
    taking = {
        name for name, method in names.items() if "PurePosixPath" in str(inspect.signature(method))
    }
    assert len(taking) >= 10
    assert all(getattr(Recorded, name).__name__ == "recorded" for name in taking)


async def test_a_folder_takes_nothing_along_that_may_not_be_read() -> None:
    rules = {"/": Permission.ALL, "/d/deep/er": Permission(0)}
    server, tree = serving_recorded(rules)
    async with logged_in(server) as probe:
        assert await probe.codes("RNFR /d", "RNTO /x") == ["350", "550"]
        assert await probe.codes("RNFR /d/deep", "RNTO /x") == ["350", "550"]
        assert await probe.codes("RNFR /e", "RNTO /x") == ["350", "250"]
        assert tree.get("/d/deep/er/f") == b"content"


async def test_nothing_is_carried_to_where_it_may_not_be_changed() -> None:
    rules = {"/": Permission.ALL, "/x/f": Permission.READ}
    server, _ = serving_recorded(rules)
    async with logged_in(server) as probe:
        assert await probe.codes("RNFR /e", "RNTO /x") == ["350", "550"]
        assert await probe.codes("RNFR /e", "RNTO /y") == ["350", "250"]


async def test_a_pattern_shows_no_more_than_its_folder() -> None:
    rules = [("/*", Permission.READ_ONLY)]
    server, _ = serving_recorded(rules)
    async with logged_in(server) as probe:
        for line in ("LIST", "LIST /*", "NLST *", "NLST /?"):
            async with await probe.open_data():
                assert (await probe.ask(line))[:3] == "550", line
        assert await probe.codes("STAT /", "STAT /*") == ["550", "550"]


async def test_stou_stays_in_its_folder() -> None:
    server, tree = serving_recorded({"/d": Permission.ALL})
    async with logged_in(server) as probe:
        before = tree.names("/d")
        for line in ("STOU d", "STOU /d/", "CWD d\r\nSTOU .", "STOU", "STOU ../d", "STOU x.bin"):
            await _perform(probe, line)
        await _perform(probe, "STOU ..")
        await _perform(probe, "STOU /f")
        assert len(tree.names("/d")) == len(before) + 6
        assert (tree.names(), tree.names("/e")) == (["d", "e", "f"], ["f"])


async def test_a_file_system_is_all_that_is_asked() -> None:
    """What the test above compares is not empty."""
    server, tree = serving_recorded(None)
    async with logged_in(server) as probe:
        asked.clear()
        await _perform(probe, "LIST d")
    assert PurePosixPath("/d") in tree.seen & asked
