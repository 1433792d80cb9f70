"""A STOR of a lost session that the server obeys when its repetition has been confirmed.

vsftpd does that whenever both are under way at once: it locks the file, and the lost one gets the
lock after the other. Processes that a busy machine lets wait do it as well (proftpd, pure-ftpd).
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path, PurePosixPath
from typing import Any, cast

import anyio
import pytest

from anyftp import Client, ConnectionLost, FTPError, IncompleteTransferError, RetryPolicy
from anyftp._client._copying._stored import LostUploads
from client.peer import Hangup, Peer, drain
from client.tree import RenamingTree, Tree, absolute
from support.patient_clocks import patient

pytestmark = pytest.mark.anyio

WHOLE = bytes(range(256)) * 16
SOON = RetryPolicy(attempts=4, first_delay_seconds=0.001)

#: What the lost upload makes of the file that is there when it is obeyed.
EFFECTS: dict[str, Callable[[bytes], bytes]] = {
    "nothing": lambda content: content,
    "emptied": lambda content: b"",
    "a part": lambda content: content[:1000],
    "added to": lambda content: content + content[:1000],
}


class Late(Tree):
    """A server that loses the first upload of "a", and obeys it so long after the next of it.

    Attributes:
        kept: how much is kept of the first.
    """

    def __init__(
        self, effect: Callable[[bytes], bytes], seconds: float, *, says_150: bool, kept: int = 0
    ) -> None:
        super().__init__({"/d/": b""})
        self.kept = kept
        self._effect = effect
        self._seconds = seconds
        self._says_150 = says_150
        self._path = ""
        self._due: float | None = None
        self._has_passed = False

    async def stor(self, peer: Peer, argument: str) -> None:
        path = absolute(argument)
        if not path.endswith("/a"):
            return await super().stor(peer, argument)
        if not self._path:
            self._path = path
            await self._lose(peer)
        await super().stor(peer, argument)
        return self._begin()

    async def appe(self, peer: Peer, argument: str) -> None:
        await peer.say("150 send it")
        self.content[absolute(argument)] += await drain(await peer.accept_data())
        self._begin()
        await peer.say("226 got it all")

    async def size(self, peer: Peer, argument: str) -> None:
        self._pass_time()
        await super().size(peer, argument)
        if self._due is None and self.content.get(self._path) == WHOLE and not self._has_passed:
            self._begin()

    async def mlst(self, peer: Peer, argument: str) -> None:
        self._pass_time()
        await super().mlst(peer, argument)

    async def mlsd(self, peer: Peer, argument: str) -> None:
        self._pass_time()
        await super().mlsd(peer, argument)

    async def _lose(self, peer: Peer) -> None:
        if self._says_150:
            await peer.say("150 send it")
            await peer.accept_data()
        if self.kept:
            self.content[self._path] = WHOLE[: self.kept]
        raise Hangup

    def _begin(self) -> None:
        self._due = anyio.current_time() + self._seconds

    def _pass_time(self) -> None:
        if self._due is not None and anyio.current_time() >= self._due:
            self._due, self._has_passed = None, True
            self.content[self._path] = self._effect(self.content[self._path])


async def upload_one(client: Client, source: Path) -> None:
    await client.upload(source / "a", "a")


async def upload_unchecked(client: Client, source: Path) -> None:
    await client.upload(source / "a", "a", verify_size=False)


async def upload_resuming(client: Client, source: Path) -> None:
    await client.upload(source / "a", "a", resume=True)


async def upload_tree(client: Client, source: Path) -> None:
    await client.upload(source, "/d/")


async def upload_tree_unchecked(client: Client, source: Path) -> None:
    await client.upload(source, "/d/", verify_size=False)


async def upload_tree_resuming(client: Client, source: Path) -> None:
    await client.upload(source, "/d/", resume=True)


async def mirror(client: Client, source: Path) -> None:
    await client.mirror_upload(source, "/d")


Send = Callable[[Client, Path], Awaitable[None]]
SENDS: list[Send] = [
    upload_one,
    upload_unchecked,
    upload_resuming,
    upload_tree,
    upload_tree_unchecked,
    upload_tree_resuming,
    mirror,
]


@patient
@pytest.mark.parametrize(
    ("seconds", "says_150"), [(0.0, True), (0.03, False)], ids=["at-once", "later"]
)
@pytest.mark.parametrize("effect", EFFECTS)
@pytest.mark.parametrize("send", SENDS)
async def test_what_is_undone_after_its_confirmation_is_no_success(
    send: Send, effect: str, seconds: float, says_150: bool, tmp_path: Path
) -> None:
    source = tmp_path / "s"
    source.mkdir()
    for name in ("a", "b"):
        (source / name).write_bytes(WHOLE)
    tree = Late(EFFECTS[effect], seconds, says_150=says_150)
    async with tree.peer(APPE=tree.appe).client(retry=SOON, close_timeout=0.06) as client:
        if effect == "nothing":
            await send(client, source)
        else:
            with pytest.raises(IncompleteTransferError):
                await send(client, source)


@patient
@pytest.mark.parametrize("effect", EFFECTS)
@pytest.mark.parametrize("kept", [1000, len(WHOLE)])
async def test_so_is_what_is_undone_after_it_was_gone_on_from(
    kept: int, effect: str, tmp_path: Path
) -> None:
    (tmp_path / "a").write_bytes(WHOLE)
    tree = Late(EFFECTS[effect], 0.03, says_150=True, kept=kept)
    peer = tree.peer(APPE=tree.appe)
    async with peer.client(retry=SOON, close_timeout=0.06) as client:
        if effect == "nothing":
            await client.upload(tmp_path / "a", "a", resume=True)
            assert tree.content["/a"] == WHOLE
        else:
            with pytest.raises(IncompleteTransferError):
                await client.upload(tmp_path / "a", "a", resume=True)


@patient
async def test_who_is_told_of_failures_is_told_of_it(tmp_path: Path) -> None:
    source = tmp_path / "s"
    source.mkdir()
    (source / "a").write_bytes(WHOLE)
    tree = Late(EFFECTS["emptied"], 0.03, says_150=False)
    told: list[tuple[str, FTPError]] = []
    async with tree.peer().client(retry=SOON, close_timeout=0.06) as client:
        await client.upload(
            source, "/d/", on_error=lambda path, error: told.append((str(path), error)), resume=True
        )
    assert [path for path, _ in told] == ["/d/s/a"]
    assert isinstance(told[0][1], IncompleteTransferError)


class Breaking(RenamingTree):
    """A server of which the first upload of each file breaks off; what had come stays there."""

    def __init__(self) -> None:
        super().__init__({"/d/": b""})
        self.nbroken = 0

    async def stor(self, peer: Peer, argument: str) -> None:
        if self.nbroken == 2:
            return await super().stor(peer, argument)
        self.nbroken += 1
        await peer.say("150 send it")
        self.content[absolute(argument)] = (await (await peer.accept_data()).receive())[:100]
        raise Hangup


@patient
@pytest.mark.parametrize("is_tree", [False, True], ids=["file", "tree"])
async def test_nothing_is_left_of_what_was_lost_under_other_names(
    is_tree: bool, tmp_path: Path
) -> None:
    source = tmp_path / "s"
    source.mkdir()
    for name in ("a", "b"):
        (source / name).write_bytes(WHOLE)
    tree = Breaking()
    peer = tree.peer()
    async with peer.client(retry=SOON, close_timeout=0.06) as client:
        if is_tree:
            await client.upload(source, "/d/", atomic=True)
        else:
            await client.upload(source / "a", "/d/s", atomic=True)
    assert tree.nbroken == 2
    expected = {"/d/s/a", "/d/s/b", "/d/s/"} if is_tree else {"/d/s"}
    assert set(tree.content) == {"/d/", *expected}


class Remover:
    """A session that removes files, each in a moment; or loses its connection over one of them."""

    def __init__(self, lost_over: str = "") -> None:
        self.removed: list[str] = []
        self._lost_over = lost_over

    async def exchange(self, verb: str, argument: str) -> None:
        await anyio.lowlevel.checkpoint()
        if argument == self._lost_over:
            raise ConnectionLost("gone")
        self.removed.append(argument)


async def test_several_sessions_remove_what_is_left() -> None:
    names = [f"{number}.part" for number in range(7)]
    lost = LostUploads([PurePosixPath(name) for name in names])
    with pytest.raises(ConnectionLost):
        await lost.remove_left(cast("Any", Remover(lost_over="6.part")))
    assert len(lost.left) == 7
    remover = Remover()
    async with anyio.create_task_group() as group:
        for _ in range(3):
            group.start_soon(lost.remove_left, cast("Any", remover))
    assert sorted(remover.removed) == names
    assert lost.left == []


async def test_nobody_waits_where_no_session_was_lost(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(WHOLE)
    tree = Tree({})
    peer = tree.peer()
    async with peer.client(retry=SOON, close_timeout=60.0) as client:
        with anyio.fail_after(10):
            await client.upload(tmp_path / "a", "a")
    assert peer.commands.count("SIZE a") == 1
