"""A transfer that is left: whatever the server says to that, nothing is mixed up afterwards."""

from __future__ import annotations

from typing import Any

import anyio
import pytest

from anyftp import Client, ConnectionLost, HabitRule, Habits
from client.peer import CONTENT, Peer, epsv
from support.patient_clocks import patient

pytestmark = pytest.mark.anyio

#: What servers say to ABOR while they send, each reply after a moment.
WORDS = [
    ("426 cut", "226 aborted"),
    ("426 cut", "225 nothing to abort"),
    ("226 aborted",),
    ("225 aborted",),
    ("426 cut",),
    ("226 sent", "226 aborted"),
    ("426 cut", "226-all", "226 aborted"),
    ("500 what?", "426 cut"),
]


def peer_that_says(words: tuple[str, ...], greeting: str = "220 (vsFTPd 3.0.3)") -> Peer:
    """A server that sends more than is wanted, until it is told to stop."""

    async def retr(peer: Peer, argument: str) -> None:
        await peer.say("150 here it comes")
        data = await peer.accept_data()
        place, peer.offset = peer.offset, 0
        await data.send(CONTENT[place:])
        if argument == "whole":
            await data.aclose()
            return await peer.say("226 done")
        assert await peer.next_command() == "ABOR"
        await data.aclose()
        for word in words:
            await anyio.sleep(0.01)
            await peer.say(word)

    answers: dict[str, Any] = {"RETR": retr, "PWD": '257 "/"', "NOOP": "200 yes", "SIZE": "213 7"}
    return Peer(greeting=greeting, **answers)


async def leave(client: Client, offset: int) -> None:
    async with client.download_stream("f", offset=offset) as stream:
        assert await stream.readexactly(10) == CONTENT[offset : offset + 10]
        await stream.leave()


@pytest.mark.parametrize("words", WORDS, ids=lambda words: "+".join(word[:4] for word in words))
@pytest.mark.parametrize("is_known", [True, False], ids=["known", "unknown"])
async def test_the_next_command_gets_its_own_answer(words: tuple[str, ...], is_known: bool) -> None:
    peer = peer_that_says(words, "220 (vsFTPd 3.0.3)" if is_known else "220 ready")
    async with peer.client() as client:
        for offset in (5, 90, 0, 40):
            await leave(client, offset)
        assert await client.size("f") == 7
        await leave(client, 3)
        await client.noop()
        assert client.is_connected
        async with client.download_stream("whole") as stream:
            assert await stream.read() == CONTENT


async def test_the_port_is_asked_for_at_once_and_used() -> None:
    peer = peer_that_says(WORDS[0])
    async with peer.client() as client:
        for offset in (5, 90, 40):
            await leave(client, offset)
        await client.noop()
    verbs = [line.split()[0] for line in peer.commands if not line.startswith(("ABOR", "QUIT"))]
    first = verbs.index("EPSV")
    assert verbs[first : first + 9] == [*["EPSV", "REST", "RETR"] * 3]
    assert verbs[first + 9 :] == ["EPSV", "NOOP"]


async def test_a_port_that_is_refused_is_asked_for_anew() -> None:
    asked: list[str] = []

    async def refuses_once(peer: Peer, argument: str) -> None:
        asked.append(argument)
        await (peer.say("500 not now") if len(asked) == 2 else epsv(peer, argument))

    peer = peer_that_says(WORDS[0])
    peer.answers["EPSV"] = refuses_once
    async with peer.client() as client:
        for offset in (5, 90):
            await leave(client, offset)
        await client.noop()
    assert len(asked) == 4


async def test_who_is_told_not_to_asks_nothing_ahead() -> None:
    peer = peer_that_says(WORDS[0])
    habits = [HabitRule("no", Habits(ask_ahead=False), "vsFTPd")]
    async with peer.client(habits=habits) as client:
        await leave(client, 5)
        await client.noop()
    assert len([line for line in peer.commands if line.startswith("EPSV")]) == 1


@patient
async def test_who_is_cancelled_while_it_is_heard_is_in_step() -> None:
    peer = peer_that_says(("426 cut", "226 aborted"))
    async with peer.client() as client:
        await leave(client, 5)
        with anyio.move_on_after(0.005):
            await client.size("f")
        assert await client.size("f") == 7
        await leave(client, 9)


@patient
async def test_a_server_that_never_answers_is_given_up() -> None:
    async def retr(peer: Peer, argument: str) -> None:
        await peer.say("150 here it comes")
        data = await peer.accept_data()
        await data.send(CONTENT)
        await anyio.sleep_forever()

    peer = peer_that_says(())
    peer.answers["RETR"] = retr
    async with peer.client(close_timeout=0.1) as client:
        await leave(client, 0)
        with pytest.raises(ConnectionLost):
            await client.noop()
        assert not client.is_connected


async def test_who_receives_the_answers_by_hand_holds_up_nobody() -> None:
    peer = peer_that_says(WORDS[0])
    async with peer.client() as client:
        await leave(client, 5)
        codes = [(await client.receive_reply()).code for _ in range(3)]
        assert codes == ["426", "226", "229"]
        with anyio.fail_after(2):
            assert await client.size("f") == 7
            await leave(client, 9)
