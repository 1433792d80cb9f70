"""Going on where an earlier call stopped; times kept; downloads that nobody confirms."""

from __future__ import annotations

import contextlib
import os
import random
import ssl
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import anyio
import pytest

from anyftp._client import Progress
from anyftp._errors import (
    ConnectionLost,
    DataConnectionError,
    IncompleteTransferError,
    TransientReplyError,
)
from client.peer import CONTENT, Hangup, Peer, drain, listing, retr
from client.tree import Tree, on_disk

pytestmark = pytest.mark.anyio

WHOLE = random.Random(1).randbytes(300_000)
SIZE = f"213 {len(WHOLE)}"
PIECE = 100_000
TIME = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)  # what the peer tells (MDTM)
OVERLAP = 4096


def server(**answers: Any) -> Peer:
    return Peer(**{"content": WHOLE, "SIZE": SIZE, **answers})


async def piece(peer: Peer, argument: str) -> None:
    """Send no more than a piece, and break off."""
    offset, peer.offset = peer.offset, 0
    await peer.say("150 it comes")
    data = await peer.accept_data()
    await data.send(peer.content[offset : offset + PIECE])
    await data.aclose()
    await peer.say("426 broken off")


def visible(folder: Path) -> list[str]:
    return sorted(name for name in os.listdir(folder) if not name.startswith(".anyftp-"))


async def leave_a_part(folder: Path, **answers: Any) -> None:
    """A first call that fails, over a connection of its own."""
    async with server(RETR=piece, **answers).client() as client:
        with pytest.raises(TransientReplyError):
            await client.download("f", folder / "f", resume=True)
    assert "f" not in os.listdir(folder)
    assert os.listdir(folder)


# Downloads


async def test_a_download_goes_on_in_another_process(tmp_path: Path) -> None:
    await leave_a_part(tmp_path)
    peer = server()
    async with peer.client() as client:
        report = await client.download("f", tmp_path / "f", resume=True)
    assert (tmp_path / "f").read_bytes() == WHOLE
    assert os.listdir(tmp_path) == ["f"]
    assert report.nbytes == len(WHOLE) - PIECE
    assert peer.commands == [
        *["TYPE I", "SIZE f", "MDTM f", "EPSV", f"REST {PIECE - OVERLAP}", "RETR f"]
    ]


@pytest.mark.parametrize(
    ("destination", "result"),
    [("new", "new"), ("folder", "folder/t"), ("folder/", "folder/t"), ("folder/x", "folder/x")],
)
@pytest.mark.parametrize("ends", ["refused", "told"])
async def test_the_same_call_of_a_tree_means_the_same_folder(
    destination: str, result: str, ends: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Though a destination that was made by the first call is a folder for the second."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "folder").mkdir()
    tree = Tree({"/t/": b"", "/t/a": b"A", "/t/b": b"B", "/t/c": b"C"})
    answers: dict[str, Any] = {"RETR": (tree.retr, "451 not now", "451 nor now", tree.retr)}
    on_error = None if ends == "refused" else (lambda path, error: None)
    for _ in range(2):
        async with tree.peer(**answers).client() as client:
            with contextlib.suppress(TransientReplyError):
                await client.download("t", destination, resume=True, on_error=on_error)
    async with tree.peer().client() as client:
        await client.download("t", destination, resume=True)
    content = {f"{result}/{name}": name.upper().encode() for name in "abc"}
    assert on_disk(tmp_path) == {"folder/": b"", f"{result}/": b"", **content}


async def test_each_failure_leaves_more_for_the_next_call(tmp_path: Path) -> None:
    peer = server(RETR=(piece, piece, retr))
    async with peer.client() as client:
        for _ in range(2):
            with pytest.raises(TransientReplyError):
                await client.download("f", tmp_path / "f", resume=True)
        await client.download("f", tmp_path / "f", resume=True)
    assert (tmp_path / "f").read_bytes() == WHOLE
    assert peer.commands[-2:] == [f"REST {2 * PIECE - 2 * OVERLAP}", "RETR f"]


@pytest.mark.parametrize(
    "change",
    [
        pytest.param({"MDTM": "213 20260102030406"}, id="another-time"),
        pytest.param({"SIZE": f"213 {len(WHOLE) - 1}", "content": WHOLE[1:]}, id="another-size"),
        pytest.param({"MDTM": "500 what?", "MLST": "500 what?"}, id="no-time-any-more"),
    ],
)
async def test_a_part_of_another_version_is_thrown_away(
    change: dict[str, Any], tmp_path: Path
) -> None:
    await leave_a_part(tmp_path)
    peer = server(**change)
    async with peer.client() as client:
        await client.download("f", tmp_path / "f", resume=True)
    assert (tmp_path / "f").read_bytes() == peer.content
    assert os.listdir(tmp_path) == ["f"]
    assert not [command for command in peer.commands if command.startswith("REST")]


async def test_a_change_that_size_and_time_do_not_show_is_seen_by_the_bytes(
    tmp_path: Path,
) -> None:
    await leave_a_part(tmp_path)
    other = WHOLE[::-1]
    async with server(content=other).client() as client:
        await client.download("f", tmp_path / "f", resume=True)
    assert (tmp_path / "f").read_bytes() == other


async def accept_and_ignore(peer: Peer, argument: str) -> None:
    await peer.say("350 restarting")


@pytest.mark.parametrize("content", [WHOLE, bytes(len(WHOLE))], ids=["random", "zeros"])
async def test_quirk_51_rest_accepted_but_ignored(content: bytes, tmp_path: Path) -> None:
    await leave_a_part(tmp_path, content=content)
    async with server(content=content, REST=accept_and_ignore).client() as client:
        await client.download("f", tmp_path / "f", resume=True)
    assert (tmp_path / "f").read_bytes() == content


async def test_quirk_51_rest_refused(tmp_path: Path) -> None:
    await leave_a_part(tmp_path)
    async with server(REST="502 what?").client() as client:
        await client.download("f", tmp_path / "f", resume=True)
    assert (tmp_path / "f").read_bytes() == WHOLE


async def test_a_server_without_times_is_trusted_by_size(tmp_path: Path) -> None:
    unknown = {"MDTM": "500 what?", "MLST": "500 what?", "MLSD": listing()}
    await leave_a_part(tmp_path, **unknown)
    peer = server(**unknown)
    async with peer.client() as client:
        await client.download("f", tmp_path / "f", resume=True)
    assert (tmp_path / "f").read_bytes() == WHOLE
    assert f"REST {PIECE - OVERLAP}" in peer.commands


async def test_all_came_but_the_confirmation(tmp_path: Path) -> None:
    async def all_but(peer: Peer, argument: str) -> None:
        await peer.say("150 it comes")
        data = await peer.accept_data()
        await data.send(peer.content)
        await data.aclose()
        await peer.say("451 what was it?")

    peer = server(RETR=(all_but, retr))
    async with peer.client() as client:
        with pytest.raises(TransientReplyError):
            await client.download("f", tmp_path / "f", resume=True)
        report = await client.download("f", tmp_path / "f", resume=True)
    assert (tmp_path / "f").read_bytes() == WHOLE
    assert report.nbytes == 0


@pytest.mark.parametrize(
    ("age", "is_copy"), [(0, True), (60, True), (-60, False)], ids=["same", "younger", "older"]
)
async def test_a_copy_is_left_alone_unless_it_is_older(
    age: int, is_copy: bool, tmp_path: Path
) -> None:
    (tmp_path / "f").write_bytes(bytes(len(WHOLE)))
    seconds = TIME.timestamp() + age
    os.utime(tmp_path / "f", (seconds, seconds))
    peer = server()
    async with peer.client() as client:
        report = await client.download("f", tmp_path, resume=True)
    assert report.files == (0 if is_copy else 1)
    assert ("RETR f" in peer.commands) is not is_copy


@pytest.mark.parametrize("old", [None, b"", WHOLE[:1000], WHOLE + b"more"], ids=str)
async def test_a_file_under_the_name_is_no_part(old: bytes | None, tmp_path: Path) -> None:
    if old is not None:
        (tmp_path / "f").write_bytes(old)
    peer = server()
    async with peer.client() as client:
        await client.download("f", tmp_path / "f", resume=True)
    assert (tmp_path / "f").read_bytes() == WHOLE
    assert not [command for command in peer.commands if command.startswith("REST")]


async def test_of_small_files_no_part_is_kept(tmp_path: Path) -> None:
    peer = server(content=CONTENT, SIZE=f"213 {len(CONTENT)}", RETR=piece)
    async with peer.client() as client:
        with pytest.raises(TransientReplyError):
            await client.download("f", tmp_path / "f", resume=True)
    assert os.listdir(tmp_path) == []


async def test_a_tree_goes_on(tmp_path: Path) -> None:
    (tmp_path / "t").mkdir()
    (tmp_path / "t" / "a").write_bytes(WHOLE)
    line = f"type=file;size={len(WHOLE)};modify=20260102030405;"
    names = listing(*(f"{line} {name}" for name in "abc"))
    for retrieve, moved in ((piece, 0), (retr, 2 * len(WHOLE) - PIECE)):
        peer = server(MLSD=names, RETR=retrieve)
        async with peer.client() as client:
            with contextlib.suppress(TransientReplyError):
                report = await client.download("t/", tmp_path, resume=True)
                assert (report.files, report.nbytes) == (2, moved)
        assert "RETR t/a" not in peer.commands
        assert "MDTM t/b" not in peer.commands
    found = {p.name: p.read_bytes() for p in (tmp_path / "t").iterdir()}
    assert found == dict.fromkeys("abc", WHOLE)


async def test_a_file_that_grows_meanwhile(tmp_path: Path) -> None:
    async with server(content=WHOLE + b"more").client() as client:
        with pytest.raises(IncompleteTransferError) as caught:
            await client.download("f", tmp_path / "f", resume=True)
        assert (caught.value.received, caught.value.expected) == (len(WHOLE) + 4, len(WHOLE))
        await client.noop()
    assert os.listdir(tmp_path) == []


async def test_cancelled_in_the_middle(tmp_path: Path) -> None:
    async def stall(peer: Peer, argument: str) -> None:
        await peer.say("150 it comes")
        data = await peer.accept_data()
        await data.send(peer.content[:PIECE])
        await drain(data)
        await peer.say("426 broken off")

    peer = server(RETR=(stall, retr))
    async with peer.client() as client:
        with anyio.CancelScope() as scope:

            def stop(progress: Progress) -> None:
                if progress.nbytes >= PIECE:
                    scope.cancel()

            await client.download("f", tmp_path / "f", resume=True, progress=stop)
        assert scope.cancelled_caught
        assert visible(tmp_path) == []
        report = await client.download("f", tmp_path / "f", resume=True)
    assert (tmp_path / "f").read_bytes() == WHOLE
    assert report.nbytes < len(WHOLE)


# Uploads


async def append(peer: Peer, argument: str) -> None:
    await peer.say("150 send it")
    data = await peer.accept_data()
    peer.files[argument] = peer.files.get(argument, b"") + await drain(data)
    data.close()
    await peer.say("226 done")


OLD, NEW = "213 20000101000000", "213 20991231000000"


async def tell_size(peer: Peer, argument: str) -> None:
    if argument in peer.files:
        return await peer.say(f"213 {len(peer.files[argument])}")
    return await peer.say("550 no such file")


@pytest.mark.parametrize(
    ("remote", "time", "verb"),
    [
        pytest.param(CONTENT[:1000], NEW, "APPE", id="part"),
        pytest.param(CONTENT[:1000], "500 what?", "APPE", id="part-of-unknown-age"),
        pytest.param(CONTENT[:1000], OLD, "STOR", id="part-of-an-older-version"),
        pytest.param(None, NEW, "STOR", id="missing"),
        pytest.param(b"", NEW, "STOR", id="empty"),
        pytest.param(CONTENT + b"more", NEW, "STOR", id="longer"),
        pytest.param(CONTENT, NEW, None, id="whole"),
        pytest.param(b"x" * len(CONTENT), OLD, "STOR", id="older-version-of-the-same-size"),
    ],
)
async def test_an_upload_sends_what_is_lacking(
    remote: bytes | None, time: str, verb: str | None, tmp_path: Path
) -> None:
    (tmp_path / "f").write_bytes(CONTENT)
    peer = Peer(SIZE=tell_size, APPE=append, MDTM=time, MLST="500 what?", MLSD=listing())
    if remote is not None:
        peer.files["f"] = remote
    async with peer.client() as client:
        await client.upload(tmp_path / "f", resume=True)
    assert peer.files["f"] == CONTENT
    sent = [command[:4] for command in peer.commands if command[:4] in ("APPE", "STOR")]
    assert sent == ([verb] if verb else [])


async def test_a_server_that_cannot_append(tmp_path: Path) -> None:
    (tmp_path / "f").write_bytes(CONTENT)
    peer = Peer(SIZE=tell_size, APPE="502 what?", MDTM=NEW)
    peer.files["f"] = CONTENT[:10]
    async with peer.client() as client:
        await client.upload(tmp_path / "f", resume=True)
    assert peer.files["f"] == CONTENT


async def test_an_upload_that_does_not_add_up(tmp_path: Path) -> None:
    async def lose(peer: Peer, argument: str) -> None:
        await append(peer, argument)
        peer.files[argument] += b"twice"

    (tmp_path / "f").write_bytes(CONTENT)
    peer = Peer(SIZE=tell_size, APPE=lose, MDTM=NEW)
    peer.files["f"] = CONTENT[:10]
    async with peer.client() as client:
        with pytest.raises(IncompleteTransferError):
            await client.upload(tmp_path / "f", resume=True)


# Times


async def test_times_are_kept(tmp_path: Path) -> None:
    peer = Peer(MFMT="213 done", MLSD=listing("type=file;size=3;modify=20200102030405; a"))
    peer.content = b"abc"
    async with peer.client() as client:
        await client.download("f", tmp_path / "f", keep_times=True)
        await client.download("t/", tmp_path / "t", keep_times=True)
        os.utime(tmp_path / "f", (0, 86400))
        await client.upload(tmp_path / "f", "g", keep_times=True)
        assert peer.commands[-1] == "MFMT 19700102000000 g"
    assert (tmp_path / "t" / "a").stat().st_mtime == stamp(2020)
    assert peer.commands.count("MDTM f") == 1


def stamp(year: int) -> float:
    return datetime(year, 1, 2, 3, 4, 5, tzinfo=UTC).timestamp()


async def test_a_server_without_times(tmp_path: Path) -> None:
    peer = Peer(MDTM="550 no", MFMT="500 what?")
    async with peer.client() as client:
        await client.download("f", tmp_path / "f", keep_times=True)
        await client.upload(tmp_path / "f", "g", keep_times=True)


# Nobody confirms


@pytest.mark.parametrize(
    ("text", "is_accepted"),
    [
        pytest.param(f"150 here ({len(CONTENT)} bytes)", True, id="whole-by-its-size"),
        pytest.param(f"150 here ({len(CONTENT) + 1} bytes)", False, id="cut-short"),
        pytest.param("150 here", False, id="nobody-knows"),
    ],
)
async def test_the_control_connection_dies_before_226(
    text: str, is_accepted: bool, tmp_path: Path
) -> None:
    async def die(peer: Peer, argument: str) -> None:
        await peer.say(text)
        data = await peer.accept_data()
        await data.send(peer.content)
        data.close()
        raise Hangup

    async with Peer(RETR=die).client() as client:
        if is_accepted:
            report = await client.download("f", tmp_path / "f")
            assert report.unconfirmed == ("f",)
        else:
            with pytest.raises(IncompleteTransferError):
                await client.download("f", tmp_path / "f")
        with pytest.raises(ConnectionLost):
            await client.noop()
    assert (tmp_path / "f").exists() == is_accepted


async def test_a_data_connection_that_breaks_is_an_error_of_its_own(tmp_path: Path) -> None:
    async def reset(peer: Peer, argument: str) -> None:
        await peer.say("150 it comes")
        data: Any = await peer.accept_data()
        await data.send(b"some")
        data.close()
        await peer.say("226 done")

    await leave_a_part(tmp_path)
    async with server(RETR=reset).client() as client:
        with pytest.raises(DataConnectionError):
            await client.download("f", tmp_path / "f", resume=True)
        await client.noop()
    assert visible(tmp_path) == []


async def test_a_folder_named_without_a_slash(tmp_path: Path) -> None:
    """SIZE, which comes before RETR here, is refused for a folder as well."""
    peer = server(
        MLST="250-x\r\n type=dir; d\r\n250 .",
        MLSD=listing(f"type=file;size={len(WHOLE)}; a"),
        SIZE="550 not a plain file",
    )
    async with peer.client() as client:
        report = await client.download("d", tmp_path / "copy", resume=True)
    assert report.files == 1
    assert (tmp_path / "copy" / "a").read_bytes() == WHOLE


@pytest.mark.parametrize("is_tls", [False, True], ids=["plain", "tls"])
async def test_all_that_came_before_an_error_is_kept(
    is_tls: bool, tmp_path: Path, server_tls: ssl.SSLContext, client_tls: ssl.SSLContext
) -> None:
    came = 0

    def fail(progress: Progress) -> None:
        nonlocal came
        came = progress.nbytes
        if came > 200_000:
            raise ZeroDivisionError

    options: dict[str, Any] = {"tls": "explicit", "ssl_context": client_tls} if is_tls else {}
    async with server(tls=server_tls).client(**options) as client:
        with pytest.raises(ZeroDivisionError):
            await client.download("f", tmp_path / "f", resume=True, progress=fail)
    assert max(path.stat().st_size for path in tmp_path.iterdir()) == came > 200_000
