"""Folders. Quirks 14 and 15."""

from __future__ import annotations

import pytest

from anyftp._errors import LocalProtocolError, PermanentReplyError, RemoteProtocolError
from client.peer import Peer

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize(
    ("reply", "path"),
    [
        pytest.param('257 "/a b" is current', "/a b", id="quoted"),
        pytest.param('257 "/say ""hi"""', '/say "hi"', id="doubled-quotes"),
        pytest.param("257 /a is current directory", "/a", id="no-quotes"),
        pytest.param('200 "/a"', "/a", id="200"),
    ],
)
async def test_forms_of_pwd(reply: str, path: str) -> None:
    async with Peer(PWD=reply).client() as client:
        assert str(await client.get_current_directory()) == path


async def test_pwd_that_tells_nothing() -> None:
    async with Peer(PWD="257 who knows").client() as client:
        with pytest.raises(RemoteProtocolError):
            await client.get_current_directory()


async def test_going_somewhere() -> None:
    peer = Peer(CWD="200 fine")
    async with peer.client() as client:
        await client.change_directory("a b")
        await client.change_directory()
        await client.change_directory("..")
        await client.change_to_parent()
    assert peer.commands == ["CWD a b", "CDUP", "CDUP", "CDUP"]


@pytest.mark.parametrize("reply", ['257 "/a" made', "250 made", "257 made"])
async def test_making_a_folder_takes_one_command(reply: str) -> None:
    peer = Peer(MKD=reply)
    async with peer.client() as client:
        await client.make_directory("a/b/c")
    assert peer.commands == ["MKD a/b/c"]


@pytest.mark.parametrize("refusal", ["550 exists", "521 ya existe", "553 Datei vorhanden"])
async def test_a_folder_that_exists_is_fine_with_parents(refusal: str) -> None:
    peer = Peer(MKD=refusal, MLST="250-\r\n type=dir; /a\r\n250 end")
    async with peer.client() as client:
        await client.make_directory("a")
        with pytest.raises(PermanentReplyError):
            await client.make_directory("a", parents=False)


async def test_missing_parents_are_made() -> None:
    made: set[str] = set()

    async def mkd(peer: Peer, argument: str) -> None:
        above = argument.rpartition("/")[0]
        if above and above not in made:
            return await peer.say("550 no such folder")
        made.add(argument)
        return await peer.say("257 made")

    peer = Peer(MKD=mkd, MLST="550 no such file")
    async with peer.client() as client:
        await client.make_directory("a/b/c")
    assert made == {"a", "a/b", "a/b/c"}


async def test_a_folder_that_cannot_be_made() -> None:
    async with Peer(MKD="550 permission denied", MLST="550 no such file").client() as client:
        with pytest.raises(PermanentReplyError, match="denied"):
            await client.make_directory("/a/b")
        with pytest.raises(LocalProtocolError):
            await client.make_directory("/")


async def test_removing_a_folder() -> None:
    peer = Peer()
    async with peer.client() as client:
        await client.remove_directory("a")
    assert peer.commands == ["RMD a"]
