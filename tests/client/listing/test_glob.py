"""Finding remote files by patterns that the client matches itself."""

from __future__ import annotations

from pathlib import Path, PurePosixPath

import pytest

from anyftp import Client
from anyftp._errors import LocalProtocolError, PermanentReplyError, ReplyError
from client.peer import Peer, listing
from client.serving import served
from client.tree import Tree

pytestmark = pytest.mark.anyio

NAMES = [
    *["pub/", "pub/a.txt", "pub/B.TXT", "pub/.hidden.txt", "pub/[x].txt", "pub/old/"],
    *["pub/old/a.txt", "pub/old/deep/", "pub/old/deep/a.txt", "pub/.git/", "pub/.git/a.txt"],
    *["other/", "other/a.txt", "readme"],
]
REMOTE = {f"/{name}": b"" for name in NAMES}


@pytest.mark.parametrize(
    ("pattern", "found"),
    [
        pytest.param("pub/*.txt", ["pub/a.txt", "pub/[x].txt"], id="star"),
        pytest.param("/pub/?.txt", ["/pub/a.txt"], id="one-character-from-the-root"),
        pytest.param("pub/[ab].txt", ["pub/a.txt"], id="one-of"),
        pytest.param("pub/[[]x].txt", ["pub/[x].txt"], id="bracket"),
        pytest.param("*/a.txt", ["pub/a.txt", "other/a.txt"], id="in-any-folder"),
        pytest.param("*/*/a.txt", ["pub/old/a.txt"], id="two-folders"),
        pytest.param(
            "**/a.txt",
            ["pub/a.txt", "pub/old/a.txt", "pub/old/deep/a.txt", "other/a.txt"],
            id="anywhere",
        ),
        pytest.param(
            "pub/old/**",
            ["pub/old/a.txt", "pub/old/deep", "pub/old/deep/a.txt"],
            id="everything-below",
        ),
        pytest.param("**/", ["pub", "pub/old", "pub/old/deep", "other"], id="all-folders"),
        pytest.param("*/", ["pub", "other"], id="folders"),
        pytest.param("*", ["pub", "other", "readme"], id="everything"),
        pytest.param("pub/.*", ["pub/.hidden.txt", "pub/.git"], id="hidden"),
        pytest.param("readme", ["readme"], id="one-name"),
        pytest.param("missing", [], id="none"),
        pytest.param("**/old/**/a.txt", ["pub/old/a.txt", "pub/old/deep/a.txt"], id="twice"),
        pytest.param("**/**/deep", ["pub/old/deep"], id="each-once"),
    ],
)
async def test_what_is_found(pattern: str, found: list[str]) -> None:
    async with Tree(dict(REMOTE)).peer().client() as client:
        entries = await client.glob(pattern)
    assert sorted(str(entry.path) for entry in entries) == sorted(found)


async def test_hidden_names_by_request() -> None:
    async with Tree(dict(REMOTE)).peer().client() as client:
        entries = await client.glob("pub/**/*.txt", include_hidden=True)
    assert {str(entry.path) for entry in entries} == {
        f"pub/{name}"
        for name in ["a.txt", ".hidden.txt", "[x].txt", "old/a.txt", "old/deep/a.txt", ".git/a.txt"]
    }


async def test_our_own_server(tmp_path: Path) -> None:
    for name in NAMES:
        path = tmp_path / name
        path.mkdir(parents=True, exist_ok=True) if name.endswith("/") else path.write_bytes(b"x")
    (tmp_path / "pub" / "loop").symlink_to(".")
    async with served(tmp_path) as client:
        found = [str(entry.path) async for entry in client.glob("/pub/**/a.txt")]
    assert sorted(found) == ["/pub/a.txt", "/pub/old/a.txt", "/pub/old/deep/a.txt"]


@pytest.mark.parametrize(
    ("pattern", "listed"),
    [
        pytest.param("pub/old/*.txt", ["MLSD pub/old"], id="straight-there"),
        pytest.param("pub/a.txt", ["MLSD pub"], id="one-name"),
        pytest.param("/pub/*", ["MLSD /pub"], id="from-the-root"),
        pytest.param("*/old/x", ["MLSD", "MLSD pub", "MLSD pub/old", "MLSD other"], id="below"),
        pytest.param("p*/old/*", ["MLSD", "MLSD pub", "MLSD pub/old"], id="only-what-can-fit"),
    ],
)
async def test_what_is_asked_of_the_server(pattern: str, listed: list[str]) -> None:
    peer = Tree(dict(REMOTE)).peer()
    async with peer.client() as client:
        await client.glob(pattern)
    assert [line for line in peer.commands if line.startswith("MLSD")] == listed


async def test_other_commands_in_between() -> None:
    tree = Tree(dict(REMOTE))
    async with tree.peer().client() as client:
        async for entry in client.glob("**/a.txt"):
            await client.remove_file(entry.path)
    assert {path for path in tree.content if path.endswith("/a.txt")} == {"/pub/.git/a.txt"}


async def test_links() -> None:
    """They are found, entered by name, and not by two stars."""
    folders = {
        "MLSD": listing("type=OS.unix=slink:d; l", "type=OS.unix=slink:f; m", "type=dir; d"),
        "MLSD l": listing("type=file; x"),
        "MLSD d": listing("type=file; x"),
    }

    async def mlsd(peer: Peer, argument: str) -> None:
        handler = folders.get(f"MLSD {argument}".strip())
        await (handler(peer, "") if handler else peer.say("550 no folder"))

    async with Peer(MLSD=mlsd, MLST="550 no folder").client() as client:
        assert [str(entry.path) for entry in await client.glob("?/x")] == ["l/x", "d/x"]
        assert [str(entry.path) for entry in await client.glob("**/x")] == ["d/x"]
        assert [entry.name for entry in await client.glob("[lm]")] == ["l", "m"]


async def test_a_folder_above_in_disguise() -> None:
    tree = Tree({"/d/": b"", "/d/loop/": b"", "/d/f": b""})
    tree.facts = {"/d/": "unique=7;", "/d/loop/": "unique=7;"}
    async with tree.peer().client() as client:
        assert [str(entry.path) for entry in await client.glob("**/f")] == ["d/f"]


async def test_a_folder_that_contains_itself_for_ever() -> None:
    async with Peer(MLSD=listing("type=dir; d")).client(max_depth=5) as client:
        with pytest.raises(LocalProtocolError, match="nested more than 5"):
            await client.glob("**/x")
        await client.noop()


@pytest.mark.parametrize("name", ["../x", "/x", "a/x", "x/"])
async def test_names_that_lead_elsewhere_are_not_found(name: str) -> None:
    peer = Peer(MLSD=listing(f"type=file; {name}", f"type=dir; {name}"))
    async with peer.client() as client:
        assert await client.glob("**") == []
        assert await client.glob("*/*") == []


async def test_a_folder_that_is_not_there() -> None:
    async with Tree(dict(REMOTE)).peer().client() as client:
        with pytest.raises(PermanentReplyError, match="no such folder"):
            await client.glob("missing/*")


async def test_a_folder_that_cannot_be_listed() -> None:
    tree = Tree(dict(REMOTE))

    async def mlsd(peer: Peer, argument: str) -> None:
        await (peer.say("550 not for you") if argument == "pub/old" else tree.mlsd(peer, argument))

    refused: list[PurePosixPath] = []

    def on_error(path: PurePosixPath, error: ReplyError) -> None:
        refused.append(path)

    async with tree.peer(MLSD=mlsd, MLST="550 not for you").client() as client:
        with pytest.raises(PermanentReplyError, match="not for you"):
            await client.glob("**/a.txt")
        found = await client.glob("**/a.txt", on_error=on_error)
    assert [str(entry.path) for entry in found] == ["pub/a.txt", "other/a.txt"]
    assert refused == [PurePosixPath("pub/old")]


@pytest.mark.parametrize("pattern", ["", "/", ".", "//./"])
async def test_a_pattern_that_names_nothing(pattern: str) -> None:
    async with Peer().client() as client:
        with pytest.raises(LocalProtocolError, match="must name something"):
            client.glob(pattern)


async def test_a_pattern_is_not_sent_to_servers_without_mlsd() -> None:
    peer = Peer(MLSD="500 what?", LIST=listing("-rw-r--r-- 1 u g 3 Nov 23 2025 a*b"))
    async with peer.client() as client:
        assert [entry.name for entry in await client.glob("a[*]b")] == ["a*b"]
    assert not [line for line in peer.commands if "*" in line]


async def test_not_connected() -> None:
    with pytest.raises(LocalProtocolError, match="not connected"):
        Client().glob("*")
