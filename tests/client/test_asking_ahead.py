"""The next port is asked for while a file ends, and no reply is taken for another command's."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from pathlib import Path, PurePosixPath
from typing import Any, Literal

import anyio
import pytest

from anyftp import Client, FileSystemError, FTPError, HabitRule, Habits, RetryPolicy
from anyftp._client._copying._local import find_source
from anyftp._errors import ConnectionLost, IncompleteTransferError
from client.peer import Hangup, Peer, epsv, size, stor
from client.serving import served
from client.tree import Tree, on_disk

pytestmark = pytest.mark.anyio

NAMES = ["a", "b", "c", "d"]
#: Of a server that is asked once the data of a download are over, and of one that keeps all
#: commands for later, so that it may be asked at once.
GREETING = "220 pyftpdlib 2.2.0 ready."
IN_ORDER = "220 anyftp ready."
Ending = Callable[[Peer], Coroutine[Any, Any, None]]


async def well(peer: Peer) -> None:
    await peer.say("226 done")


@pytest.fixture(params=[GREETING, IN_ORDER], ids=["ahead", "behind"])
def greeting(request: pytest.FixtureRequest) -> str:
    return str(request.param)


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


async def test_the_port_is_asked_for_before_the_confirmation_comes(
    greeting: str, tmp_path: Path
) -> None:
    peer = tree_peer(dict.fromkeys(NAMES[:-1], asked_first), greeting)
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


async def test_a_file_that_fails_costs_the_next_one_nothing(greeting: str, tmp_path: Path) -> None:
    failed: list[str] = []

    def tell(path: PurePosixPath, error: FTPError) -> None:
        failed.append(path.name)

    async with tree_peer({"b": refused}, greeting).client() as client:
        await client.download("t", tmp_path, on_error=tell)
    assert failed == ["b"]
    assert on_disk(tmp_path) == local(["a", "c", "d"])


async def test_an_answer_to_EPSV_confirms_no_transfer(greeting: str, tmp_path: Path) -> None:
    async def mixed_up(peer: Peer) -> None:
        assert await peer.next_command() == "EPSV"
        await epsv(peer, "")
        await peer.say("426 cut")

    async with tree_peer({"b": mixed_up}, greeting).client() as client:
        with pytest.raises(FTPError):
            await client.download("t", tmp_path)
        assert not client.is_connected


async def test_a_port_that_is_refused_is_asked_for_otherwise(greeting: str, tmp_path: Path) -> None:
    async def no_port(peer: Peer) -> None:
        assert await peer.next_command() == "EPSV"
        await peer.say("226 done")
        await peer.say("425 no ports left")

    async with tree_peer({"b": no_port}, greeting).client() as client:
        await client.download("t", tmp_path)
    assert on_disk(tmp_path) == local(NAMES)


async def test_who_is_cancelled_meanwhile_leaves_the_session_in_step(
    greeting: str, tmp_path: Path
) -> None:
    asked, may_go_on = anyio.Event(), anyio.Event()

    async def waits(peer: Peer) -> None:
        assert await peer.next_command() == "EPSV"
        asked.set()
        await may_go_on.wait()
        await peer.say("226 done")
        await epsv(peer, "")

    async with tree_peer({"b": waits}, greeting).client() as client:
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


@pytest.mark.parametrize("said", ["226 so", "451 so", "426 so"])
async def test_nor_do_they_where_the_port_was_asked_for_before(said: str, tmp_path: Path) -> None:
    """NOOP comes behind an EPSV here, and the answers to both behind the confirmation."""

    async def with_noop(peer: Peer) -> None:
        assert await peer.next_command() == "EPSV"
        assert await peer.next_command() == "NOOP"
        await peer.say(said)
        await epsv(peer, "")
        await peer.say("200 yes")

    failed: list[str] = []

    def tell(path: PurePosixPath, error: FTPError) -> None:
        failed.append(path.name)

    async def retr(peer: Peer, argument: str) -> None:
        if argument[-1] not in NAMES:
            return await peer.say("550 a folder")
        await peer.say("150 here it comes (50 bytes)")
        data = await peer.accept_data()
        if argument[-1] == "b":
            await with_noop(peer)
        await data.send(argument[-1].encode() * 50)
        await data.aclose()
        return None if argument[-1] == "b" else await peer.say("226 done")

    peer = tree_peer({}, IN_ORDER, RETR=retr, NOOP="200 yes", PWD='257 "/"')
    async with peer.client() as client, client.keep_alive(0.02, during_transfers=True):
        await client.download("t", tmp_path, on_error=tell)
    assert failed == ([] if said == "226 so" else ["b"])


REFUSALS = ["425 no data connection", "450 not now", "550 no", "553 no"]


@pytest.mark.parametrize("is_upload", [False, True], ids=["down", "up"])
@pytest.mark.parametrize("refusal", REFUSALS)
async def test_a_command_that_is_refused_leaves_the_port_to_the_next(
    refusal: str, is_upload: bool, tmp_path: Path
) -> None:
    async def told(peer: Peer, argument: str) -> None:
        assert await peer.next_command() == "EPSV"
        await peer.say(refusal)
        await epsv(peer, "")

    failed: list[str] = []

    def tell(path: PurePosixPath, error: FTPError) -> None:
        failed.append(path.name)

    peer = tree_peer({}, IN_ORDER, MKD="257 made", STOR=stor)
    usual = peer.answers["STOR" if is_upload else "RETR"]
    assert callable(usual)

    async def refuses(peer: Peer, argument: str) -> None:
        handler = told if argument.endswith("/b") else usual
        await handler(peer, argument)

    peer.answers["STOR" if is_upload else "RETR"] = refuses
    (tmp_path / "u").mkdir()
    for name in NAMES:
        (tmp_path / "u" / name).write_bytes(name.encode() * 50)
    async with peer.client() as client:
        if is_upload:
            await client.upload(tmp_path / "u", "u", on_error=tell, verify_size=False)
        else:
            await client.download("t", tmp_path, on_error=tell)
        await client.noop()
    assert failed == ["b"]
    if is_upload:
        assert sorted(peer.files) == [f"u/{name}" for name in "acd"]
    else:
        assert on_disk(tmp_path / "t") == {name: name.encode() * 50 for name in "acd"}


async def test_the_port_is_asked_for_right_behind_STOR(tmp_path: Path) -> None:
    async def keeps(peer: Peer, argument: str) -> None:
        if not argument.endswith("/d"):
            assert await peer.next_command() == "EPSV"
            await stor(peer, argument)
            await epsv(peer, "")
        else:
            await stor(peer, argument)

    peer = tree_peer({}, IN_ORDER, MKD="257 made", STOR=keeps)
    (tmp_path / "u").mkdir()
    for name in NAMES:
        (tmp_path / "u" / name).write_bytes(name.encode() * 50)
    async with peer.client() as client:
        report = await client.upload(tmp_path / "u", "u", verify_size=False)
        await client.noop()
    assert report.files == 4
    assert peer.files == {f"u/{name}": name.encode() * 50 for name in NAMES}


def row_peer(keeps: Callable[[int], bool], greeting: str = IN_ORDER, **answers: Any) -> Peer:
    """A server whose n-th file is followed by the next port at once, or not; fails otherwise."""
    peer = tree_peer({}, greeting, NOOP="200 yes", **answers)
    count = 0

    async def retr(peer: Peer, argument: str) -> None:
        nonlocal count
        is_asked, count = keeps(count), count + 1
        if is_asked and greeting == IN_ORDER:
            assert await peer.next_command() == "EPSV"
        await peer.say("150 here it comes (50 bytes)")
        data = await peer.accept_data()
        await data.send(argument[-1].encode() * 50)
        await data.aclose()
        if is_asked and greeting != IN_ORDER:
            assert await peer.next_command() == "EPSV"
        if not is_asked:
            with anyio.move_on_after(0.02):
                pytest.fail(f"{await peer.next_command()} came early")
        await peer.say("226 done")
        if is_asked:
            await epsv(peer, "")

    peer.answers["RETR"] = retr
    return peer


async def fetched(client: Client, name: str, folder: Path, *, into_file: bool = False) -> None:
    if into_file:
        await client.download(f"/t/{name}", folder / name)
        assert (folder / name).read_bytes() == name.encode() * 50
    else:
        async with client.download_stream(f"/t/{name}") as stream:
            assert await stream.read(100) == name.encode() * 50
            assert await stream.read(100) == b""


@pytest.mark.parametrize("into_file", [False, True], ids=["stream", "file"])
async def test_files_in_a_row_let_another_be_expected(
    greeting: str, into_file: bool, tmp_path: Path
) -> None:
    peer = row_peer(lambda count: count > 0, greeting)
    async with peer.client() as client:
        for name in NAMES:
            await fetched(client, name, tmp_path, into_file=into_file)
        await client.noop()
        await client.noop()
    verbs = [line.split()[0] for line in peer.commands]
    assert verbs[-11:] == ["EPSV", "RETR"] * 4 + ["EPSV", "NOOP", "NOOP"]


async def test_what_is_sent_in_between_ends_a_row(tmp_path: Path) -> None:
    peer = row_peer(lambda count: False)
    async with peer.client() as client:
        for name in NAMES:
            await fetched(client, name, tmp_path)
            await client.noop()


async def test_a_pause_ends_a_row(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    peer = row_peer(lambda count: count == 1)
    async with peer.client() as client:
        await fetched(client, "a", tmp_path)
        await fetched(client, "b", tmp_path)
        monkeypatch.setattr("anyftp._client._session._dial._FRESH_SECONDS", -1.0)
        before = len(peer.commands)
        await fetched(client, "c", tmp_path)  # not over the port that was told long ago
        await fetched(client, "d", tmp_path)
    verbs = [line.split()[0] for line in peer.commands[before:]]
    assert verbs[:4] == ["EPSV", "RETR", "EPSV", "RETR"]


@pytest.mark.parametrize("refusal", REFUSALS)
async def test_a_refusal_in_a_row_costs_no_connection(refusal: str, tmp_path: Path) -> None:
    """What is owed then is a port alone, and no reason to log in anew."""
    peer = row_peer(lambda count: count > 0)
    usual = peer.answers["RETR"]
    assert callable(usual)
    nleft = 2 if refusal.startswith("4") else 1

    async def refuses(peer: Peer, argument: str) -> None:
        nonlocal nleft
        if argument.endswith("/c") and nleft:
            nleft -= 1
            assert await peer.next_command() == "EPSV"
            await peer.say(refusal)
            return await epsv(peer, "")
        return await usual(peer, argument)

    peer.answers["RETR"] = refuses
    retry = RetryPolicy(attempts=4, first_delay_seconds=0)
    async with peer.client(retry=retry) as client:
        await fetched(client, "a", tmp_path)
        await fetched(client, "b", tmp_path)
        if refusal.startswith("4"):
            await fetched(client, "c", tmp_path)
        else:
            with pytest.raises(FTPError):
                await fetched(client, "c", tmp_path)
        await fetched(client, "d", tmp_path)
    assert not any(line.startswith("USER") for line in peer.commands)


@pytest.mark.parametrize("is_left", [False, True], ids=["abandoned", "left"])
async def test_one_of_a_row_that_is_broken_off(is_left: bool, tmp_path: Path) -> None:
    peer = row_peer(lambda count: count > 0)
    usual = peer.answers["RETR"]
    assert callable(usual)

    async def breaks(peer: Peer, argument: str) -> None:
        if not argument.endswith("/c"):
            return await usual(peer, argument)
        assert await peer.next_command() == "EPSV"
        await peer.say("150 here it comes (50000 bytes)")
        data = await peer.accept_data()
        await data.send(b"c" * 50)
        with pytest.raises((anyio.BrokenResourceError, anyio.EndOfStream)):
            await data.receive()
        await peer.say("426 cut")
        return await epsv(peer, "")

    peer.answers |= {"RETR": breaks, "ABOR": "226 over", "PWD": '257 "/"'}
    async with peer.client() as client:
        await fetched(client, "a", tmp_path)
        await fetched(client, "b", tmp_path)
        stream = await client.download_stream("/t/c")
        assert await stream.read(50) == b"c" * 50
        await (stream.leave() if is_left else stream.abandon())
        peer.answers["RETR"] = tree_peer({}).answers["RETR"]
        await client.noop()
        for name in "da":
            await fetched(client, name, tmp_path)
        await client.noop()
        assert client.is_connected


async def sent(client: Client, source: Path, name: str, **options: Any) -> None:
    source.write_bytes(b"x" * 10)
    await client.upload(source, name, **options)


async def test_the_port_for_an_upload_is_asked_for_while_the_disk_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of any server: nothing is under way then."""
    peer, was_asked = Peer(), anyio.Event()

    async def answer(peer: Peer, argument: str) -> None:
        was_asked.set()
        await epsv(peer, argument)

    async def slowly(*arguments: Any, **options: Any) -> Any:
        with anyio.fail_after(5):
            await was_asked.wait()
        return await find_source(*arguments, **options)

    async with peer.client() as client:
        await sent(client, tmp_path / "a", "a")
        peer.answers["EPSV"] = answer
        monkeypatch.setattr("anyftp._client._copying._upload.find_source", slowly)
        await sent(client, tmp_path / "b", "b")
    assert [line.split()[0] for line in peer.commands].count("EPSV") == 2


async def missing(client: Client, tmp_path: Path) -> None:
    with pytest.raises(FileSystemError):
        await client.upload(tmp_path / "missing", "missing")


async def a_tree(client: Client, tmp_path: Path) -> None:
    (tmp_path / "tree").mkdir()
    (tmp_path / "tree" / "c").write_bytes(b"c")
    await client.upload(tmp_path / "tree", "tree")


async def cancelled(client: Client, tmp_path: Path) -> None:
    with anyio.CancelScope() as scope:
        scope.cancel()
        await client.upload(tmp_path / "a", "a")


@pytest.mark.parametrize("work", [missing, a_tree, cancelled])
async def test_a_port_for_nothing_costs_no_step(
    work: Callable[[Client, Path], Coroutine[Any, Any, None]], tmp_path: Path
) -> None:
    peer = Tree({}).peer(SIZE="213 10", PWD='257 "/"')
    async with peer.client() as client:
        await sent(client, tmp_path / "a", "a")
        await work(client, tmp_path)
        assert await client.get_current_directory() == PurePosixPath("/")
        await sent(client, tmp_path / "b", "b")


@pytest.mark.parametrize("answer", ["425 no ports left", "501 what?", "226 what?"])
async def test_a_port_that_is_not_had_before_an_upload_is_asked_for_again(
    answer: str, tmp_path: Path
) -> None:
    peer = Peer(EPSV=(epsv, answer, epsv), PASV="502 no", SIZE="213 10")
    async with peer.client() as client:
        await sent(client, tmp_path / "a", "a")
        await sent(client, tmp_path / "b", "b")
        await client.noop()
    assert peer.received == b"x" * 10


async def test_a_server_that_has_left_is_met_again(tmp_path: Path) -> None:
    async def leaves(peer: Peer, argument: str) -> None:
        raise Hangup

    peer = Peer(EPSV=(epsv, leaves, epsv), SIZE="213 10")
    async with peer.client(retry=RetryPolicy(attempts=3, first_delay_seconds=0)) as client:
        await sent(client, tmp_path / "a", "a")
        await sent(client, tmp_path / "b", "b")
    assert peer.received == b"x" * 10


@pytest.mark.parametrize(
    ("options", "upload_options", "expected"),
    [
        pytest.param({}, {"atomic": True}, ["EPSV", "STOR"], id="atomic"),
        pytest.param({}, {"resume": True}, ["EPSV", "STOR"], id="resume"),
        pytest.param({}, {"kind": "A"}, ["TYPE", "EPSV", "STOR"], id="another-type"),
        pytest.param(
            {"habits": [HabitRule("slaves", Habits(send_pret=True), "ready")]},
            {},
            ["PRET", "EPSV", "STOR"],
            id="pret",
        ),
    ],
)
async def test_what_goes_before_the_port_still_does(
    options: dict[str, Any], upload_options: dict[str, Any], expected: list[str], tmp_path: Path
) -> None:
    peer = Peer(SIZE="213 10", PRET="200 fine", MLST="550 no such file")
    async with peer.client(**options) as client:
        await sent(client, tmp_path / "a", "a")
        before = len(peer.commands)
        await sent(client, tmp_path / "b", "b", **upload_options)
    verbs = [line.split()[0] for line in peer.commands[before:]]
    verbs = verbs[: verbs.index("STOR") + 1]
    assert verbs[-len(expected) :] == expected
    assert verbs.count("EPSV") == expected.count("EPSV")


# The size of what was uploaded, asked for behind the command


def storing_peer(
    told: Callable[[Peer, str], Coroutine[Any, Any, None]] = size, *, is_early: bool = False
) -> Peer:
    """A server that keeps what is sent behind STOR, and fails where it is not what it should be."""
    peer = tree_peer({}, IN_ORDER, NOOP="200 yes", SIZE=size)
    count = 0

    async def keeps(peer: Peer, argument: str) -> None:
        nonlocal count
        count += 1
        if count == 1:  # it is not known yet that it answers SIZE
            return await stor(peer, argument)
        assert await peer.next_command() == f"SIZE {argument}"
        if is_early:
            await told(peer, argument)
            return await stor(peer, argument)
        await stor(peer, argument)
        return await told(peer, argument)

    peer.answers["STOR"] = keeps
    return peer


def four_files(folder: Path) -> list[Path]:
    paths = [folder / name for name in NAMES]
    for path in paths:
        path.write_bytes(path.name.encode() * 50)
    return paths


async def test_the_size_is_asked_for_right_behind_STOR(tmp_path: Path) -> None:
    peer = storing_peer()
    async with peer.client() as client:
        for path in four_files(tmp_path):
            await client.upload(path, path.name)
        await client.noop()
    verbs = [line.split()[0] for line in peer.commands]
    first = verbs.index("STOR")
    assert verbs[first : first + 12] == ["STOR", "SIZE", "EPSV"] * 3 + ["STOR", "SIZE", "NOOP"]
    assert peer.files == {name: name.encode() * 50 for name in NAMES}


@pytest.mark.parametrize("atomic", [False, True])
async def test_another_size_told_behind_STOR_is_an_error(atomic: bool, tmp_path: Path) -> None:
    count = 0

    async def short(peer: Peer, argument: str) -> None:
        nonlocal count
        count += 1
        await peer.say("213 50" if count < 2 else "213 49")

    peer = storing_peer(short)
    peer.answers["RNFR"], peer.answers["RNTO"], peer.answers["DELE"] = "350 to?", "250 ok", "250 ok"
    a, b, c, _ = four_files(tmp_path)
    async with peer.client() as client:
        peer.answers["SIZE"] = "213 50"
        await client.upload(a, "a", atomic=atomic)
        await client.upload(b, "b", atomic=atomic)
        peer.answers["STOR"] = partial_stor
        with pytest.raises(IncompleteTransferError, match="49"):
            await client.upload(c, "c", atomic=atomic)
        await client.noop()


async def partial_stor(peer: Peer, argument: str) -> None:
    """Confirms what it has lost a byte of."""
    assert await peer.next_command() == f"SIZE {argument}"
    await stor(peer, argument)
    await peer.say("213 49")


async def test_a_refusal_to_tell_the_size_behind_STOR_is_asked_about_once_more(
    tmp_path: Path,
) -> None:
    async def refuses(peer: Peer, argument: str) -> None:
        await peer.say("550 not now")

    peer = storing_peer(refuses)
    a, b, *_ = four_files(tmp_path)
    async with peer.client() as client:
        await client.upload(a, "a")
        peer.answers["SIZE"] = "213 49"
        with pytest.raises(IncompleteTransferError):
            await client.upload(b, "b")
        await client.noop()


async def test_a_size_before_the_confirmation_is_none(tmp_path: Path) -> None:
    """Whoever mixes the answers up does not keep commands as it was said to."""
    peer = storing_peer(is_early=True)
    a, b, *_ = four_files(tmp_path)
    async with peer.client() as client:
        await client.upload(a, "a")
        with pytest.raises(FTPError):
            await client.upload(b, "b")
        assert not client.is_connected


@pytest.mark.parametrize("refusal", ["553 no", "452 full"])
async def test_a_refused_upload_owes_the_answer_to_SIZE(refusal: str, tmp_path: Path) -> None:
    peer = storing_peer()
    usual = peer.answers["STOR"]
    assert callable(usual)

    async def refuses(peer: Peer, argument: str) -> None:
        if argument != "c":
            return await usual(peer, argument)
        assert await peer.next_command() == "SIZE c"
        await peer.say(refusal)
        return await peer.say("213 7")

    peer.answers["STOR"] = refuses
    peer.answers["CWD"] = "550 no such folder"
    a, b, c, d = four_files(tmp_path)
    async with peer.client() as client:
        await client.upload(a, "a")
        await client.upload(b, "b")
        with pytest.raises(FTPError, match=refusal):
            await client.upload(c, "c")
        assert await client.size("a") == 50
        peer.answers["STOR"] = stor
        await client.upload(d, "d", verify_size=False)
    assert sorted(peer.files) == ["a", "b", "d"]


async def test_a_connection_that_is_lost_before_the_size_is_told(tmp_path: Path) -> None:
    async def hangs_up(peer: Peer, argument: str) -> None:
        raise Hangup

    peer = storing_peer(hangs_up)
    a, b, *_ = four_files(tmp_path)
    async with peer.client() as client:
        await client.upload(a, "a")
        with pytest.raises(ConnectionLost):
            await client.upload(b, "b")


@pytest.mark.parametrize("command", ["MLSD", "LIST"])
async def test_the_port_is_asked_for_right_behind_a_listing_that_another_follows(
    command: Literal["MLSD", "LIST"],
) -> None:
    """And behind the last one it is not: no port is left at the server."""
    lines = {
        "MLSD": b"type=file;size=1; f\r\n",
        "LIST": b"-rw-r--r-- 1 u g 1 Nov 23 2025 f\r\n",
    }
    count = 0

    async def told(peer: Peer, argument: str) -> None:
        nonlocal count
        count += 1
        await peer.say("150 here it comes")
        is_asked = count < 3
        if is_asked:
            assert await peer.next_command() == "EPSV"
        data = await peer.accept_data()
        await data.send(lines[command])
        await data.aclose()
        await peer.say("226 done")
        if is_asked:
            await epsv(peer, "")

    peer = Peer(MLSD=told, LIST=told)
    peer.greeting = IN_ORDER
    async with peer.client() as client:
        for number in range(3):
            found = client.list("/a", raw_command=command)
            found.has_successor = number < 2
            assert [entry.name async for entry in found] == ["f"]
        await client.noop()
    verbs = [line.split()[0] for line in peer.commands]
    assert verbs[-7:] == ["EPSV", command] * 3 + ["NOOP"]


async def test_a_server_that_answers_in_transfers_is_no_less_in_order(tmp_path: Path) -> None:
    """It greets as one that keeps what is sent right behind STOR and RETR, whatever it is told."""
    content = b"x" * 500_000
    (tmp_path / "f").write_bytes(content)
    told = {"SIZE", "EPSV", "PWD"}
    async with served(
        tmp_path / "home", answered_in_transfers=told, write_speed_limit=4_000_000
    ) as client:
        for number in range(4):  # the first tells that SIZE is known
            await client.upload(tmp_path / "f", f"u{number}", verify_size=True)
        for number in range(4):
            await client.download("u0", tmp_path / f"d{number}")
            assert (tmp_path / f"d{number}").read_bytes() == content
