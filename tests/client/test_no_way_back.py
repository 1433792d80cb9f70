"""Servers that do not tell where one is (PWD): what would go and look finds out another way."""

from __future__ import annotations

from pathlib import Path, PurePosixPath
from typing import Any

import pytest

from anyftp import Client
from client.peer import Peer, send_data
from client.tree import Tree, absolute, is_in, on_disk

pytestmark = pytest.mark.anyio

CONTENT = {
    "/": b"",
    "/d/": b"",
    "/d/f": b"first",
    "/d/d/": b"",
    "/empty/": b"",
    "/f": b"second",
    "/a b/": b"",
    "/a b/g": b"third",
}

#: Links by path, and what they lead to; to nothing the last.
LINKS = {"/to d": "/d/", "/to f": "/f", "/to nothing": "/gone"}


class ListingTree(Tree):
    """One that knows LIST alone, with links; a file is listed as itself, and nothing as empty."""

    def peer(self, **answers: Any) -> Peer:
        unknown = {"MLSD": "500 what?", "MLST": "500 what?", "LIST": self.list_}
        return super().peer(**{**unknown, **answers})

    async def list_(self, peer: Peer, argument: str) -> None:
        path = absolute(argument)
        path = LINKS.get(path, path).rstrip("/")
        if path in self.content:
            lines = [self._unix(PurePosixPath(path).name, self.content[path], "-rw-r--r--")]
        else:
            folder = path + "/"
            lines = [
                self._unix(
                    PurePosixPath(one).name, content, "drwxr-xr-x" if one[-1] == "/" else "-"
                )
                for one, content in self.content.items()
                if is_in(one, folder)
            ]
            if folder == "/":
                lines += [
                    self._unix(f"{link[1:]} -> {target}", b"", "lrwxrwxrwx")
                    for link, target in LINKS.items()
                ]
        await send_data(peer, "".join(f"{line}\r\n" for line in lines).encode())

    async def size(self, peer: Peer, argument: str) -> None:
        path = absolute(argument)
        await super().size(peer, LINKS.get(path, path))

    def _unix(self, name: str, content: bytes, mode: str) -> str:
        return f"{mode:-<10} 1 u g {len(content)} Jan  1  2024 {name}"


@pytest.fixture(params=["502 no PWD", "257 who knows", "550 no right"])
def tree(request: pytest.FixtureRequest) -> tuple[ListingTree, Peer]:
    tree = ListingTree(dict(CONTENT))
    return tree, tree.peer(PWD=request.param)


async def nobody_went(peer: Peer) -> None:
    assert not [line for line in peer.commands if line.startswith(("CWD", "CDUP"))]


async def test_what_things_are(tree: tuple[ListingTree, Peer]) -> None:
    _, peer = tree
    folders = {"/": True, "/d": True, "/empty": True, "/a b": True, "/d/d": True, "/to d": True}
    folders |= {"/f": False, "/d/f": False, "/to f": False, "/gone": False, "/d/gone": False}
    async with peer.client() as client:
        assert {path: await client.is_dir(path) for path in folders} == folders
        assert await client.is_file("/f")
        assert await client.is_file("/to f")
        assert not await client.is_file("/to d")
        assert await client.exists("/empty")
        assert not await client.exists("/gone")
    await nobody_went(peer)


async def test_listings_of_names_that_list_takes_for_several(
    tree: tuple[ListingTree, Peer],
) -> None:
    _, peer = tree
    async with peer.client() as client:
        assert [entry.name for entry in await client.list("/a b")] == ["g"]
        assert [entry.path async for entry in client.list("/a b")] == [PurePosixPath("/a b/g")]
    await nobody_went(peer)


async def make_folders(client: Client, mine: Path) -> None:
    await client.make_directory("/d/new/inner", parents=True)
    await client.make_directory("/empty", parents=True)


async def upload_into(client: Client, mine: Path) -> None:
    await client.upload(mine / "f", "/d")
    await client.upload(mine / "f", "/empty")


async def upload_aside(client: Client, mine: Path) -> None:
    await client.upload(mine / "f", "/d", atomic="if-possible")


async def upload_tree(client: Client, mine: Path) -> None:
    await client.upload(mine, "/d/")


@pytest.mark.parametrize("change", [make_folders, upload_into, upload_aside, upload_tree])
async def test_what_is_put_somewhere(
    change: Any, tree: tuple[ListingTree, Peer], tmp_path: Path
) -> None:
    found, peer = tree
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "f").write_bytes(b"fourth")
    async with peer.client() as client:
        await change(client, tmp_path / "mine")
    await nobody_went(peer)
    wanted: dict[str, bytes] = {
        make_folders: {"/d/new/inner/": b""},
        upload_into: {"/d/f": b"fourth", "/empty/f": b"fourth"},
        upload_aside: {},
        upload_tree: {"/d/mine/f": b"fourth"},
    }[change]
    assert {path: found.content.get(path) for path in wanted} == wanted
    assert ("RNTO /d/f" in peer.commands) == (change is upload_aside)


async def test_mirrors_that_delete(tree: tuple[ListingTree, Peer], tmp_path: Path) -> None:
    found, peer = tree
    (tmp_path / "surplus").write_bytes(b"x")
    async with peer.client() as client:
        await client.mirror_download("/d", tmp_path, delete=True)
        assert on_disk(tmp_path) == {"f": b"first", "d/": b""}
        (tmp_path / "f").unlink()
        (tmp_path / "h").write_bytes(b"new")
        await client.mirror_upload(tmp_path, "/d", delete=True)
    await nobody_went(peer)
    assert sorted(path for path in found.content if path.startswith("/d/")) == [
        "/d/",
        "/d/d/",
        "/d/h",
    ]


async def test_nothing_is_deleted_for_a_file_that_lists_like_a_folder(
    tree: tuple[ListingTree, Peer], tmp_path: Path
) -> None:
    _, peer = tree
    (tmp_path / "f").write_bytes(b"other")
    (tmp_path / "kept").write_bytes(b"x")
    async with peer.client() as client:
        with pytest.raises(Exception, match=r"folder|file"):
            await client.mirror_download("/f", tmp_path, delete=True)
    assert (tmp_path / "kept").exists()
