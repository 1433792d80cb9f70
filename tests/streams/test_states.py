"""One table for every stream: what each call does in each state."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import anyio
import pytest
from anyio.abc import ByteStream

from anyftp import StreamIO
from anyftp._streams import OptimisticStream
from anyftp.testing import reset_stream
from streams.stacks import Contexts, close_all
from streams.test_contract import BYTE_STREAMS, IN_MEMORY, STREAM_IOS, modern
from support.clocks import BACKENDS, VIRTUAL_BACKENDS

__all__ = ["modern"]

pytestmark = pytest.mark.anyio

OPEN, ENDED, CUT, BROKEN, CLOSED = "open", "sending ended", "cut short", "broken", "closed"
CLOSED_AFTER = ("closed when " + ENDED, "closed when " + CUT, "closed when " + BROKEN)
STATES = (OPEN, ENDED, CUT, BROKEN, CLOSED, *CLOSED_AFTER)

Call = Callable[[Any], Awaitable[object]]

#: What receives; the peer has sent nothing more, so that only what needs no byte can return.
RECEIVING: dict[str, Call] = {
    "receive": lambda stream: stream.receive(),
    "receive(1)": lambda stream: stream.receive(1),
    "receive_into": lambda stream: stream.receive_into(memoryview(bytearray(10))),
}
READING: dict[str, Call] = {
    "read(1)": lambda stream: stream.read(1),
    "read()": lambda stream: stream.read(),
    "readline": lambda stream: stream.readline(),
    "readexactly(1)": lambda stream: stream.readexactly(1),
    "read_into": lambda stream: stream.read_into(bytearray(10)),
}
READING_NOTHING: dict[str, Call] = {
    "read(0)": lambda stream: stream.read(0),
    "readexactly(0)": lambda stream: stream.readexactly(0),
    "read_into(nothing)": lambda stream: stream.read_into(bytearray()),
}
SENDING: dict[str, Call] = {
    "send": lambda stream: stream.send(b"x"),
    "send nothing": lambda stream: stream.send(b""),
}
WRITING: dict[str, Call] = {
    "write": lambda stream: stream.write(b"x"),
    "write nothing": lambda stream: stream.write(b""),
}
ENDING: dict[str, Call] = {"send_eof": lambda stream: stream.send_eof()}
SENSELESS: dict[str, Call] = {
    "receive(0)": lambda stream: stream.receive(0),
    "receive(-1)": lambda stream: stream.receive(-1),
}
#: Ending is last, for it changes the state.
CALLS = RECEIVING | READING | READING_NOTHING | SENDING | WRITING | SENSELESS | ENDING

WAITS, NOTHING = "waits", "nothing"
BROKEN_ERROR, CLOSED_ERROR = anyio.BrokenResourceError, anyio.ClosedResourceError


def outcome(state: str, call: str) -> object:
    """The table."""
    if call in SENSELESS:
        return ValueError
    if state.startswith(CLOSED):
        return CLOSED_ERROR
    if call in READING_NOTHING:
        return NOTHING
    if call in RECEIVING or call in READING:
        return BROKEN_ERROR if state == BROKEN else WAITS
    if state == ENDED:
        return NOTHING if call in ENDING else CLOSED_ERROR
    return NOTHING if state == OPEN else BROKEN_ERROR


async def bring_into(state: str, stream: Any, peer: ByteStream) -> bool:
    """Do what leads to a state; whether that was possible."""
    if state == ENDED or state.endswith("when " + ENDED):
        await stream.send_eof()
    if state == CUT or state.endswith("when " + CUT):
        with anyio.move_on_after(0.1) as scope:
            await stream.send(bytes(1 << 26))
        assert scope.cancelled_caught
    if state == BROKEN or state.endswith("when " + BROKEN):
        if not reset_stream(peer):
            return False
        with pytest.raises(anyio.BrokenResourceError):
            await send_without_end(stream)
    if state.startswith(CLOSED):
        await anyio.aclose_forcefully(stream)
    return True


async def send_without_end(stream: ByteStream) -> None:
    while True:
        await stream.send(bytes(1000))
        await anyio.sleep(0.001)


async def what_comes_of(call: Call, stream: Any, expected: object) -> object:
    """The outcome; only what is to wait is not waited for on a busy machine."""
    try:
        with anyio.move_on_after(0.02 if expected == WAITS else 10) as scope:
            await call(stream)
    except (anyio.BrokenResourceError, anyio.ClosedResourceError, ValueError) as error:
        return type(error)
    return WAITS if scope.cancelled_caught else NOTHING


STACKS = BYTE_STREAMS | STREAM_IOS


def _cases() -> list[Any]:
    return [
        pytest.param(*backend.values, stack, state, id=f"{backend.id}-{stack}-{state}")
        for stack in STACKS
        for state in STATES
        for backend in (VIRTUAL_BACKENDS if stack in IN_MEMORY else [BACKENDS[0], BACKENDS[2]])
    ]


@pytest.mark.parametrize(("anyio_backend", "stack", "state"), _cases())
async def test_every_call_in_every_state(stack: str, state: str, modern: Contexts) -> None:
    make_pair = STACKS[stack](modern)
    stream, peer = await make_pair()
    try:
        if not await bring_into(state, stream, peer):
            pytest.skip("this stream cannot be reset")
        calls = {
            name: call
            for name, call in CALLS.items()
            if isinstance(stream, StreamIO) or name not in READING | READING_NOTHING | WRITING
            if isinstance(stream, OptimisticStream) or name != "receive_into"
        }
        expected = {name: outcome(state, name) for name in calls}
        found = {
            name: await what_comes_of(call, stream, expected[name]) for name, call in calls.items()
        }
        assert found == expected
        assert stream.is_closed == state.startswith(CLOSED)
    finally:
        await close_all(stream, peer)
