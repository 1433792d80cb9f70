"""Names that servers may give: nothing leaves the destination, and nothing is lost in silence.

Every name is tried in MLSD and in LIST, in the download of a tree and in a mirror. Whatever comes
of it, a file lies under exactly this name inside the destination, or an error or the report says
that it does not.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import Any

import pytest

from anyftp import Client, TransferReport
from anyftp._errors import (
    FileSystemError,
    ListingError,
    LocalProtocolError,
    NameCollisionError,
    ReplyError,
    UnsafeNameError,
)
from anyftp._fs import LocalFileSystem
from client.peer import Peer, send_data
from client.tree import Tree, on_disk
from support.clocks import BACKENDS

pytestmark = pytest.mark.anyio

#: Never written anywhere.
LEADING_OUT = [
    *["..", ".", "../evil", "../../evil", "../../../../evil", "a/../../evil", "d/../evil"],
    *["/evil", "/etc/evil", "//evil", "/", "./evil", "x/", "a/b", "../", "./", "/../evil"],
    *["..//evil", "d/..", "~/evil", "/tmp/evil", "a//b", "\x00/evil", "evil/../evil"],
]
#: Cut or dropped by the lines of a listing.
CONTROLS = [
    *["a\0b", "\0", "evil\0.txt", "a\nb", "a\r\nb", "a\nDELE evil", "a\r", "\r\n"],
    *["a\x01b", "a\x1b[2Jb", "a\x7fb", "a\tb", "\x08\x08evil", "a\x85b", "a\u2028b"],
]
#: Plain names here, whatever they mean elsewhere.
FOREIGN = [
    *["..\\evil", "a\\b", "\\evil", "\\\\host\\share\\evil", "\\\\?\\C:\\evil", "C:", "C:evil"],
    *["C:\\evil", "file.txt:stream", "file::$DATA", "CON", "con.txt", "NUL", "nul.tar.gz", "AUX "],
    *[
        "COM1",
        "com¹.txt",
        "LPT9:",
        "CONIN$",
        "PRN.",
        "a.",
        "a ",
        "...",
        "....",
        ".. ",
        " ..",
        "..;",
    ],
    *["a*b", "a?b", "<a>", "|a", '"a"', "%2e%2e%2fevil", "..%2fevil"],
    *["~", "~root", "$HOME", "`id`", "-rf", "--", "#", ".bashrc"],
]
#: What looks like a slash or a dot, and bytes that are no UTF-8: overlong slash, lone surrogate.
LOOK_ALIKES = [
    *["\u2024\u2024", "\uff0e\uff0e\uff0fevil", "\u2215evil", "\u2044evil", "a\u29f8b"],
    *["\udcc0\udcaf", "..\udcc0\udcafevil", "\udce0\udc80\udcaf", "\udced\udca0\udc80", "\udcff"],
    *["caf\udce9", "\u202etxt.exe", "\u200b", "\ufeffa", "é", "e\u0301", "İ", "ſ"],
]
LONG = ["n" * 255, "n" * 256, "n" * 5000, "ü" * 200, "/".join(["a"] * 300), "../" * 300 + "evil"]

GROUPS = {
    "leading-out": LEADING_OUT,
    "controls": CONTROLS,
    "foreign": FOREIGN,
    "look-alikes": LOOK_ALIKES,
    "long": LONG,
}

REFUSALS = (FileSystemError, ListingError, LocalProtocolError, ReplyError, UnsafeNameError)


def test_the_table_is_large_enough() -> None:
    names = [name for names in GROUPS.values() for name in names]
    assert len({*names}) == len(names) > 100


class Evil:
    """A server with a folder "t" that lists a file of some name, and below it a folder of it."""

    def __init__(self, name: str, command: str) -> None:
        self.name = name
        self.command = command

    def peer(self) -> Peer:
        answers: dict[str, Any] = {"MLSD": "500 what?", "LIST": "500 what?", "SIZE": "550 no"}
        answers |= {"MDTM": "550 no", self.command: self.list}
        return Peer(content=b"evil", **answers)

    async def list(self, peer: Peer, argument: str) -> None:
        file = {"MLSD": "type=file;size=4; ", "LIST": "-rw-r--r-- 1 u g 4 Nov 23 2025 "}
        folder = {"MLSD": "type=dir; ", "LIST": "drwxr-xr-x 1 u g 4 Nov 23 2025 "}
        lines = {
            "t": [file[self.command] + self.name, folder[self.command] + "deep"],
            "t/deep": [folder[self.command] + self.name],
        }
        text = "".join(f"{line}\r\n" for line in lines.get(argument, []))
        await send_data(peer, text.encode("utf-8", "surrogateescape"))


async def download(client: Client, into: Path) -> TransferReport:
    return await client.download("t/", into)


async def mirror(client: Client, into: Path) -> TransferReport:
    return (await client.mirror_download("t", into / "t")).transfer


WAYS = {"download": download, "mirror": mirror}


# On one backend: names are the same on all, and there are many.
@pytest.mark.parametrize("anyio_backend", BACKENDS[-1:])
@pytest.mark.parametrize("group", GROUPS)
@pytest.mark.parametrize("command", ["MLSD", "LIST"])
@pytest.mark.parametrize("way", WAYS)
async def test_f1_nothing_leaves_the_destination(
    group: str, command: str, way: str, tmp_path: Path
) -> None:
    (tmp_path / "precious").write_bytes(b"P")
    for name in GROUPS[group]:
        into = tmp_path / "in"
        into.mkdir()
        (into / "t").mkdir()
        refusal: Exception | None = None
        report = None
        async with Evil(name, command).peer().client(timeout=5) as client:
            try:
                report = await WAYS[way](client, into)
            except REFUSALS as error:
                refusal = error
            if not name.startswith("/") and client.is_connected:
                await client.noop()
        assert sorted(os.listdir(tmp_path)) == ["in", "precious"], repr(name)
        assert os.listdir(into) == ["t"], repr(name)
        found = {path for path in on_disk(into / "t") if path != "deep/"}
        check(name, found, refusal, report)
        shutil.rmtree(into)
    assert (tmp_path / "precious").read_bytes() == b"P"


def check(
    name: str, found: set[str], refusal: Exception | None, report: TransferReport | None
) -> None:
    """There it is, whole name and all; or it was said that it is not."""
    if refusal is None:
        assert report is not None
        is_told = bool(report.skipped or report.odd_lines)
        assert name in found or is_told or name in _LOST_TO_LINES, repr(name)
    for path in found:
        assert path.rstrip("/") in _acceptable(name), (name, path)


#: A line break in a name is the end of its line: what remains is another name, or none.
_LOST_TO_LINES = {"a\nb", "a\r\nb", "a\nDELE evil", "a\r", ".", "..", "\r\n"}


def _acceptable(name: str) -> set[str]:
    names = {name, name.split("\n")[0].rstrip("\r")}
    return names | {f"deep/{name}" for name in names}


# Case


@pytest.fixture
def case_is_ignored(monkeypatch: pytest.MonkeyPatch) -> None:
    async def folds_names(self: LocalFileSystem) -> bool:
        return True

    monkeypatch.setattr(LocalFileSystem, "folds_names", folds_names)


@pytest.mark.parametrize(
    ("one", "other"),
    [("readme", "README"), ("é", "e\u0301"), ("É", "e\u0301"), ("ſ", "S"), ("straße", "STRASSE")],
)
@pytest.mark.parametrize("way", WAYS)
@pytest.mark.usefixtures("case_is_ignored")
async def test_f3_names_that_would_be_one_file(
    one: str, other: str, way: str, tmp_path: Path
) -> None:
    tree = Tree({"/t/": b"", f"/t/{one}": b"1", f"/t/{other}": b"2", "/t/a": b"3"})
    (tmp_path / "t").mkdir()
    async with tree.peer().client() as client:
        with pytest.raises(NameCollisionError) as caught:
            await WAYS[way](client, tmp_path)
    assert caught.value.names == (one, other)
    assert on_disk(tmp_path / "t") == {}


@pytest.mark.usefixtures("case_is_ignored")
async def test_a_collision_that_is_left_out_is_none(tmp_path: Path) -> None:
    (tmp_path / "t").mkdir()
    tree = Tree({"/t/": b"", "/t/a": b"1", "/t/A": b"2"})
    async with tree.peer().client() as client:
        await client.mirror_download("t", tmp_path / "t", exclude=["A"])
    assert on_disk(tmp_path / "t") == {"a": b"1"}


async def test_where_case_counts_both_are_there(tmp_path: Path) -> None:
    tree = Tree({"/t/": b"", "/t/a": b"1", "/t/A": b"2"})
    async with tree.peer().client() as client:
        await client.mirror_download("t", tmp_path / "t")
        await client.download("t", tmp_path / "u")
    assert on_disk(tmp_path / "t") == on_disk(tmp_path / "u") == {"a": b"1", "A": b"2"}


@pytest.mark.usefixtures("case_is_ignored")
async def test_a_mirror_does_not_delete_what_it_has_just_written(tmp_path: Path) -> None:
    (tmp_path / "t").mkdir()
    (tmp_path / "t" / "README").write_bytes(b"old one")
    tree = Tree({"/t/": b"", "/t/readme": b"1"})
    async with tree.peer().client() as client:
        report = await client.mirror_download("t", tmp_path / "t", delete=True, dry_run=True)
    assert [str(path) for path in report.plan.replace] == ["readme"]
    assert report.plan.delete == ()


async def test_an_upload_leaves_names_alone_that_differ_in_case(tmp_path: Path) -> None:
    (tmp_path / "readme").write_bytes(b"1")
    tree = Tree({"/t/": b"", "/t/README": b"old", "/t/other": b""})
    async with tree.peer().client() as client:
        report = await client.mirror_upload(tmp_path, "t", delete=True)
    assert [str(path) for path in report.plan.delete] == ["other"]
    assert tree.content == {"/t/": b"", "/t/README": b"old", "/t/readme": b"1"}


# Races


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("moment", ["RETR t/d/b", "MLSD t/d", "MLSD t/d/e"])
async def test_a_folder_that_becomes_a_link_on_the_way(
    way: str, moment: str, tmp_path: Path
) -> None:
    """Somebody on this machine swaps a folder of the copy for a link, while a tree comes in."""
    outside, into = tmp_path / "outside", tmp_path / "in"
    outside.mkdir()
    (outside / "b").write_bytes(b"precious")
    (into / "t" / "d").mkdir(parents=True)
    tree = Tree({"/t/": b"", "/t/d/": b"", "/t/d/b": b"evil" * 50_000, "/t/d/e/": b""})
    tree.content["/t/d/e/c"] = b"evil"

    def swap() -> None:
        if not (into / "t" / "d").is_symlink():
            shutil.rmtree(into / "t" / "d")
            (into / "t" / "d").symlink_to(outside)

    async def retr(peer: Peer, argument: str) -> None:
        if moment == f"RETR {argument}":
            swap()
        await tree.retr(peer, argument)

    async def mlsd(peer: Peer, argument: str) -> None:
        if moment == f"MLSD {argument}":
            swap()
        await tree.mlsd(peer, argument)

    async with tree.peer(RETR=retr, MLSD=mlsd).client() as client:
        with pytest.raises((FileSystemError, LocalProtocolError)):
            await WAYS[way](client, into)
        await client.noop()
    assert on_disk(outside) == {"b": b"precious"}
