"""What a URL with something wild in its path stands for."""

from __future__ import annotations

import pytest

from anyftp._cli._given._url import parse_url
from anyftp._cli._reaching._patterns import expand
from anyftp._cli._reaching._remote import Remote
from client.peer import Peer, listing

pytestmark = pytest.mark.anyio

ENTRIES = ("b.txt", "a.txt", "c.bin", "x[1].txt", "*.txt", "é.txt")


async def expanded(path: str) -> tuple[list[str], set[int], Peer]:
    """The paths, among how many each of them is, and the server that was asked."""
    peer = Peer(MLSD=listing(*(f"type=file;size=3; {name}" for name in ENTRIES)))
    place = Remote(parse_url(f"ftp://ftp.example.org/{path}"), "me", "secret")
    async with peer.client() as client:
        places = await expand(client, place)
    assert all(found.server == place.server for found in places)
    assert all(found.url.pattern is None for found in places)
    return [found.url.path for found in places], {found.among for found in places}, peer


@pytest.mark.parametrize(
    ("path", "found"),
    [
        ("*.bin", ["c.bin"]),
        ("?.txt", ["*.txt", "a.txt", "b.txt", "é.txt"]),
        ("[ab].txt", ["a.txt", "b.txt"]),
        ("[!ab].txt", ["*.txt", "é.txt"]),
        ("*", sorted(ENTRIES)),
        ("%2A.t*", ["*.txt"]),
        ("x%5B*", ["x[1].txt"]),
    ],
)
async def test_what_fits_in_order(path: str, found: list[str]) -> None:
    assert (await expanded(path))[:2] == (found, {len(found)})


@pytest.mark.parametrize("path", ["*.none", "[z].txt", "?"])
async def test_where_nothing_fits_it_is_the_path_as_it_is_written(path: str) -> None:
    assert (await expanded(path))[:2] == ([path], {1})


@pytest.mark.parametrize("path", ["a.txt", "%2A.txt", "x%5B1].txt", ""])
async def test_of_what_is_not_wild_nobody_is_asked(path: str) -> None:
    found, among, peer = await expanded(path)
    assert found == [parse_url(f"ftp://ftp.example.org/{path}").path]
    assert among == {1}
    assert not any(line.startswith("MLSD") for line in peer.commands)
