"""Downloads that do not end by themselves."""

from __future__ import annotations

from typing import Any

import anyio

from client.peer import Peer


async def endless(peer: Peer, argument: str) -> None:
    """Send data for ever; answer ABOR as the script says once the client hangs up."""
    await peer.say("150 it comes")
    data = await peer.accept_data()
    try:
        while True:
            await data.send(bytes(65536))
    except anyio.BrokenResourceError:
        data.close()
    for reply in peer.files["replies"].decode().split("|"):
        if reply == "ABOR":
            command = await peer.next_command()
            if command != "ABOR":  # the reply before was enough for the client
                return await peer.answer(command)
        elif reply:
            await peer.say(reply)
    return None


def endless_peer(replies: str, **answers: Any) -> Peer:
    peer = Peer(RETR=endless, **answers)
    peer.files["replies"] = replies.encode()
    return peer


async def read_until(how: str, opening: Any) -> None:
    class Enough(Exception):
        pass

    try:
        async with opening as stream:
            while True:
                await stream.read(65536)
                if how == "failed":
                    raise Enough
                if how == "timed-out":
                    raise TimeoutError
    except (Enough, TimeoutError):
        pass
