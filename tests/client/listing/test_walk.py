"""Walking through remote trees, like os.walk."""

from __future__ import annotations

from pathlib import Path, PurePosixPath

import anyio
import pytest

from anyftp import Client, WalkedFolder
from anyftp._errors import LocalProtocolError, PermanentReplyError, ReplyError
from client.peer import Peer, listing
from client.serving import served
from client.tree import Tree

pytestmark = pytest.mark.anyio

REMOTE = {
    "/t/": b"",
    "/t/a": b"A",
    "/t/d/": b"",
    "/t/d/b": b"B",
    "/t/d/e/": b"",
    "/t/d/e/c": b"C",
    "/t/f/": b"",
}

WALKED = [
    ("t", ["d", "f"], ["a"]),
    ("t/d", ["e"], ["b"]),
    ("t/d/e", [], ["c"]),
    ("t/f", [], []),
]


def told(folder: WalkedFolder) -> tuple[str, list[str], list[str]]:
    path, directories, files = folder
    return str(path), [entry.name for entry in directories], [entry.name for entry in files]


async def walked(client: Client, path: str = "t") -> list[tuple[str, list[str], list[str]]]:
    return [told(folder) async for folder in client.walk(path)]


async def test_from_the_top_down() -> None:
    async with Tree(dict(REMOTE)).peer().client() as client:
        assert await walked(client) == WALKED


async def test_our_own_server(tmp_path: Path) -> None:
    (tmp_path / "t" / "d" / "e").mkdir(parents=True)
    (tmp_path / "t" / "f").mkdir()
    for name in ("a", "d/b", "d/e/c"):
        (tmp_path / "t" / name).write_bytes(b"")
    (tmp_path / "t" / "d" / "loop").symlink_to("..")
    async with served(tmp_path) as client:
        found = [told(folder) async for folder in client.walk("/t")]
    assert sorted((path, sorted(folders), sorted(files)) for path, folders, files in found) == [
        ("/t", ["d", "f"], ["a"]),
        ("/t/d", ["e"], ["b", "loop"]),
        ("/t/d/e", [], ["c"]),
        ("/t/f", [], []),
    ]


async def test_entries_have_their_paths() -> None:
    async with Tree(dict(REMOTE)).peer().client() as client:
        async for _, directories, files in client.walk("t/d"):
            assert [str(entry.path) for entry in directories + files] == ["t/d/e", "t/d/b"]
            break
        async for path, directories, _ in client.walk():
            assert path == PurePosixPath()
            assert [str(entry.path) for entry in directories] == ["t"]
            break


async def test_what_is_taken_out_is_not_walked_through() -> None:
    peer = Tree(dict(REMOTE)).peer()
    async with peer.client() as client:
        async for _, directories, _ in client.walk("t"):
            directories[:] = [entry for entry in directories if entry.name != "d"]
    listed = [line for line in peer.commands if line.startswith("MLSD")]
    assert listed == ["MLSD t", "MLSD t/f", "MLSD t/f"]  # an empty one is asked for twice


async def test_other_commands_in_between() -> None:
    tree = Tree(dict(REMOTE))
    async with tree.peer().client() as client:
        async for _, _, files in client.walk("t"):
            for entry in files:
                await client.remove_file(entry.path)
    assert set(tree.content) == {path for path in REMOTE if path.endswith("/")}


@pytest.mark.parametrize(
    ("depth", "paths"), [(0, ["t"]), (1, ["t", "t/d", "t/f"]), (9, ["t", "t/d", "t/d/e", "t/f"])]
)
async def test_no_deeper_than_asked_for(depth: int, paths: list[str]) -> None:
    async with Tree(dict(REMOTE)).peer().client() as client:
        found = [str(folder.path) async for folder in client.walk("t", max_depth=depth)]
    assert found == paths


async def test_a_folder_that_contains_itself_for_ever() -> None:
    async with Peer(MLSD=listing("type=dir; d")).client(max_depth=5) as client:
        walk = client.walk()
        for _ in range(6):
            await anext(walk)
        with pytest.raises(LocalProtocolError, match="nested more than 5"):
            await anext(walk)
        await client.noop()


async def test_a_link_to_a_folder_above_that_looks_like_a_folder() -> None:
    tree = Tree(dict(REMOTE) | {"/t/d/loop/": b""})
    tree.facts = {"/t/": "unique=1;", "/t/d/": "unique=2;", "/t/d/loop/": "unique=1;"}
    async with tree.peer().client() as client:
        found = await walked(client)
    assert [path for path, *_ in found] == ["t", "t/d", "t/d/e", "t/f"]
    assert found[1] == ("t/d", ["e", "loop"], ["b"])


async def test_numbers_that_say_nothing_are_no_circle() -> None:
    tree = Tree(dict(REMOTE))
    tree.facts = dict.fromkeys(REMOTE, "unique=0g0;")
    async with tree.peer().client() as client:
        assert await walked(client) == WALKED


async def test_links_are_not_followed() -> None:
    peer = Peer(MLSD=listing("type=OS.unix=slink:d; l", "type=file; f"))
    async with peer.client() as client:
        assert await walked(client, "") == [(".", [], ["l", "f"])]


@pytest.mark.parametrize("name", ["../d", "/etc", "d/../..", "a/b"])
async def test_names_that_lead_elsewhere_are_not_walked_to(name: str) -> None:
    peer = Peer(MLSD=listing(f"type=dir; {name}"))
    async with peer.client() as client:
        assert await walked(client, "t") == [("t", [name], [])]
    assert peer.commands.count("EPSV") == 1


async def test_a_folder_that_cannot_be_listed() -> None:
    tree = Tree(dict(REMOTE))

    async def mlsd(peer: Peer, argument: str) -> None:
        await (peer.say("550 not for you") if argument == "t/d" else tree.mlsd(peer, argument))

    peer = tree.peer(MLSD=mlsd, MLST="550 not for you")
    refused: list[tuple[str, str]] = []

    def on_error(path: PurePosixPath, error: ReplyError) -> None:
        refused.append((str(path), error.received_codes[0]))

    async with peer.client() as client:
        with pytest.raises(PermanentReplyError, match="not for you"):
            await walked(client)
        found = [told(folder) async for folder in client.walk("t", on_error=on_error)]
    assert found == [WALKED[0], WALKED[3]]
    assert refused == [("t/d", "550")]


async def test_after_a_cancellation_the_same_folder_comes() -> None:
    tree = Tree(dict(REMOTE))
    async with tree.peer().client() as client:
        walk = client.walk("t")
        assert told(await anext(walk)) == WALKED[0]
        with anyio.CancelScope() as scope:
            scope.cancel()
            await anext(walk)
        assert [told(folder) async for folder in walk] == WALKED[1:]


async def test_not_connected() -> None:
    with pytest.raises(LocalProtocolError, match="not connected"):
        Client().walk()
