"""Commands beside a transfer, silence, garbage; SECURITY rows A7, D15, D16, P9."""

from __future__ import annotations

import os
import socket
from contextlib import AsyncExitStack, suppress

import anyio
import pytest
from anyio.lowlevel import checkpoint

from anyftp._fs import MemoryFileSystem
from anyftp._protocol import Reply
from anyftp._server import Session
from anyftp._server._session._transfer import Transfer
from anyftp._streams import SocketStream
from server.probe import Probe, conversing, logged_in, server_of, serving
from support.patient_clocks import patient

pytestmark = pytest.mark.anyio


async def test_lower_case_and_blanks() -> None:
    async with logged_in() as probe:
        assert await probe.codes("pwd", "  PWD", b"PWD\r", "Mkd  a", "cwd  a") == [
            "257",
            "257",
            "257",
            "257",
            "250",
        ]
        await probe.send("", "NOOP")
        assert (await probe.reply())[:3] == "200"


@pytest.mark.parametrize("signal", [b"", b"\xff\xf4\xff\xf2", b"\xff\xf4\xf2", b"\xf2"])
async def test_d15_abor_in_mid_upload(signal: bytes) -> None:
    tree = MemoryFileSystem()
    async with logged_in(server_of(tree)) as probe, await probe.open_data() as data:
        await probe.ask("STOR f")
        await data.write(b"x" * 100_000)
        await probe.send(signal + b"ABOR")
        assert [(await probe.reply())[:3] for _ in range(2)] == ["426", "226"]
        assert (await probe.ask("NOOP"))[:3] == "200"
        assert tree.names() == []


async def test_d15_abor_in_mid_download() -> None:
    tree = MemoryFileSystem()
    tree.put("/f", bytes(20_000_000))
    async with logged_in(server_of(tree)) as probe, await probe.open_data() as data:
        await probe.ask("RETR f")
        await data.readexactly(1000)
        assert await probe.codes("ABOR", "PWD") == ["426", "226"]
        assert (await probe.reply())[:3] == "257"
        with suppress(anyio.BrokenResourceError):
            assert len(await data.read()) < 19_000_000


async def test_d15_abor_while_nobody_connects() -> None:
    async with logged_in() as probe:
        await probe.codes("EPSV", "STOR f")
        await probe.send("ABOR")
        assert [(await probe.reply())[:3] for _ in range(2)] == ["426", "226"]
        assert (await probe.upload("STOR f", b"x"))[:3] == "226"


async def test_d15_abor_as_urgent_data() -> None:
    """As Python's ftplib sends it: the last byte is Telnet's urgent one."""
    async with logged_in() as probe:
        await probe.codes("EPSV", "STOR f")
        inner = probe.stream.stream
        assert isinstance(inner, SocketStream)
        inner.raw_socket.send(b"ABOR\r\n", socket.MSG_OOB)
        assert [(await probe.reply())[:3] for _ in range(2)] == ["426", "226"]
        inner.raw_socket.send(b"\xff\xf4\xff", 0)
        inner.raw_socket.send(b"\xf2", socket.MSG_OOB)
        assert (await probe.ask("ABOR"))[:3] == "226"
        # pyftpdlib's clients: each byte urgent, and IP without its IAC in front.
        await probe.codes("EPSV", "STOR f")
        inner.raw_socket.send(b"\xf4", socket.MSG_OOB)
        inner.raw_socket.send(b"\xff", socket.MSG_OOB)
        inner.raw_socket.send(b"abor\r\n")
        assert [(await probe.reply())[:3] for _ in range(2)] == ["426", "226"]


async def test_other_commands_wait_for_the_end_of_the_transfer() -> None:
    async with logged_in() as probe:
        async with await probe.open_data() as data:
            await probe.ask("STOR f")
            assert (await probe.ask("NOOP"))[:3] == "200"
            await probe.send("SIZE f", "NOOP", "PWD")
            await data.write(b"12345")
            await anyio.sleep(0.05)
        replies = [(await probe.reply())[:5] for _ in range(4)]
        assert replies == ["226 5", "213 5", "200 N", '257 "']


async def test_verbs_of_which_the_server_is_told_do_not_wait() -> None:
    """But those that move data do, whatever it is told."""

    async def own(session: Session, argument: str) -> Reply:
        return Reply("200", (f"own {argument}",))

    told = {"PWD", "MKD", "OWN", "LIST", "EPSV"}
    server = server_of(answered_in_transfers=told, handlers={"OWN": own, "PLAIN": own})
    async with logged_in(server) as probe:
        async with await probe.open_data() as data:
            await probe.ask("STOR f")
            assert await probe.codes("PWD", "MKD a", "OWN x", "NOOP") == [
                "257",
                "257",
                "200",
                "200",
            ]
            await probe.send("LIST", "PLAIN")
            await data.write(b"12345")
            await anyio.sleep(0.05)
        assert [(await probe.reply())[:3] for _ in range(3)] == ["226", "425", "200"]


async def test_a_handler_for_a_verb_of_ones_own_may_take_its_time() -> None:
    """It is asked beside, and ABOR ends it."""
    begun = anyio.Event()

    async def slow(session: Session, argument: str) -> Reply:
        begun.set()
        await anyio.sleep_forever()
        raise AssertionError

    async with logged_in(server_of(handlers={"SLOW": slow})) as probe:
        await probe.send("SLOW")
        await begun.wait()
        assert await probe.codes("NOOP", "ABOR", "PWD") == ["200", "426", "226"]
        assert (await probe.reply())[:3] == "257"


async def test_d15_abor_overtakes_what_waits() -> None:
    async with logged_in() as probe, await probe.open_data() as data:
        await probe.ask("STOR f")
        await data.write(b"x")
        await probe.send("SIZE f", "ABOR")
        assert [(await probe.reply())[:3] for _ in range(3)] == ["426", "550", "226"]


@pytest.mark.parametrize(
    ("lines", "codes"),
    [
        ("ABOR", "426 226"),
        ("PWD ABOR NOOP", "426 257 226 200"),
        ("NOOP", "200"),
        ("NOOP NOOP PWD ABOR", "200 200 426 257 226"),
    ],
)
async def test_d15_what_was_read_beside_one_transfer_is_heeded_in_the_next(
    lines: str, codes: str
) -> None:
    """All of it comes while a file moves; then another one waits for its connection."""
    tree = MemoryFileSystem()
    tree.put("/f", bytes(8_000_000))
    async with logged_in(server_of(tree)) as probe:
        await _send_beside_a_download(probe, "EPSV", "RETR f", *lines.split())
        assert [(await probe.reply())[:3] for _ in range(3)][1:] == ["229", "150"]
        assert [(await probe.reply())[:3] for _ in codes.split()] == codes.split()


@pytest.mark.parametrize("lines", ["", "PWD", "NOOP PWD"])
async def test_d8_an_end_that_was_read_beside_one_transfer_ends_the_next(lines: str) -> None:
    tree = MemoryFileSystem()
    tree.put("/f", bytes(8_000_000))
    async with logged_in(server_of(tree)) as probe:
        await _send_beside_a_download(probe, "EPSV", "RETR f", *lines.split(), is_all=True)
        with anyio.fail_after(10):
            received = await probe.rest()
        assert b"150 " in received
        assert [line[:3] for line in received.splitlines()][-1] in (b"426", b"257")


async def _send_beside_a_download(probe: Probe, *lines: str, is_all: bool = False) -> None:
    async with await probe.open_data() as data:
        await probe.ask("RETR f")
        assert (await probe.ask("NOOP"))[:3] == "200"  # so it is listened to
        await probe.send(*lines)
        if is_all:
            await probe.stream.send_eof()
        await anyio.sleep(0.05)
        with suppress(anyio.BrokenResourceError):
            await data.read()


async def test_d16_quit_lets_the_transfer_finish() -> None:
    tree = MemoryFileSystem()
    async with logged_in(server_of(tree)) as probe:
        async with await probe.open_data() as data:
            await probe.ask("STOR f")
            await probe.send("QUIT")
            await anyio.sleep(0.05)
            await data.write(b"whole")
        assert [(await probe.reply())[:3] for _ in range(2)] == ["226", "221"]
        assert await probe.is_closed()
        assert tree.get("f") == b"whole"


@patient
async def test_d16_quit_and_gone_lets_the_transfer_finish_too() -> None:
    tree = MemoryFileSystem()
    async with logged_in(server_of(tree)) as probe:
        async with await probe.open_data() as data:
            await probe.ask("STOR f")
            await probe.send("QUIT")
            await probe.stream.send_eof()
            await anyio.sleep(0.05)
            await data.write(b"whole")
        assert await probe.is_closed()
        assert tree.get("f") == b"whole"


async def test_a_client_that_only_closes_its_sending_side_gets_its_answers() -> None:
    async with logged_in() as probe:
        await probe.send("PWD", "NOOP")
        await probe.stream.send_eof()
        assert [(await probe.reply())[:3] for _ in range(2)] == ["257", "200"]
        assert await probe.is_closed()


@patient
async def test_a_transfer_is_no_idleness() -> None:
    async with logged_in(server_of(idle_timeout=0.5)) as probe:
        async with await probe.open_data() as data:
            await probe.ask("STOR f")
            for _ in range(4):
                await data.write(b"x")
                await anyio.sleep(0.2)
        assert [(await probe.reply())[:3] for _ in range(2)] == ["226", "421"]


@patient
async def test_a7_a_command_that_comes_a_byte_at_a_time_is_idleness() -> None:
    async with logged_in(server_of(idle_timeout=0.5)) as probe:

        async def trickle() -> None:
            with suppress(anyio.BrokenResourceError):
                while True:
                    await probe.stream.write(b"N")
                    await anyio.sleep(0.05)

        with anyio.fail_after(20):
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(trickle)
                assert (await probe.reply())[:3] == "421"
                tasks.cancel_scope.cancel()


async def test_a7_a_data_connection_that_stands_still() -> None:
    tree = MemoryFileSystem()
    async with logged_in(server_of(tree, stall_timeout=0.1)) as probe:
        async with await probe.open_data() as data:
            await probe.ask("STOR f")
            await data.write(b"x")
            assert (await probe.reply())[:3] == "426"
        assert tree.names() == []
        assert (await probe.ask("NOOP"))[:3] == "200"


async def test_a7_a_flood_behind_a_transfer_is_held_back() -> None:
    tree = MemoryFileSystem()
    async with logged_in(server_of(tree)) as probe:
        async with await probe.open_data() as data:
            await probe.ask("STOR f")
            await probe.send(*["PWD"] * 500)
            await data.write(b"x")
            await anyio.sleep(0.05)
        replies = [(await probe.reply())[:3] for _ in range(501)]
        assert replies == ["226", *["257"] * 500]


async def test_a7_a_client_that_never_reads_its_replies_is_dropped() -> None:
    tree = MemoryFileSystem()
    for number in range(900):
        tree.put(f"/{number}", b"")
    server = server_of(tree)
    object.__setattr__(server._shared.options, "send_timeout", 0.2)
    async with logged_in(server) as probe:
        await probe.send(*["STAT /"] * 1000)
        with anyio.fail_after(10):
            while server.sessions:
                await anyio.sleep(0.02)


async def test_no_descriptor_is_left() -> None:
    # Who hangs up while STOR waits for its data connection is noticed a little later.
    async with serving(server_of(max_connections_per_address=100)) as address:
        before = len(os.listdir("/proc/self/fd"))
        for _ in range(20):
            async with await Probe.connect(address) as probe:
                await probe.log_in()
                await probe.codes("EPSV", "STOR f")
        with anyio.fail_after(5):
            while len(os.listdir("/proc/self/fd")) > before:
                await anyio.sleep(0.01)


async def test_trace_tells_all_lines_and_no_secret() -> None:
    told: list[tuple[str, str]] = []

    def trace(session: object, direction: str, line: str) -> None:
        told.append((direction, line))

    async with conversing(server_of(trace=trace)) as probe:
        await probe.log_in()
        await probe.ask("FEAT")
    assert told[0][0] == "sent"
    assert told[0][1].startswith("220 ")
    assert ("received", "PASS ****") in told
    at = told.index(("received", "FEAT"))
    assert told[at + 1][1].startswith("211-")
    assert ("sent", " UTF8") in told[at:]
    assert "secret" not in repr(told)


async def test_a_handler_without_a_verb_greets() -> None:
    async def greet(session: Session, argument: str) -> Reply:
        return Reply("220", (f"Hello {session.peer_host}.",))

    async with conversing(server_of(handlers={"": greet})) as probe:
        assert await probe.reply() == "220 Hello 192.0.2.7."
        assert (await probe.ask("NOOP"))[:3] == "200"


async def test_a_handler_that_greets_may_send_away() -> None:
    async def greet(session: Session, argument: str) -> Reply:
        session.end("nobody is wanted")
        return Reply("421", ("Come back later.",))

    async with conversing(server_of(handlers={"": greet})) as probe:
        assert await probe.reply() == "421 Come back later."
        with pytest.raises(EOFError):
            await probe.reply()


async def test_what_is_to_be_called_at_the_end_is_called_before_the_client_sees_it() -> None:
    called: list[int] = []

    async def greet(session: Session, argument: str) -> Reply:
        for number in (1, 2):
            session.at_end(lambda number=number: called.append(number))  # type: ignore[misc]
        return Reply("220", ("Hello.",))

    async with conversing(server_of(handlers={"": greet})) as probe:
        assert (await probe.reply())[:3] == "220"
        assert not called
        await probe.ask("QUIT")
        with pytest.raises(EOFError):
            await probe.reply()
        assert called == [2, 1]


async def test_what_a_handler_has_begun_beside_a_session_ends_with_it() -> None:
    ended: list[bool] = []

    async def beside() -> None:
        try:
            await anyio.sleep_forever()
        finally:
            ended.append(True)

    async def begin(session: Session, argument: str) -> Reply:
        assert session.tasks is not None
        session.tasks.start_soon(beside)
        return Reply("200", ("Begun.",))

    async with (
        serving(server_of(handlers={"XBEG": begin})) as address,
        await Probe.connect(address) as probe,
    ):
        await probe.reply()
        assert await probe.codes("XBEG", "QUIT") == ["200", "221"]
        with pytest.raises(EOFError):
            await probe.reply()
        assert ended == [True]


async def test_lines_and_replies_go_through_what_a_handler_has_put_there() -> None:
    async def greet(session: Session, argument: str) -> Reply:
        async def send(reply: Reply) -> None:
            await session.control.stream.write(reply.encode().upper())

        async def read(line: bytes) -> bytes:
            return line.replace(b"PLEASE ", b"")

        session.control.sender, session.control.rewriter = send, read
        return Reply("220", ("Hello.",))

    async with conversing(server_of(handlers={"": greet})) as probe:
        assert await probe.reply() == "220 HELLO."
        assert await probe.ask("PLEASE NOOP") == "200 NOTHING DONE."


async def test_whoever_sends_many_commands_at_once_lets_others_go_first() -> None:
    order: list[int] = []

    def trace(session: Session, direction: str, line: str) -> None:
        if direction == "received" and line == "NOOP":
            order.append(session.number)

    server = server_of(trace=trace, command_rate=None, command_rate_per_address=None)
    async with (
        serving(server) as address,
        await Probe.connect(address) as many,
        await Probe.connect(address) as few,
    ):
        for probe in (many, few):
            await probe.log_in()
        await many.send(*["NOOP"] * 2000)
        await few.send(*["NOOP"] * 20)
        for _ in range(20):
            await few.reply()
        for _ in range(2000):
            await many.reply()
    last, first = order[::-1].index(2), order.index(2)
    between = order[first : len(order) - last]
    assert between.count(2) == 20
    assert between.count(1) <= 60


@pytest.mark.parametrize("line", ["NOOP", "RETR f", "STOU", "LIST"])
async def test_the_rate_of_an_address_is_of_all_its_sessions_together(line: str) -> None:
    """What would move data, and has no port to move them by, is a command like any other."""
    server = server_of(command_rate_per_address=50.0)
    async with serving(server) as address, anyio.create_task_group() as tasks:
        began = anyio.current_time()

        async def hurry() -> None:
            async with await Probe.connect(address) as probe:
                await probe.log_in()
                await probe.send(*[line] * 30)
                for _ in range(30):
                    await probe.reply()

        for _ in range(4):
            tasks.start_soon(hurry)
        tasks.start_soon(_fetch_much, address)
    # 50 at once, then 50 a second: 4 times 33, and what the fifth says.
    assert anyio.current_time() - began > (4 * 33 - 50) / 50.0 - 0.1


async def _fetch_much(address: tuple[str, int]) -> None:
    """Listings are no matter of that rate."""
    async with await Probe.connect(address) as probe:
        await probe.log_in()
        for _ in range(5):
            assert (await probe.download("NLST"))[1][:3] == "226"


async def test_many_who_hurry_hold_nobody_up() -> None:
    """However many they are, few of their commands are obeyed before it is another's turn."""
    served: list[int] = []

    async def count(_: Session, argument: str) -> Reply:
        served.append(int(argument))
        return Reply("200", ("Counted.",))

    server = server_of(
        handlers={"XCNT": count},
        command_rate=None,
        command_rate_per_address=None,
        max_connections_per_address=50,
    )
    async with serving(server) as address, AsyncExitStack() as stack:
        probes = [await stack.enter_async_context(await Probe.connect(address)) for _ in range(20)]
        for probe in probes:
            await probe.log_in()
        for number, probe in enumerate(probes):
            await probe.send(*[f"XCNT {number}"] * 100)
        nturns = 0
        while len(served) < 2000:
            await checkpoint()
            nturns += 1
        assert nturns > 2000 / 8  # the first ones of all come at once
        assert max(served[:400].count(number) for number in range(20)) < 60, "of one"


@pytest.mark.parametrize("is_late", [False, True])
async def test_an_abort_at_the_last_moment_loses_neither_the_reply_nor_the_next_command(
    is_late: bool,
) -> None:
    """The scope of all commands ends with it: what comes next has a new one."""

    async def retr(session: Session, argument: str) -> Reply:
        assert session.transfer is not None
        session.transfer.abort()
        if not is_late:
            await checkpoint()
        return Reply("226", ("Just in time.",))

    async with logged_in(server_of(handlers={"RETR": retr})) as probe:
        for _ in range(3):
            await probe.send("RETR f", "NOOP")
            replies = [(await probe.reply())[:3] for _ in range(2)]
            assert replies == ["226" if is_late else "426", "200"]


async def test_a_transfer_that_is_over_is_not_aborted() -> None:
    seen: list[Transfer] = []

    async def retr(session: Session, argument: str) -> Reply:
        assert session.transfer is not None
        seen.append(session.transfer)
        return Reply("226", ("Sent.",))

    async with logged_in(server_of(handlers={"RETR": retr})) as probe:
        assert await probe.codes("RETR f") == ["226"]
        seen[0].abort()
        assert await probe.codes("NOOP", "RETR f", "NOOP") == ["200", "226", "200"]
