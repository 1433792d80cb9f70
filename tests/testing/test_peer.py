"""Peers that follow a script: each step, and what is told when the other side does otherwise."""

from __future__ import annotations

import re
from collections.abc import Callable, Coroutine, Sequence
from typing import Any

import anyio
import pytest

from anyftp import StreamIO
from anyftp.testing import (
    Expect,
    ExpectEnd,
    HangUp,
    Pause,
    Reset,
    Say,
    SayBytes,
    ScriptedPeer,
    ScriptError,
    memory_stream_pair,
)

pytestmark = pytest.mark.anyio


async def play(
    script: Sequence[object],
    other: Callable[[StreamIO], Coroutine[Any, Any, None]],
    *,
    timeout: float | None = 10.0,
) -> list[str]:
    """Play a script against a function; gives what was said."""
    left, right = memory_stream_pair()
    peer = ScriptedPeer(left, script, timeout=timeout)  # type: ignore[arg-type]
    async with StreamIO(right) as stream, anyio.create_task_group() as tasks:
        tasks.start_soon(other, stream)
        await peer.play()
    await peer.io.aclose()
    return peer.transcript


async def test_a_dialogue() -> None:
    async def client(stream: StreamIO) -> None:
        assert await stream.readline() == b"220 ready\r\n"
        await stream.write(b"USER bob\r\n")
        assert await stream.readline() == b"331 password\r\n"
        await stream.write(b"PASS secret\n")
        assert await stream.readline() == b"raw\n"
        assert await stream.readline() == b""

    said = await play(
        [
            Say("220 ready"),
            ("USER bob", "331 password"),
            Expect(re.compile("PASS .+")),
            SayBytes(b"raw\n"),
            Pause(0),
            HangUp(),
        ],
        client,
    )
    assert said[:3] == ["-> 220 ready", "<- USER bob", "-> 331 password"]
    assert said[-1] == "-- hang up"


async def test_a_reset_is_one() -> None:
    async def client(stream: StreamIO) -> None:
        with pytest.raises(anyio.BrokenResourceError):
            await stream.readline()

    assert await play([Reset()], client) == ["-- reset"]


async def send_noop(stream: StreamIO) -> None:
    await stream.write(b"NOOP\r\n")
    await stream.send_eof()


@pytest.mark.parametrize(
    ("script", "complaint"),
    [
        ([Expect("QUIT")], "expected 'QUIT', got 'NOOP'"),
        ([Expect(re.compile("QUIT|USER"))], r"expected 'QUIT\|USER', got 'NOOP'"),
        ([ExpectEnd()], "expected the end, got 'NOOP'"),
        ([Expect("NOOP"), Expect("NOOP")], "step 2 of 3: expected 'NOOP', got the end"),
    ],
)
async def test_what_the_script_does_not_say_is_told(
    script: Sequence[object], complaint: str
) -> None:
    with pytest.raises(ExceptionGroup) as caught:
        await play([*script, Say("221 Bye.")], send_noop)
    [error] = caught.value.exceptions
    assert isinstance(error, ScriptError)
    text = str(error)
    assert re.search(complaint, text)
    assert "<- NOOP" in text
    assert text.endswith("still to come:\n  Say(lines=('221 Bye.',))")


async def test_silence_has_its_bound() -> None:
    with pytest.raises(ExceptionGroup) as caught:
        await play([Expect("QUIT")], lambda stream: anyio.sleep(0), timeout=0.01)
    assert "nothing came within 0.01 s for Expect(line='QUIT')" in str(caught.value.exceptions[0])
