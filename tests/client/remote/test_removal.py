"""Renaming and removing. Quirks 54, 55."""

from __future__ import annotations

from typing import Any

import anyio
import pytest

from anyftp import Client
from anyftp._errors import LocalProtocolError, PermanentReplyError, UnsafeNameError
from anyftp.testing import cancel_at_each_checkpoint
from client.peer import Peer, listing, send_data

pytestmark = pytest.mark.anyio


class Disk:
    """Folders and files that DELE, RMD and MLSD work on."""

    def __init__(self, *paths: str, not_empty: str = "550 not empty") -> None:
        self.paths = set(paths)
        self.not_empty = not_empty

    def answers(self) -> dict[str, Any]:
        return {"DELE": self.dele, "RMD": self.rmd, "MLSD": self.mlsd, "MLST": "550 no"}

    def below(self, path: str) -> list[str]:
        return [p for p in self.paths if p.rstrip("/").rpartition("/")[0] == path]

    async def dele(self, peer: Peer, argument: str) -> None:
        if argument in self.paths:
            self.paths.remove(argument)
            return await peer.say("250 removed")
        return await peer.say("550 not a file")

    async def rmd(self, peer: Peer, argument: str) -> None:
        if f"{argument}/" in self.paths and not self.below(argument):
            self.paths.remove(f"{argument}/")
            return await peer.say("250 removed")
        return await peer.say(self.not_empty)

    async def mlsd(self, peer: Peer, argument: str) -> None:
        if f"{argument}/" not in self.paths:
            return await peer.say("550 no such folder")
        lines = [
            f"type={'dir' if path.endswith('/') else 'file'}; {path.rstrip('/').split('/')[-1]}\r\n"
            for path in self.below(argument)
        ]
        return await send_data(peer, "".join(lines).encode())


async def test_renaming() -> None:
    peer = Peer()
    async with peer.client() as client:
        await client.rename("a b", "c")
    assert peer.commands == ["RNFR a b", "RNTO c"]


@pytest.mark.parametrize("refused", ["RNFR", "RNTO"])
async def test_renaming_refused(refused: str) -> None:
    answers: dict[str, Any] = {refused: "550 no"}
    async with Peer(**answers).client() as client:
        with pytest.raises(PermanentReplyError, match=refused):
            await client.rename("a", "b")
        await client.noop()


async def test_removing_a_file_takes_one_command() -> None:
    peer = Peer()
    async with peer.client() as client:
        await client.remove("a")
    assert peer.commands == ["DELE a"]


@pytest.mark.parametrize("not_empty", ["550 not empty", "451 not empty"])
async def test_removing_a_tree(not_empty: str) -> None:
    disk = Disk("t/", "t/a", "t/d/", "t/d/e/", "t/d/e/b", "t/f/", "other", not_empty=not_empty)
    async with Peer(**disk.answers()).client() as client:
        await client.remove("t")
    assert disk.paths == {"other"}


async def test_what_a_link_leads_to_stays_though_it_looks_like_a_folder() -> None:
    """pyftpdlib's MLSD says of a link what it says of the folder behind it."""
    disk = Disk("t/", "t/a", "t/link/", "kept/", "kept/b")

    async def dele(peer: Peer, argument: str) -> None:
        if argument == "t/link":
            disk.paths.remove("t/link/")
            return await peer.say("250 removed")
        return await disk.dele(peer, argument.replace("t/link/", "kept/"))

    async def mlsd(peer: Peer, argument: str) -> None:
        await disk.mlsd(peer, "kept" if argument == "t/link" else argument)

    async with Peer(**{**disk.answers(), "DELE": dele, "MLSD": mlsd}).client() as client:
        await client.remove("t")
    assert disk.paths == {"kept/", "kept/b"}


async def test_removing_where_refusals_are_called_transient() -> None:
    disk = Disk("t/", "t/a")
    peer = Peer(**disk.answers())
    async with peer.client() as client:
        peer.answers |= {"DELE": ("451 file system error", disk.dele), "RMD": ("451 no", disk.rmd)}
        await client.remove("t")
    assert not disk.paths


async def test_removing_an_empty_folder() -> None:
    disk = Disk("t/")
    async with Peer(**disk.answers()).client() as client:
        await client.remove("t")
    assert not disk.paths


async def test_removing_what_is_missing_tells_the_first_reason() -> None:
    disk = Disk()
    async with Peer(**disk.answers()).client() as client:
        with pytest.raises(PermanentReplyError, match="not a file"):
            await client.remove("t")


@pytest.mark.parametrize("path", ["/", "", "."])
async def test_everything_is_not_removed(path: str) -> None:
    peer = Peer()
    async with peer.client() as client:
        with pytest.raises(LocalProtocolError):
            await client.remove(path)
    assert peer.commands == []


@pytest.mark.parametrize("name", ["../x", "/etc", "a/b"])
async def test_names_that_lead_elsewhere(name: str) -> None:
    peer = Peer(MLSD=listing(f"type=file; {name}"), DELE="550 a folder", RMD="550 not empty")
    async with peer.client() as client:
        with pytest.raises(UnsafeNameError):
            await client.remove("t")
    assert [command for command in peer.commands if command.startswith("DELE")] == ["DELE t"]


async def test_f4_a_folder_that_contains_itself() -> None:
    peer = Peer(MLSD=listing("type=dir; d"), DELE="550 a folder", RMD="550 not empty")
    async with peer.client(max_depth=5) as client:
        with pytest.raises(LocalProtocolError, match="nested"):
            await client.remove("d")


async def test_a_rename_cancelled_in_the_middle_is_ended() -> None:
    """After RNFR proftpd 1.3.8 answers 501 to everything until RNTO comes."""

    async def cancel(peer: Peer, argument: str) -> None:
        scope.cancel()
        await peer.say("350 go on")

    scope = anyio.CancelScope()
    peer = Peer(RNFR=cancel)
    async with peer.client() as client:
        with scope:
            await client.rename("a", "b")
        assert scope.cancelled_caught
        await client.noop()
        assert peer.commands == ["RNFR a", "RNTO a", "NOOP"]


class Names:
    """Files by name, that RNFR and RNTO work on; who gives away a name may be cancelled then."""

    def __init__(self, *names: str) -> None:
        self.files = {name: f"{name}'s" for name in names}
        self.pending: str | None = None
        self.scope = anyio.CancelScope()

    async def rnfr(self, peer: Peer, argument: str) -> None:
        self.pending = argument
        self.scope.cancel()
        await peer.say("350 go on")

    async def rnto(self, peer: Peer, argument: str) -> None:
        if self.pending is None:
            return await peer.say("503 RNFR first")
        self.files[argument] = self.files.pop(self.pending)
        self.pending = None
        return await peer.say("250 renamed")

    async def give_up(self, client: Client, source: str, destination: str) -> None:
        """Begin to rename, and be cancelled when RNFR has been said."""
        with anyio.CancelScope() as self.scope:
            await client.rename(source, destination)
        assert self.scope.cancelled_caught
        assert self.pending == source


async def test_a_rename_given_up_does_not_end_in_the_name_of_the_next() -> None:
    """Wherever the next one is cancelled: its file is not replaced by the first one's."""
    names = Names("a", "c")
    async with Peer(RNFR=names.rnfr, RNTO=names.rnto).client() as client:
        await names.give_up(client, "a", "b")
        outcomes = set()
        async for _ in cancel_at_each_checkpoint(lambda: client.rename("c", "d")):
            await client.noop()
            assert names.pending is None
            outcomes.add(frozenset(names.files.items()))
            names.files = {"a": "a's", "c": "c's"}
            await names.give_up(client, "a", "b")
    assert outcomes == {
        frozenset({"a": "a's", "c": "c's"}.items()),
        frozenset({"a": "a's", "d": "c's"}.items()),
    }
