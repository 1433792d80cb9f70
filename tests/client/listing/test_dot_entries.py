"""What a listing says of the listed folder itself, however the network cuts it."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from anyftp._client._listing._dot_entries import DotEntries
from anyftp._errors import PermanentReplyError
from anyftp._protocol import ListingDecoder
from client.peer import Peer, listing

pytestmark = pytest.mark.anyio

MLSD = (
    b"Type=cdir; .\r\ntype=file;size=1; cdir.\r\nTYPE=PDIR;UNIX.mode=0755; /a\r\ntype=dir; x.\r\n"
)
NAMELESS = b"type=CDIR; folder\r\ntype=file; a\r\ntype=pDir; above\r\n"
LIST = (
    b"drwxr-xr-x 2 u g 4 Nov 23 08:29 .\r\ndrwxr-xr-x 2 u g 4 Nov 23 08:29 ..\r\n"
    b"-rw-r--r-- 1 u g 1 Nov 23 08:29 pdir\r\n-rw-r--r-- 1 u g 1 Nov 23 08:29 a=b.\r\n"
)
BELOW = LIST[LIST.index(b"-rw") :]
BARE = LIST.replace(b"\r\n", b"\n")


@pytest.mark.parametrize(
    ("dialect", "text", "names"),
    [
        ("mlsd", MLSD, ["cdir.", "x."]),
        ("mlsd", NAMELESS, ["a"]),
        ("list", LIST, ["pdir", "a=b."]),
        ("list", BARE, ["pdir", "a=b."]),
        ("list", BELOW, ["pdir", "a=b."]),
    ],
)
@given(data=st.data())
def test_wherever_it_is_cut(
    dialect: str, text: bytes, names: list[str], data: st.DataObject
) -> None:
    cuts = sorted(data.draw(st.lists(st.integers(0, len(text)), max_size=4)))
    decoder = ListingDecoder("mlsd" if dialect == "mlsd" else "list")
    dots = DotEntries()
    found: list[str] = []
    for start, end in zip([0, *cuts], [*cuts, len(text)], strict=True):
        block = text[start:end]
        found += [entry.name for entry in dots(block, decoder.feed(block))]
    found += [entry.name for entry in dots.others(decoder.close())]
    assert found == names
    assert (dots.itself is not None) is (text != BELOW)


# A file that is listed as if it were in a folder


@pytest.mark.parametrize("verb", ["LIST", "MLSD"])
@pytest.mark.parametrize("path", ["f.csv", "d/f.csv", "/d/f.csv"])
@pytest.mark.parametrize("name", ["f.csv", "d/f.csv", "/d/f.csv"])
async def test_a_file_is_no_folder_with_itself_in_it(verb: str, path: str, name: str) -> None:
    line = f"-rw-r--r-- 1 u g 5 Nov 23 2025 {name}" if verb == "LIST" else f"type=file; {name}"
    answers: dict[str, Any] = {"MLSD": "500 ?"} if verb == "LIST" else {}
    peer = Peer(**answers | {verb: listing(line), "CWD": "550 not a folder"})
    async with peer.client() as client:
        with pytest.raises(PermanentReplyError, match="not a folder"):
            await client.list(path)
        with pytest.raises(PermanentReplyError):
            await anext(aiter(client.list(path)))
        await client.noop()


@pytest.mark.parametrize("verb", ["LIST", "MLSD"])
@pytest.mark.parametrize("kind", ["file", "dir"])
async def test_a_folder_may_have_one_entry_of_its_own_name(verb: str, kind: str) -> None:
    letter = "d" if kind == "dir" else "-"
    line = f"{letter}rw-r--r-- 1 u g 5 Nov 23 2025 d" if verb == "LIST" else f"type={kind}; d"
    answers: dict[str, Any] = {"MLSD": "500 ?"} if verb == "LIST" else {}
    peer = Peer(**answers | {verb: listing(line)})
    async with peer.client() as client:
        assert [(e.name, e.type) for e in await client.list("x/d")] == [("d", kind)]
        assert [e.name async for e in client.list("x/d")] == ["d"]
    assert peer.commands.count("CWD x/d") == 2


@pytest.mark.parametrize(
    "lines",
    [
        pytest.param(["type=file; d", "type=file; e"], id="another"),
        pytest.param(["type=file; e"], id="of-another-name"),
        pytest.param(["type=cdir; .", "type=file; d"], id="itself"),
        pytest.param(["type=file; d", "type=cdir; /x/d"], id="itself-at-the-end"),
    ],
)
async def test_nothing_is_asked_where_there_is_no_doubt(lines: list[str]) -> None:
    peer = Peer(MLSD=listing(*lines))
    async with peer.client() as client:
        entries = await client.list("x/d")
    assert [e.name for e in entries] == [
        line.partition("; ")[2] for line in lines if "cdir" not in line
    ]
    assert not [line for line in peer.commands if line.startswith(("CWD", "PWD"))]


async def test_an_answer_without_a_byte_may_be_about_no_folder() -> None:
    """aioftp's server answers MLSD of a file as if it were an empty folder."""
    peer = Peer(MLSD=listing(), CWD="550 not a folder")
    async with peer.client() as client:
        with pytest.raises(PermanentReplyError, match="not a folder"):
            await client.list("x/f")
        assert await client.list() == []  # where we are is a folder
    empty = Peer(MLSD=listing())
    async with empty.client() as client:
        assert await client.list("x/d") == []
