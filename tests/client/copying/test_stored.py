"""No success without evidence: what a server confirms is compared with what it has, and has sent.

Each case is a transfer of which the other side kept, or sent, so many bytes and then ended in one
of the ways that servers, and what is in between, end transfers. A call that returns has a copy
that is the original; in every other case it raises.
"""

from __future__ import annotations

import itertools
from collections.abc import Awaitable, Callable, Coroutine
from contextlib import nullcontext, suppress
from pathlib import Path
from typing import Any

import anyio
import pytest

from anyftp import (
    Client,
    ConnectionLost,
    DataConnectionError,
    FTPError,
    IncompleteTransferError,
    UnconfirmedTransferError,
)
from client.peer import Hangup, Peer, drain
from client.tree import Tree
from support.patient_clocks import patient

pytestmark = pytest.mark.anyio

WHOLE = bytes(range(256)) * 16
SIZE = len(WHOLE)

Handler = Callable[[Peer, str], Coroutine[Any, Any, None]]

CUTS = [0, 1, SIZE // 2, SIZE - 1, SIZE]
ENDS = ["226", "426", "second-150", "silence", "dies"]


async def end(peer: Peer, manner: str) -> None:
    if manner == "dies":
        raise Hangup
    if manner != "silence":
        await peer.say("150 what?" if manner == "second-150" else f"{manner} the end")


def sending(nbytes: int, manner: str, told: bool) -> Callable[[Peer, str], Awaitable[None]]:
    async def retr(peer: Peer, argument: str) -> None:
        await peer.say(f"150 it comes ({SIZE} bytes)" if told else "150 it comes")
        data = await peer.accept_data()
        await data.send(WHOLE[:nbytes])
        await data.aclose()
        await end(peer, manner)

    return retr


async def silent(peer: Peer, argument: str) -> None:
    """Nothing comes back."""


async def dying(peer: Peer, argument: str) -> None:
    raise Hangup


#: What a server says of the size of a file, and of one that is not there; or does not say.
SIZES: dict[str, str | Handler] = {
    "tells": f"213 {SIZE}",
    "unknown": "500 what?",
    "refuses": "550 no",
    "silent": silent,
    "dying": dying,
}
MUTE: dict[str, Handler] = {"silent": silent, "dying": dying}


@patient
@pytest.mark.parametrize("manner", ENDS)
@pytest.mark.parametrize("by", SIZES)
@pytest.mark.parametrize("told", [True, False], ids=["150-tells", "150-silent"])
async def test_a_download_that_returns_is_whole(
    told: bool, by: str, manner: str, tmp_path: Path
) -> None:
    for nbytes in CUTS:
        target = tmp_path / "f"
        target.unlink(missing_ok=True)
        answers: dict[str, Any] = {"RETR": sending(nbytes, manner, told), "SIZE": SIZES[by]}
        if by != "tells":
            answers |= {"MLST": "500 what?", "MLSD": "500 what?", "LIST": "550 no"}
        known = told or (by == "tells" and manner == "226")
        may_pass = nbytes == SIZE if known else manner == "226" and by not in MUTE
        async with Peer(**answers).client(timeout=0.3, close_timeout=0.1) as client:
            with anyio.fail_after(10):
                try:
                    report = await client.download("f", target)
                except FTPError:
                    assert not target.exists()
                    # What has the size that was told, and has ended well, is whole.
                    assert not (known and nbytes == SIZE and manner != "426")
                else:
                    assert may_pass
                    assert target.read_bytes() == WHOLE[:nbytes]
                    assert report.unconfirmed == (() if manner == "226" else ("f",))


@patient
@pytest.mark.parametrize("manner", ENDS)
@pytest.mark.parametrize("by", SIZES)
@pytest.mark.parametrize("told", [True, False], ids=["150-tells", "150-silent"])
async def test_a_download_whose_size_is_asked_for_ahead_is_whole(
    told: bool, by: str, manner: str, tmp_path: Path
) -> None:
    """The 150 of the first has told nothing, and SIZE has; so the second asks ahead of RETR."""
    for nbytes in CUTS:
        target = tmp_path / "f"
        target.unlink(missing_ok=True)
        peer = Peer(
            RETR=(sending(SIZE, "226", told=False), sending(nbytes, manner, told)),
            SIZE=(f"213 {SIZE}", SIZES[by]),
            MLST="500 what?",
            MLSD="500 what?",
            LIST="550 no",
        )
        known = told or by == "tells"
        async with peer.client(timeout=1.0, close_timeout=0.1) as client:
            await client.download("first", tmp_path / "first")
            with anyio.fail_after(10):
                try:
                    report = await client.download("f", target)
                except FTPError:
                    assert not target.exists()
                    assert by in MUTE or not (known and nbytes == SIZE and manner != "426")
                else:
                    assert nbytes == SIZE if known else manner == "226"
                    assert target.read_bytes() == WHOLE[:nbytes]
                    assert report.unconfirmed == (() if manner == "226" else ("f",))
        asked = [command for command in peer.commands if command.endswith(" f")]
        assert asked[0] == "SIZE f"


async def test_a_150_that_tells_spares_the_size(tmp_path: Path) -> None:
    """Whichever the last 150 was: what has been told is not asked for."""
    tells, tells_not = (sending(SIZE, "226", told) for told in (True, False))
    peer = Peer(RETR=(tells_not, tells_not, tells, tells), SIZE=f"213 {SIZE}")
    async with peer.client() as client:
        for name in "abcd":
            await client.download(name, tmp_path / name)
    asked = [command for command in peer.commands if command[:4] in ("SIZE", "RETR")]
    assert asked == ["RETR a", "SIZE a", "SIZE b", "RETR b", "SIZE c", "RETR c", "RETR d"]


@patient
@pytest.mark.parametrize("manner", ENDS)
@pytest.mark.parametrize("by", SIZES)
@pytest.mark.parametrize("told", [True, False], ids=["150-tells", "150-silent"])
async def test_a_stream_that_ends_without_an_error_was_whole(
    told: bool, by: str, manner: str
) -> None:
    for nbytes in CUTS:
        answers: dict[str, Any] = {"RETR": sending(nbytes, manner, told), "SIZE": SIZES[by]}
        if by != "tells":
            answers |= {"MLST": "500 what?", "MLSD": "500 what?", "LIST": "550 no"}
        async with Peer(**answers).client(timeout=0.3, close_timeout=0.1) as client:
            with anyio.fail_after(10):
                try:
                    async with client.download_stream("f") as stream:
                        assert await stream.read() == WHOLE[:nbytes]
                except UnconfirmedTransferError:
                    assert told
                    assert nbytes == SIZE
                except IncompleteTransferError:
                    assert told or manner == "dies" or (by == "tells" and nbytes < SIZE)
                except FTPError:
                    assert manner in ("426", "second-150", "silence") or by in MUTE
                else:
                    assert manner == "226"
                    assert nbytes == SIZE or not (told or by == "tells" or by in MUTE)


@patient
@pytest.mark.parametrize("learnt", [False, True], ids=["first", "asked-ahead"])
@pytest.mark.parametrize("offset", [0, 100])
@pytest.mark.parametrize("length", [None, SIZE // 2, SIZE - 100, SIZE, 2 * SIZE])
async def test_a_part_that_is_read_is_compared_with_the_size(
    length: int | None, offset: int, learnt: bool
) -> None:
    async def retr(peer: Peer, argument: str) -> None:
        offset, peer.offset = peer.offset, 0
        await peer.say("150 it comes")
        data = await peer.accept_data()
        with suppress(anyio.BrokenResourceError):
            await data.send(WHOLE[offset : SIZE if argument == "whole" else SIZE - 200])
        await data.aclose()
        await peer.say("226 done")

    peer = Peer(RETR=retr, SIZE=f"213 {SIZE}")
    async with peer.client(timeout=2, close_timeout=0.3) as client:
        for name in ("whole", "whole", "cut") if learnt else ("cut",):
            is_seen = name == "cut" and (length is None or offset + length > SIZE - 200)
            with pytest.raises(IncompleteTransferError) if is_seen else nullcontext():
                async with client.download_stream(name, offset=offset, length=length) as stream:
                    data = await stream.read()
                    assert data == await stream.read() + data
            await client.noop()


async def test_the_size_of_a_stream_is_not_asked_for_if_that_is_not_wanted() -> None:
    peer = Peer(RETR=sending(7, "226", told=False), SIZE=f"213 {SIZE}")
    opening = Client.download_stream
    async with peer.client() as client, opening(client, "f", verify_size=False) as stream:
        assert len(await stream.read()) == 7
    assert "SIZE f" not in peer.commands


@pytest.mark.parametrize(
    ("now", "is_kept"),
    [
        pytest.param(f"213 {SIZE}", True, id="it-has-grown"),
        pytest.param(f"213 {SIZE + 100}", True, id="it-grows-still"),
        pytest.param(f"213 {SIZE - 7}", False, id="it-has-not"),
        pytest.param("550 no", False, id="nobody-knows"),
        pytest.param(dying, False, id="nobody-is-there-to-ask"),
    ],
)
async def test_more_than_was_told_is_kept_if_the_file_has_it(
    now: str | Handler, is_kept: bool, tmp_path: Path
) -> None:
    """Else what came is of another file too: pyftpdlib sends what an earlier transfer has left."""

    async def retr(peer: Peer, argument: str) -> None:
        await peer.say(f"150 it comes ({SIZE - 7} bytes)")
        data = await peer.accept_data()
        await data.send(WHOLE)
        await data.aclose()
        await peer.say("226 done")

    unknown: dict[str, Any] = {"MLST": "550 no", "MLSD": "500 what?", "LIST": "550 no"}
    async with Peer(RETR=retr, SIZE=now, **unknown).client() as client:
        if is_kept:
            report = await client.download("log", tmp_path / "log")
            assert report.grown == ("log",)
            assert (tmp_path / "log").read_bytes() == WHOLE
        else:
            with pytest.raises((IncompleteTransferError, ConnectionLost)):
                await client.download("log", tmp_path / "log")
            assert list(tmp_path.iterdir()) == []


async def test_the_size_is_not_asked_for_if_that_is_not_wanted(tmp_path: Path) -> None:
    (tmp_path / "up").write_bytes(WHOLE)
    peer = Peer(RETR=sending(SIZE, "226", told=False))
    async with peer.client() as client:
        await client.download("f", tmp_path / "f", verify_size=False)
        await client.upload(tmp_path / "up", "f", verify_size=False)
    assert not [command for command in peer.commands if command.startswith("SIZE")]


class Losing(Tree):
    """A server that keeps so many bytes of each upload and confirms it."""

    def __init__(self, nbytes: int) -> None:
        super().__init__({"/d/": b""})
        self.kept = nbytes

    async def stor(self, peer: Peer, argument: str) -> None:
        await peer.say("150 send it")
        received = await drain(await peer.accept_data())
        self.content["/" + argument.lstrip("/")] = received[: self.kept]
        await peer.say("226 got it all")


async def upload_one(client: Client, source: Path) -> None:
    await client.upload(source / "a", "a")


async def upload_aside(client: Client, source: Path) -> None:
    await client.upload(source / "a", "a", atomic=True, verify_size=False)


async def upload_resuming(client: Client, source: Path) -> None:
    await client.upload(source / "a", "a", resume=True, verify_size=False)


async def upload_tree(client: Client, source: Path) -> None:
    await client.upload(source, "/d")


async def mirror(client: Client, source: Path) -> None:
    await client.mirror_upload(source, "/d")


@patient
@pytest.mark.parametrize("manner", MUTE)
@pytest.mark.parametrize("kept", [SIZE // 2, SIZE])
@pytest.mark.parametrize("send", [upload_one, upload_aside, upload_resuming, upload_tree, mirror])
async def test_where_no_answer_comes_an_upload_is_not_known_to_be_whole(
    send: Callable[[Client, Path], Awaitable[None]], kept: int, manner: str, tmp_path: Path
) -> None:
    (tmp_path / "a").write_bytes(WHOLE)
    tree = Losing(kept)
    ways: dict[str, Any] = dict.fromkeys(("SIZE", "MLST"), MUTE[manner])
    if send in (upload_tree, mirror):
        ways.update(MLSD=after_the_upload(tree, MUTE[manner]), LIST=MUTE[manner])
    async with tree.peer(**ways).client(timeout=0.3, close_timeout=0.1) as client:
        with anyio.fail_after(10), pytest.raises(FTPError):
            await send(client, tmp_path)


def after_the_upload(tree: Losing, then: Handler) -> Handler:
    async def mlsd(peer: Peer, argument: str) -> None:
        await (then if "/d/a" in tree.content else tree.mlsd)(peer, argument)

    return mlsd


@pytest.mark.parametrize("unknown", [(), ("SIZE",)], ids=["size", "mlst"])
@pytest.mark.parametrize("kept", CUTS)
@pytest.mark.parametrize("send", [upload_one, upload_aside, upload_resuming, upload_tree, mirror])
async def test_an_upload_that_returns_is_whole(
    send: Callable[[Client, Path], Awaitable[None]],
    kept: int,
    unknown: tuple[str, ...],
    tmp_path: Path,
) -> None:
    (tmp_path / "a").write_bytes(WHOLE)
    tree = Losing(kept)
    async with tree.peer(**dict[str, Any].fromkeys(unknown, "500 what?")).client() as client:
        if kept == SIZE:
            await send(client, tmp_path)
        else:
            with pytest.raises(IncompleteTransferError) as caught:
                await send(client, tmp_path)
            assert (caught.value.received, caught.value.expected) == (kept, SIZE)
            if send is upload_aside:  # it has not got its name, and nothing is left beside it
                assert list(tree.content) == ["/d/"]


async def test_a_server_that_does_not_tell_is_believed(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(WHOLE)
    answers: dict[str, Any] = dict.fromkeys(
        ("SIZE", "MLST", "MLSD", "LIST"), "550 you may not look in here"
    )
    for number in range(2):
        async with Peer(**answers).client() as client:
            await client.upload(tmp_path / "a", f"drop/{number}")


def test_the_cases_are_all_there() -> None:
    assert len(list(itertools.product(CUTS, ENDS, SIZES, (True, False)))) == 250
    assert issubclass(IncompleteTransferError, DataConnectionError)
