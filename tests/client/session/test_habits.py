"""What follows from what is known of a server; each habit on a server that has it."""

from __future__ import annotations

import ssl
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import anyio
import pytest

from anyftp import HabitRule, Habits, MemoryFileSystem, Server, User
from anyftp._client import Client
from anyftp._errors import (
    DataConnectionError,
    LocalProtocolError,
    MixedReplyError,
    PermanentReplyError,
)
from client.peer import (
    CONTENT,
    Answers,
    Hangup,
    Peer,
    drain,
    epsv,
    hang_up,
    listing,
    pasv,
    retr,
    silent,
)

pytestmark = pytest.mark.anyio

LINE = "-rw-r--r--   1 u        g               3 Nov 23 12:30 a"


def rules(**habits: Any) -> list[HabitRule]:
    return [HabitRule("this one", Habits(**habits), greeting="^")]


async def read(client: Client) -> bytes:
    async with client.download_stream("f") as stream:
        return await stream.read()


async def commands_of_a_listing(
    path: str, greeting: str = "220 hello", **answers: Any
) -> list[str]:
    peer = Peer(greeting=greeting, **answers)
    async with peer.client() as client:
        await client.list(path)
    return peer.commands


# Nothing is asked only to find out


async def test_an_ordinary_server_is_asked_neither_syst_nor_feat() -> None:
    peer = Peer()
    async with peer.client() as client:
        await client.list("d")
        await read(client)
        await client.stat("a")
    assert peer.commands == ["OPTS UTF8 ON", "EPSV", "MLSD d", "TYPE I", "EPSV", "RETR f", "MLST a"]


async def test_the_system_is_asked_once() -> None:
    peer = Peer(SYST="215 UNIX Type: L8")
    async with peer.client() as client:
        assert await client.system() == "UNIX Type: L8"
        assert await client.system() == "UNIX Type: L8"
    assert peer.commands == ["SYST"]


async def test_a_server_that_does_not_tell_its_system() -> None:
    peer = Peer(SYST="502 what?")
    async with peer.client() as client:
        assert await client.system() == await client.system() == ""
    assert peer.commands == ["SYST"]


# Habits


async def test_use_mlsd() -> None:
    commands = await commands_of_a_listing("d", greeting="220 (vsFTPd 3.0.5)")
    assert commands == ["OPTS UTF8 ON", "EPSV", "LIST d"]


async def test_an_own_rule_wins() -> None:
    peer = Peer(greeting="220 (vsFTPd 3.0.5)")
    async with peer.client(habits=rules(use_mlsd=True)) as client:
        await client.list()
    assert "MLSD" in peer.commands


async def test_what_the_greeting_told_is_known_after_tls_has_begun(
    server_tls: ssl.SSLContext, client_tls: ssl.SSLContext
) -> None:
    peer = Peer(greeting="220 (vsFTPd 3.0.5)", tls=server_tls)
    async with peer.client(tls="explicit", ssl_context=client_tls) as client:
        await client.list()
    assert "MLSD" not in peer.commands


async def test_use_epsv() -> None:
    peer = Peer(greeting="220 webMANftpd 1.47")
    async with peer.client() as client:
        assert await read(client) == CONTENT
    assert peer.commands == ["TYPE I", "PASV", "RETR f"]


async def test_use_epsv_is_no_matter_where_pasv_may_not_be_used() -> None:
    peer = Peer()
    options: dict[str, Any] = {"passive_commands": ["EPSV"]}
    async with peer.client(habits=rules(use_epsv=False), **options) as client:
        assert await read(client) == CONTENT


async def demanding(peer: Peer, argument: str) -> None:
    """Refuse ports until PRET has come."""
    if not any(command.startswith("PRET") for command in peer.commands[-2:]):
        return await peer.say("500 You need to use a client supporting PRET")
    return await epsv(peer, argument)


async def test_send_pret_is_found_out_by_feat() -> None:
    peer = Peer(EPSV=demanding, PASV="500 no", FEAT="211-x\r\n PRET\r\n211 .", PRET="200 planned")
    async with peer.client() as client:
        assert await read(client) == CONTENT
        assert len(await client.list("d")) == 2
    assert peer.commands[1:6] == ["EPSV", "PASV", "FEAT", "PRET RETR f", "EPSV"]
    assert peer.commands[-3:] == ["PRET MLSD d", "EPSV", "MLSD d"]


async def test_a_port_refused_by_a_server_that_does_not_ask_for_pret() -> None:
    peer = Peer(EPSV="500 no", PASV="500 never")
    async with peer.client() as client:
        for _ in range(2):
            with pytest.raises(PermanentReplyError, match="never"):
                await read(client)
    assert peer.commands.count("FEAT") == 1


@pytest.mark.parametrize(("reply", "is_fine"), [("500 what?", True), ("550 no such file", False)])
async def test_pret_refused(reply: str, is_fine: bool) -> None:
    peer = Peer(PRET=reply)
    async with peer.client(habits=rules(send_pret=True)) as client:
        if is_fine:
            assert await read(client) == CONTENT
            assert await read(client) == CONTENT
        else:
            with pytest.raises(PermanentReplyError, match=r"RETR 'f': .*no such file"):
                await read(client)
    assert peer.commands.count("PRET RETR f") == 1
    assert ("RETR f" in peer.commands) == is_fine


async def test_dial_late() -> None:
    async def open_late(peer: Peer, argument: str) -> None:
        await anyio.sleep(0.15)
        peer.refused_ports.clear()
        await retr(peer, argument)

    peer = Peer(RETR=open_late)
    peer.refused_ports.add(50_001)
    async with peer.client(habits=rules(dial_late=True)) as client:
        assert await read(client) == CONTENT
        assert await read(client) == CONTENT
    assert [port for _, port in peer.dialled[1:]].count(50_001) > 1
    assert peer.commands == ["TYPE I", "EPSV", "RETR f", "EPSV", "RETR f"]


async def test_dial_late_over_tls(server_tls: ssl.SSLContext, client_tls: ssl.SSLContext) -> None:
    peer = Peer(tls=server_tls)
    options: dict[str, Any] = {"tls": "explicit", "ssl_context": client_tls}
    async with peer.client(habits=rules(dial_late=True), **options) as client:
        assert await read(client) == CONTENT


async def test_dial_late_and_in_vain() -> None:
    async def wait(peer: Peer, argument: str) -> None:
        await peer.say("150 come in")

    peer = Peer(RETR=wait, ABOR="426 so be it\r\n226 done")
    peer.silent_ports.add(50_001)
    options: dict[str, Any] = {"connection_timeout": 0.1, "close_timeout": 0.5}
    async with peer.client(habits=rules(dial_late=True), **options) as client:
        with pytest.raises(DataConnectionError, match="50001"):
            await read(client)
        await client.noop()


@pytest.mark.parametrize("may_abort", [True, False])
async def test_send_abort(may_abort: bool) -> None:
    peer = Peer(RETR=upset, ABOR="226 given up")
    async with peer.client(habits=rules(send_abort=may_abort), close_timeout=0.5) as client:
        async with client.download_stream("f") as stream:
            await stream.read(10)
        assert client.is_connected == may_abort
    assert ("ABOR" in peer.commands) == may_abort


@pytest.mark.parametrize("is_upload", [False, True], ids=["download", "upload"])
async def test_abort_before_close(is_upload: bool) -> None:
    async def touchy(peer: Peer, argument: str) -> None:
        await peer.say("150 go")
        data = await peer.accept_data()
        if not is_upload:
            await data.send(bytes(1000))
        assert await peer.next_command() == "ABOR"
        if data.try_receive_into(memoryview(bytearray(1))) is not None:
            raise Hangup  # closed before the answer
        await peer.say("426 so be it\r\n226 done")

    peer = Peer(RETR=touchy, STOR=touchy)
    async with peer.client(habits=rules(abort_before_close=True)) as client:
        open_stream = client.upload_stream if is_upload else client.download_stream
        with anyio.CancelScope() as scope:
            async with open_stream("f"):
                scope.cancel()
                await anyio.lowlevel.checkpoint()
        await client.noop()
    assert peer.commands.count("ABOR") == 1


async def test_abort_before_close_of_a_server_that_only_answers_afterwards() -> None:
    peer = Peer(RETR=upset, ABOR="426 so be it\r\n226 done")
    options: dict[str, Any] = {"habits": rules(abort_before_close=True), "close_timeout": 0.4}
    async with peer.client(**options) as client:
        async with client.download_stream("f") as stream:
            await stream.read(10)
        await client.noop()
    assert peer.commands.count("ABOR") == 1


async def upset(peer: Peer, argument: str) -> None:
    """Send for ever and say nothing of the end."""
    await peer.say("150 here it comes")
    data = await peer.accept_data()
    try:
        while True:
            await data.send(bytes(65536))
    except anyio.BrokenResourceError:
        pass


@pytest.mark.parametrize("is_tls", [False, True], ids=["urgent", "tls"])
async def test_telnet_abort(
    is_tls: bool, server_tls: ssl.SSLContext, client_tls: ssl.SSLContext
) -> None:
    peer = Peer(RETR=upset, tls=server_tls)
    # DM goes as urgent data, so it is not among the rest; before ABOR a lone IAC may be left.
    whole, without_dm = "\udcff\udcf4\udcff\udcf2ABOR", "\udcff\udcf4\udcffABOR"
    forms = {whole} if is_tls else {without_dm, "\udcff\udcf4ABOR"}
    peer.answers.update(dict.fromkeys(forms, "226 given up"))
    options: dict[str, Any] = {"habits": rules(telnet_abort=True)}
    if is_tls:
        options |= {"tls": "explicit", "ssl_context": client_tls}
    async with peer.client(**options) as client:
        async with client.download_stream("f") as stream:
            await stream.read(10)
        await client.noop()
    assert forms & set(peer.commands)


async def test_telnet_abort_on_our_server() -> None:
    files = MemoryFileSystem()
    server = Server([User(name="alice", password="x", file_system=files)])
    async with anyio.create_task_group() as group:
        ((host, port), *_) = await group.start(server.serve, "127.0.0.1", 0)
        own = rules(telnet_abort=True)
        async with Client.context(host, port, "alice", "x", habits=own) as client:
            async with client.upload_stream("f") as stream:
                await stream.write(bytes(1 << 24))
            for _ in range(3):
                async with client.download_stream("f") as stream:
                    await stream.read(10)
                await client.noop()
        group.cancel_scope.cancel()


async def test_cwd_before_list_known_by_the_greeting() -> None:
    commands = await commands_of_a_listing(
        "USER.DATA", greeting="220-FTPD1 IBM FTP CS V2R4\r\n220 hello"
    )
    assert commands == ["OPTS UTF8 ON", "PWD", "CWD USER.DATA", "EPSV", "LIST", "CWD /home"]


async def test_cwd_before_list_found_out_by_syst() -> None:
    commands = await commands_of_a_listing(
        "d", MLSD="500 what?", LIST=("550 no such data set", listing(LINE)), SYST="215 MVS is the "
        "operating system of this server."
    )  # fmt: skip
    assert commands[2:] == [
        "MLSD d", "EPSV", "LIST d", "SYST", "PWD", "CWD d", "EPSV", "LIST", "CWD /home",
    ]  # fmt: skip


async def test_a_folder_that_is_missing_is_asked_about_once_more_only_the_first_time() -> None:
    peer = Peer(MLSD="500 what?", LIST="550 no such folder", SYST="215 UNIX")
    async with peer.client() as client:
        for _ in range(2):
            with pytest.raises(PermanentReplyError, match="no such folder"):
                await client.list("d")
    assert peer.commands.count("SYST") == 1
    assert "PWD" not in peer.commands


@pytest.mark.wallclock
async def test_lenient_replies() -> None:
    async with Peer(STAT="553-no\r\n553-such\r\n150 thing").client(
        habits=rules(lenient_replies=True)
    ) as client:
        start = anyio.current_time()
        reply = await client.command("STAT", expected_codes="150", wait_codes=())
        assert anyio.current_time() - start < 0.9  # where it is not known, it takes a second
    assert reply.lines == ("no", "such", "thing")


@pytest.mark.parametrize(
    ("answer", "codes"),
    [
        ("221-bye\r\n220 hello", ("221", "220")),
        ("553-no\r\n553-such\r\n150 thing", ("553", "150")),
    ],
)
async def test_strict_replies(answer: str, codes: tuple[str, str]) -> None:
    async with Peer(STAT=answer).client(strict_replies=True) as client:
        with pytest.raises(MixedReplyError) as caught:
            await client.command("STAT")
        assert (caught.value.code, caught.value.other_code) == codes
        assert not client.is_connected


@pytest.mark.parametrize("answer", ["211-a\r\n 220 b\r\n211 c", "211-a\r\nb\r\n211 c", "211 a"])
async def test_strict_replies_that_are_in_order(answer: str) -> None:
    async with Peer(STAT=answer).client(strict_replies=True) as client:
        assert (await client.command("STAT")).code == "211"


async def test_await_close_notify(server_tls: ssl.SSLContext, client_tls: ssl.SSLContext) -> None:
    """IIS waits for our end of the connection, and never sends close_notify itself."""
    ended = anyio.Event()

    async def iis(peer: Peer, argument: str) -> None:
        await peer.say("125 go on")
        data = await peer.accept_data()
        assert await drain(data) == b"x"
        with pytest.raises((anyio.EndOfStream, anyio.BrokenResourceError)):
            await peer.open_ends[-2].receive()  # below TLS: our end of the connection itself
        ended.set()
        await peer.say("226 done")

    peer = Peer(greeting="220 Microsoft FTP Service", tls=server_tls, STOR=iis)
    options: dict[str, Any] = {"tls": "explicit", "ssl_context": client_tls}
    async with peer.client(close_timeout=600, **options) as client:
        async with client.upload_stream("f") as stream:
            await stream.write(b"x")
        await client.noop()
        client.close()
    assert ended.is_set()


async def test_resume_uploads() -> None:
    peer = Peer()
    async with peer.client(habits=rules(resume_uploads=False)) as client:
        with pytest.raises(LocalProtocolError, match="append"):
            await client.upload_stream("f", offset=3)
        async with client.append_stream("f") as stream:
            await stream.write(b"x")
    assert "REST 3" not in peer.commands


@pytest.mark.parametrize(
    ("options", "hour"),
    [
        pytest.param({"habits": rules(server_zone=timezone(timedelta(hours=3)))}, 9, id="known"),
        pytest.param({}, 12, id="not-known"),
        pytest.param(
            {"habits": rules(server_zone=UTC), "server_zone": timezone(timedelta(hours=1))},
            11,
            id="told",
        ),
    ],
)
async def test_server_zone(options: dict[str, Any], hour: int) -> None:
    peer = Peer(MLSD="500 what?", LIST=listing(LINE))
    async with peer.client(**options) as client:
        (entry,) = await client.list()
    assert isinstance(entry.modified, datetime)
    assert entry.modified.astimezone(UTC).hour == hour


@pytest.mark.parametrize("answer", ["250 naming format 1", "500 what?"])
async def test_after_login(answer: str) -> None:
    peer = Peer(greeting="220-QTCP at SYSTEM.EXAMPLE.ORG.\r\n220 hello", SITE=answer)
    async with peer.client(login=False) as client:
        await client.login("alice", "wonder-land")
        assert peer.commands == ["USER alice", "PASS wonder-land", "SITE NAMEFMT 1"]
        await client.login("bob", "builder")
    assert peer.commands.count("SITE NAMEFMT 1") == 2


async def test_after_login_found_out_later() -> None:
    peer = Peer(SYST="215 OS/400 is the remote operating system.", SITE="250 done")
    async with peer.client(login=False) as client:
        await client.system()
        await client.login("alice", "wonder-land")
        await client.system()
    assert peer.commands == ["SYST", "USER alice", "PASS wonder-land", "SITE NAMEFMT 1"]


@pytest.mark.parametrize("answer", [silent, hang_up], ids=["silent", "gone"])
async def test_after_login_and_no_answer(answer: Answers) -> None:
    peer = Peer(SITE=answer)
    options: dict[str, Any] = {"habits": rules(after_login=("SITE X",)), "timeout": 0.1}
    async with peer.client(login=False, **options) as client:
        with pytest.raises((TimeoutError, ConnectionError)):
            await client.login()


async def test_rules_of_other_servers_are_no_matter() -> None:
    peer = Peer(PASV=pasv)
    other = HabitRule("other", Habits(use_epsv=False, use_mlsd=False), greeting="ACME")
    async with peer.client(habits=[other]) as client:
        await read(client)
        await client.list()
    assert "MLSD" in peer.commands
    assert "EPSV" in peer.commands
