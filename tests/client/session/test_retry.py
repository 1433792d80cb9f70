"""Going on after failures: what is made anew, what is tried again, and what never is."""

from __future__ import annotations

import ssl
from typing import Any

import anyio
import pytest

from anyftp import Client, RetryPolicy
from anyftp._errors import (
    ConnectionLost,
    DataConnectionError,
    FTPTimeoutError,
    PermanentReplyError,
    RemoteProtocolError,
    TransientReplyError,
)
from client.peer import (
    CONTENT,
    Handler,
    Peer,
    epsv,
    hang_up,
    listing,
    retr,
    silent,
)
from support.clocks import VIRTUAL_BACKENDS, Backend

pytestmark = pytest.mark.anyio

#: Without chance: the waits are 1, 2, 4 and 8 seconds.
POLICY = RetryPolicy(jitter=lambda: 1.0)

LOGIN = ["USER alice", "PASS wonder-land"]


@pytest.fixture(params=VIRTUAL_BACKENDS)
def anyio_backend(request: pytest.FixtureRequest) -> Backend:
    backend: Backend = request.param
    return backend


def then(first: Handler, reply: str) -> Any:
    """Do something the first time, say something from then on."""
    return (first, reply)


async def goodbye(peer: Peer, argument: str) -> None:
    await peer.say("421 too long idle")
    await hang_up(peer, argument)


async def read(client: Client) -> bytes:
    async with client.download_stream("f") as stream:
        return await stream.read()


# A connection that is found dead


@pytest.mark.parametrize("how", ["silently", "with-421"])
async def test_a_connection_that_died_while_idle_is_replaced(how: str) -> None:
    peer = Peer()
    async with peer.client(retry=POLICY) as client:
        await client.change_directory("deep")
        assert await read(client) == CONTENT
        peer.commands.clear()
        if how == "with-421":
            await peer.say("421 idle")
        assert peer.control is not None
        peer.control.close()
        await anyio.sleep(1)
        start = anyio.current_time()
        await client.make_directory("new")
        assert anyio.current_time() == start  # nothing was tried in vain, so nothing is waited for
        assert await read(client) == CONTENT
    # The folder and the type are what they were, and MKD was sent once.
    assert peer.commands == [
        *LOGIN, "CWD /home", "TYPE I", "MKD new", "EPSV", "RETR f",
    ]  # fmt: skip


async def test_tls_and_protection_are_as_before(
    server_tls: ssl.SSLContext, client_tls: ssl.SSLContext
) -> None:
    peer = Peer(tls=server_tls)
    options: dict[str, Any] = {"tls": "explicit", "ssl_context": client_tls}
    async with peer.client(retry=POLICY, **options) as client:
        assert await read(client) == CONTENT
        assert peer.control is not None
        peer.control.close()
        peer.protects_data = False
        peer.commands.clear()
        assert await read(client) == CONTENT
        assert peer.protects_data
    assert peer.commands[:6] == ["AUTH TLS", *LOGIN, "PBSZ 0", "PROT P", "TYPE I"]


async def test_implicit_tls_is_as_before(
    server_tls: ssl.SSLContext, client_tls: ssl.SSLContext
) -> None:
    peer = Peer(tls=server_tls, implicit=True)
    options: dict[str, Any] = {"tls": "implicit", "ssl_context": client_tls}
    async with peer.client(retry=POLICY, **options) as client:
        assert peer.control is not None
        peer.control.close()
        assert await read(client) == CONTENT
    assert "AUTH TLS" not in peer.commands


async def test_where_we_are_is_known_after_every_way_of_going_somewhere() -> None:
    peer = Peer(PWD=tuple(f'257 "/{n}"' for n in range(1, 5)))
    async with peer.client(retry=POLICY) as client:
        await client.change_directory("a")
        await client.change_to_parent()
        await client.change_directory()
        await client.command("CWD", "b")
        assert peer.control is not None
        peer.control.close()
        await client.noop()
    assert peer.commands[-4:] == [*LOGIN, "CWD /4", "NOOP"]


async def test_without_a_policy_nothing_is_asked_and_nothing_is_made_anew() -> None:
    peer = Peer()
    async with peer.client() as client:
        await client.change_directory("a")
        assert peer.control is not None
        peer.control.close()
        with pytest.raises(ConnectionLost):
            await client.noop()
    assert peer.commands == ["CWD a"]


async def test_a_server_that_is_away_for_a_while() -> None:
    peer = Peer()
    async with peer.client(retry=POLICY) as client:
        assert peer.control is not None
        peer.control.close()
        peer.refused_ports.add(21)

        async def come_back() -> None:
            await anyio.sleep(5)
            peer.refused_ports.clear()

        start = anyio.current_time()
        async with anyio.create_task_group() as group:
            group.start_soon(come_back)
            await client.make_directory("new")
        assert anyio.current_time() - start == pytest.approx(7)  # after 1, 2 and 4 seconds


async def test_a_server_that_stays_away() -> None:
    peer = Peer()
    async with peer.client(retry=POLICY) as client:
        assert peer.control is not None
        peer.control.close()
        peer.refused_ports.add(21)
        start = anyio.current_time()
        with pytest.raises(ConnectionLost, match="could not connect"):
            await client.noop()
        assert anyio.current_time() - start == pytest.approx(1 + 2 + 4 + 8)
        peer.refused_ports.clear()
        await client.noop()  # it is not given up for ever


@pytest.mark.parametrize("reply", ["530 too many users", "421 too many connections", "430 later"])
async def test_quirk_26_the_old_session_still_counts(reply: str) -> None:
    peer = Peer()
    async with peer.client(retry=POLICY) as client:
        peer.answers["USER"] = (reply, reply, "331 password?")
        assert peer.control is not None
        peer.control.close()
        assert str(await client.get_current_directory()) == "/home"


async def test_a_folder_that_is_gone_is_an_error() -> None:
    peer = Peer(CWD=("250 fine", "550 no such folder"))
    async with peer.client(retry=POLICY) as client:
        await client.change_directory("a")
        assert peer.control is not None
        peer.control.close()
        with pytest.raises(PermanentReplyError, match="no such folder"):
            await client.make_directory("new", parents=False)
    assert "MKD new" not in peer.commands


# What is tried again


@pytest.mark.parametrize("fault", [hang_up, goodbye], ids=["closed", "421"])
async def test_commands_that_only_ask(fault: Handler) -> None:
    peer = Peer(
        SIZE=then(fault, "213 3"),
        MDTM=then(fault, "213 20260102030405"),
        MLST=then(fault, "250-x\r\n type=file; a\r\n250 ."),
        PWD=then(fault, '257 "/x"'),
        NOOP=then(fault, "200 here"),
        FEAT=then(fault, "211-x\r\n SIZE\r\n211 ."),
        SYST=then(fault, "215 UNIX"),
    )
    async with peer.client(retry=POLICY) as client:
        assert await client.size("a") == 3
        assert (await client.modified("a")).year == 2026
        assert (await client.stat("a")).is_file
        assert str(await client.get_current_directory()) == "/x"
        assert await client.features()
        assert await client.system() == "UNIX"
    assert peer.commands.count("SIZE a") == 2


async def test_a_reply_that_does_not_come_is_asked_for_over_another_connection() -> None:
    peer = Peer(SIZE=then(silent, "213 3"))
    async with peer.client(retry=POLICY, timeout=10) as client:
        start = anyio.current_time()
        assert await client.size("a") == 3
        assert anyio.current_time() - start == pytest.approx(10 + 1)
    assert peer.commands == ["TYPE I", "SIZE a", *LOGIN, "TYPE I", "SIZE a"]


async def test_a_relative_folder_is_gone_to_once() -> None:
    """The reply is lost: the new connection is where we were before, so CWD is sent again."""
    peer = Peer(CWD=("250 a", hang_up, "250 back in a", "250 b"), PWD=('257 "/a"', '257 "/a/b"'))
    async with peer.client(retry=POLICY) as client:
        await client.change_directory("a")
        await client.change_directory("b")
    assert peer.commands == ["CWD a", "PWD", "CWD b", *LOGIN, "CWD /a", "CWD b", "PWD"]


async def test_a_folder_whose_name_could_not_be_asked_for() -> None:
    peer = Peer(PWD=('257 "/a"', hang_up, '257 "/a/b"'))
    async with peer.client(retry=POLICY) as client:
        await client.change_directory("a")
        await client.change_directory("b")
    assert peer.commands == ["CWD a", "PWD", "CWD b", "PWD", *LOGIN, "CWD /a", "CWD b", "PWD"]


async def _change_and_be_cancelled(client: Client, peer: Peer, way: str) -> None:
    """Be cancelled when the server has changed the folder and not said so."""
    scope = anyio.CancelScope()

    async def late(peer: Peer, argument: str) -> None:
        scope.cancel()
        await anyio.lowlevel.checkpoint()
        await peer.say("250 there")

    peer.answers["CWD"] = (late, "250 there")
    with scope:
        await (client.change_directory("b") if way == "method" else client.command("CWD", "b"))
    assert scope.cancelled_caught


@pytest.mark.parametrize("way", ["method", "command"])
async def test_after_a_cancelled_change_of_folder_it_is_asked_where_we_are(way: str) -> None:
    peer = Peer(PWD=('257 "/a"', '257 "/a/b"'))
    async with peer.client(retry=POLICY) as client:
        await client.change_directory("a")
        await _change_and_be_cancelled(client, peer, way)
        await client.noop()
        assert peer.control is not None
        peer.control.close()
        await client.noop()
    expected = ["CWD a", "PWD", "CWD b", "PWD", "NOOP", *LOGIN, "CWD /a/b", "NOOP"]
    assert peer.commands == expected


@pytest.mark.parametrize("way", ["method", "command"])
async def test_who_does_not_know_the_folder_is_not_brought_back_to_another(way: str) -> None:
    peer = Peer(PWD=('257 "/a"',))
    async with peer.client(retry=POLICY) as client:
        await client.change_directory("a")
        await _change_and_be_cancelled(client, peer, way)
        assert peer.control is not None
        peer.control.close()
        with pytest.raises(ConnectionLost, match="folder"):
            await client.make_directory("new")
    assert peer.commands == ["CWD a", "PWD", "CWD b"]


async def test_a_client_that_is_closed_in_a_transfer_stays_closed() -> None:
    async def closing(peer: Peer, argument: str) -> None:
        client.close()
        await hang_up(peer, argument)

    peer = Peer(RETR=(closing, retr))
    async with peer.client(retry=POLICY) as client:
        with pytest.raises(ConnectionLost, match="closed"):
            await read(client)
        assert not client.is_connected
    assert peer.commands == ["TYPE I", "EPSV", "RETR f"]


@pytest.mark.parametrize("leave", ["close", "aclose"])
async def test_a_client_that_is_closed_while_it_connects_anew_leaves_nothing_open(
    leave: str,
) -> None:
    async def closing(peer: Peer, argument: str) -> None:
        client.close() if leave == "close" else await client.aclose()
        await peer.say("230 in")

    peer = Peer()
    async with peer.client(retry=POLICY) as client:
        assert peer.control is not None
        peer.control.close()
        peer.answers["USER"] = closing
        with pytest.raises(ConnectionLost, match="closed"):
            await client.noop()
        await anyio.sleep(1)
        assert all(end.is_closed for end in peer.open_ends)
    assert peer.commands == ["USER alice"]


async def test_listings() -> None:
    peer = Peer(MLSD=("450 busy", hang_up, listing("type=file; a")), EPSV=(epsv, epsv, epsv))
    async with peer.client(retry=POLICY) as client:
        start = anyio.current_time()
        assert [entry.name for entry in await client.list()] == ["a"]
        assert anyio.current_time() - start == pytest.approx(1 + 2)


async def test_opening_a_stream() -> None:
    peer = Peer(RETR=(hang_up, "425 no port", "425 no port", "450 locked", retr))
    async with peer.client(retry=POLICY) as client:
        assert await read(client) == CONTENT


async def test_what_the_server_refuses_for_good_is_not_tried_again() -> None:
    peer = Peer(SIZE="550 no such file", RETR="550 no such file")
    async with peer.client(retry=POLICY) as client:
        with pytest.raises(PermanentReplyError):
            await client.size("a")
        with pytest.raises(PermanentReplyError):
            await read(client)
    assert peer.commands.count("SIZE a") == peer.commands.count("RETR f") == 1


async def test_what_breaks_the_protocol_is_not_tried_again() -> None:
    peer = Peer(SIZE="what?")
    async with peer.client(retry=POLICY) as client:
        with pytest.raises(RemoteProtocolError):
            await client.size("a")
    assert peer.commands.count("SIZE a") == 1


async def test_failures_that_do_not_end() -> None:
    peer = Peer(SIZE="450 busy")
    async with peer.client(retry=RetryPolicy(3, 5, jitter=lambda: 1.0)) as client:
        start = anyio.current_time()
        with pytest.raises(TransientReplyError, match="busy"):
            await client.size("a")
        assert anyio.current_time() - start == pytest.approx(5 + 10)
    assert peer.commands.count("SIZE a") == 3


async def test_cancelled_while_waiting_to_try_again() -> None:
    peer = Peer(SIZE="450 busy")
    async with peer.client(retry=POLICY) as client:
        with anyio.move_on_after(2) as scope:
            await client.size("a")
        assert scope.cancelled_caught
        await client.noop()
        peer.answers["SIZE"] = ("450 busy", "213 3")
        assert await client.size("a") == 3  # the count of attempts is a new one


# What is not


@pytest.mark.parametrize("verb", ["MKD", "RMD", "DELE", "RNTO", "SITE"])
async def test_what_may_have_changed_something_is_sent_once(verb: str) -> None:
    answers: dict[str, Any] = {verb: hang_up}
    peer = Peer(**answers)
    calls: dict[str, Any] = {
        "MKD": lambda client: client.make_directory("a"),
        "RMD": lambda client: client.remove_directory("a"),
        "DELE": lambda client: client.remove_file("a"),
        "RNTO": lambda client: client.rename("a", "b"),
        "SITE": lambda client: client.site("x"),
    }
    async with peer.client(retry=POLICY) as client:
        with pytest.raises(ConnectionLost):
            await calls[verb](client)
        assert [command.split()[0] for command in peer.commands].count(verb) == 1
        await client.noop()  # but the next command finds a connection


async def test_quirk_54_rnto_never_follows_over_another_connection() -> None:
    async def leave(peer: Peer, argument: str) -> None:
        await peer.say("350 go on")
        await hang_up(peer, argument)

    peer = Peer(RNFR=leave)
    async with peer.client(retry=POLICY) as client:
        with pytest.raises(ConnectionLost):
            await client.rename("a", "b")
        await client.noop()
    assert "RNTO b" not in peer.commands


async def test_rnfr_may_be_said_again() -> None:
    peer = Peer(RNFR=(hang_up, "350 go on"))
    async with peer.client(retry=POLICY) as client:
        await client.rename("a", "b")
    assert peer.commands == ["RNFR a", *LOGIN, "RNFR a", "RNTO b"]


async def test_a_login_that_is_refused_is_not_tried_again() -> None:
    peer = Peer(PASS="530 wrong")
    async with peer.client(login=False, retry=POLICY) as client:
        with pytest.raises(PermanentReplyError):
            await client.login("alice", "x")
    assert peer.commands == ["USER alice", "PASS x"]


async def test_nobody_is_logged_in_and_the_connection_is_lost() -> None:
    async with Peer(SITE=hang_up).client(login=False, retry=POLICY) as client:
        with pytest.raises(ConnectionLost):
            await client.site("x")
        with pytest.raises(ConnectionLost):
            await client.site("x")


async def test_the_first_connection_is_tried_again() -> None:
    peer = Peer()
    peer.refused_ports.add(21)
    async with peer.running(), anyio.create_task_group() as group:
        client = Client(dialler=peer.dial, retry=POLICY)

        async def come_back() -> None:
            await anyio.sleep(2)
            peer.refused_ports.clear()

        group.start_soon(come_back)
        await client.connect("ftp.example.org")
        await client.login()
        await client.quit()


# Streams


async def short(peer: Peer, argument: str) -> None:
    """Say in the middle of the file that this is all."""
    await peer.say(f"150 here it comes ({len(peer.content)} bytes)")
    data = await peer.accept_data()
    await data.send(peer.content[:1000])
    data.close()
    await peer.say("426 it broke off")


async def test_a_stream_that_broke_is_the_users_own_affair() -> None:
    """What has been read cannot be unread, so nothing is tried again."""
    peer = Peer(RETR=(short, retr))
    async with peer.client(retry=POLICY) as client:
        with pytest.raises((DataConnectionError, TransientReplyError)):
            await read(client)
        assert await read(client) == CONTENT


async def test_the_connection_is_never_had() -> None:
    peer = Peer()
    peer.silent_ports.add(21)
    start = anyio.current_time()
    async with peer.running():
        client = Client(dialler=peer.dial, retry=POLICY, connection_timeout=10)
        with pytest.raises(FTPTimeoutError):
            await client.connect("ftp.example.org")
    assert anyio.current_time() - start == pytest.approx(5 * 10 + 15)


@pytest.mark.parametrize("refusal", ["450 busy", "502 what?"])
async def test_a_change_of_folder_is_not_repeated_because_pwd_fails(refusal: str) -> None:
    """The second time it would lead to a/a."""
    peer = Peer(PWD=(refusal, '257 "/a"'))
    async with peer.client(retry=POLICY) as client:
        await client.change_directory("a")
        await client.noop()
    assert peer.commands == ["CWD a", "PWD", "PWD", "NOOP"]
