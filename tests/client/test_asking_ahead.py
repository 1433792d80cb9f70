"""The next port is asked for while a file ends, and no reply is taken for another command's."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from pathlib import Path, PurePosixPath
from typing import Any

import anyio
import pytest

from anyftp import FTPError, HabitRule, Habits
from anyftp._errors import IncompleteTransferError
from client.peer import Peer, epsv
from client.tree import Tree, on_disk

pytestmark = pytest.mark.anyio

NAMES = ["a", "b", "c", "d"]
GREETING = "220 pyftpdlib 2.2.0 ready."
Ending = Callable[[Peer], Coroutine[Any, Any, None]]


async def well(peer: Peer) -> None:
    await peer.say("226 done")


def tree_peer(endings: dict[str, Ending], greeting: str = GREETING, **answers: Any) -> Peer:
    """A server of a few small files, which ends the transfers of some in its own way."""
    tree = Tree({"/t/": b"", **{f"/t/{name}": name.encode() * 50 for name in NAMES}})

    async def retr(peer: Peer, argument: str) -> None:
        name = argument[-1]
        if name not in NAMES:
            return await peer.say("550 a folder")
        await peer.say("150 here it comes (50 bytes)")
        data = await peer.accept_data()
        await data.send(name.encode() * 50)
        await data.aclose()
        return await endings.get(name, well)(peer)

    peer = tree.peer(**{"RETR": retr, **answers})
    peer.greeting = greeting
    return peer


def local(names: list[str]) -> dict[str, bytes]:
    return {"t/": b"", **{f"t/{name}": name.encode() * 50 for name in names}}


async def asked_first(peer: Peer) -> None:
    """Hears the next EPSV before it has confirmed the file, and answers afterwards."""
    command = await peer.next_command()
    assert command == "EPSV"
    await peer.say("226 done")
    await epsv(peer, "")


async def test_the_port_is_asked_for_before_the_confirmation_comes(tmp_path: Path) -> None:
    peer = tree_peer(dict.fromkeys(NAMES[:-1], asked_first))
    async with peer.client() as client:
        report = await client.download("t", tmp_path)
        await client.command("NOOP")
    assert report.files == 4
    assert on_disk(tmp_path) == local(NAMES)
    asked = [line.split()[0] for line in peer.commands]
    assert asked[-9:] == ["EPSV", "RETR"] * 4 + ["NOOP"]


@pytest.mark.parametrize(
    ("greeting", "options"),
    [
        pytest.param("220 ready", {}, id="unknown-server"),
        pytest.param(
            GREETING,
            {"habits": [HabitRule("no", Habits(ask_ahead=False), "pyftpdlib")]},
            id="told-not-to",
        ),
    ],
)
async def test_others_are_not_asked_ahead(
    greeting: str, options: dict[str, Any], tmp_path: Path
) -> None:
    async def looks(peer: Peer) -> None:
        with anyio.move_on_after(0.05):
            pytest.fail(f"{await peer.next_command()} came early")
        await peer.say("226 done")

    async with tree_peer({"a": looks, "b": looks}, greeting).client(**options) as client:
        await client.download("t", tmp_path)
    assert on_disk(tmp_path) == local(NAMES)


async def refused(peer: Peer) -> None:
    assert await peer.next_command() == "EPSV"
    await peer.say("451 the disk broke")
    await epsv(peer, "")


async def test_a_file_that_fails_costs_the_next_one_nothing(tmp_path: Path) -> None:
    failed: list[str] = []

    def tell(path: PurePosixPath, error: FTPError) -> None:
        failed.append(path.name)

    async with tree_peer({"b": refused}).client() as client:
        await client.download("t", tmp_path, on_error=tell)
    assert failed == ["b"]
    assert on_disk(tmp_path) == local(["a", "c", "d"])


async def test_an_answer_to_EPSV_confirms_no_transfer(tmp_path: Path) -> None:
    async def mixed_up(peer: Peer) -> None:
        assert await peer.next_command() == "EPSV"
        await epsv(peer, "")
        await peer.say("426 cut")

    async with tree_peer({"b": mixed_up}).client() as client:
        with pytest.raises(FTPError):
            await client.download("t", tmp_path)
        assert not client.is_connected


async def test_a_port_that_is_refused_is_asked_for_otherwise(tmp_path: Path) -> None:
    async def no_port(peer: Peer) -> None:
        assert await peer.next_command() == "EPSV"
        await peer.say("226 done")
        await peer.say("425 no ports left")

    async with tree_peer({"b": no_port}).client() as client:
        await client.download("t", tmp_path)
    assert on_disk(tmp_path) == local(NAMES)


async def test_who_is_cancelled_meanwhile_leaves_the_session_in_step(tmp_path: Path) -> None:
    asked, may_go_on = anyio.Event(), anyio.Event()

    async def waits(peer: Peer) -> None:
        assert await peer.next_command() == "EPSV"
        asked.set()
        await may_go_on.wait()
        await peer.say("226 done")
        await epsv(peer, "")

    async with tree_peer({"b": waits}).client() as client:
        async with anyio.create_task_group() as group:
            group.start_soon(client.download, "t", tmp_path)
            await asked.wait()
            group.cancel_scope.cancel()
            may_go_on.set()
        reply = await client.command("SIZE", "/t/a")
        assert reply.text == "50"
        async with client.download_stream("/t/c") as stream:
            assert await stream.read() == b"c" * 50
    assert on_disk(tmp_path) == local(["a"])


async def test_what_came_short_asks_for_nothing(tmp_path: Path) -> None:
    async def retr(peer: Peer, argument: str) -> None:
        if argument[-1] not in NAMES:
            return await peer.say("550 a folder")
        await peer.say("150 here it comes (50 bytes)")
        data = await peer.accept_data()
        await data.send(b"x")
        await data.aclose()
        return await peer.say("226 done")

    peer = tree_peer({}, RETR=retr)
    async with peer.client() as client:
        with pytest.raises(IncompleteTransferError):
            await client.download("t", tmp_path)
    assert peer.commands[-1].startswith("RETR")


@pytest.mark.parametrize(("said", "names"), [("226", NAMES), ("451", ["a", "c", "d"])])
async def test_replies_to_what_went_in_between_confirm_no_transfer(
    said: str, names: list[str], tmp_path: Path
) -> None:
    async def retr(peer: Peer, argument: str) -> None:
        name = argument[-1]
        if name not in NAMES:
            return await peer.say("550 a folder")
        await peer.say("150 here it comes (50 bytes)")
        data = await peer.accept_data()
        if name == "b":
            assert await peer.next_command() == "NOOP"
        await data.send(name.encode() * 50)
        await data.aclose()
        if name == "b":
            await peer.say("200 yes")
        return await peer.say(f"{said} so" if name == "b" else "226 done")

    failed: list[str] = []

    def tell(path: PurePosixPath, error: FTPError) -> None:
        failed.append(path.name)

    peer = tree_peer({}, RETR=retr, NOOP="200 yes", PWD='257 "/"')
    async with peer.client() as client, client.keep_alive(0.02, during_transfers=True):
        await client.download("t", tmp_path, on_error=tell)
    assert on_disk(tmp_path) == local(names)
    assert failed == [name for name in NAMES if name not in names]
