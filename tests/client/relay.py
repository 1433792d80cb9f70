"""What lies between client and server, and breaks off at a byte."""

from __future__ import annotations

import contextlib
import random
from dataclasses import dataclass, field
from typing import Literal

import anyio
from anyio.abc import ByteStream, TaskGroup

from anyftp._net import connect_tcp
from anyftp._streams import SocketStream
from anyftp.testing import reset_stream
from client.peer import tcp_pair

Side = Literal["control", "data"]
Manner = Literal["fin", "reset", "silence", "garbage", "not-yet", "goodbye"]

#: What a control connection brings for ever after that byte.
_ENDLESS = {"garbage": random.Random(7).randbytes(2000), "not-yet": b"150 not yet\r\n" * 20}

_GONE = (anyio.BrokenResourceError, anyio.ClosedResourceError, anyio.EndOfStream, OSError)


@dataclass
class Relay:
    """Dials for a client, and hands on what goes over control and data connections.

    Attributes:
        group: where its tasks run.
        side: the kind of connection that is broken off.
        position: the byte at which it is, counted over all connections of that kind, in both
            directions for data; None for never.
        manner: how it ends there.
        counts: the bytes that have gone over each kind.
        ended_with_line: whether a connection that was broken off had carried whole lines, or
            nothing.
    """

    group: TaskGroup
    side: Side = "control"
    position: int | None = None
    manner: Manner = "fin"
    counts: dict[Side, int] = field(default_factory=lambda: {"control": 0, "data": 0})
    ended_with_line: bool = False
    _has_control: bool = False
    _is_broken: bool = False
    _open: list[ByteStream] = field(default_factory=list)

    async def dial(self, host: str, port: int) -> ByteStream:
        """Connect as `dialler` of a client."""
        kind: Side = "data" if self._has_control else "control"
        self._has_control = True
        there = await connect_tcp(host, port)
        ours, theirs = (SocketStream(end) for end in tcp_pair())
        self._open += [there, theirs]
        self.group.start_soon(self._hand_on, there, theirs, kind, True)
        self.group.start_soon(self._hand_on, theirs, there, kind, kind == "data")
        return ours

    async def aclose(self) -> None:
        """Close all that is open."""
        with anyio.CancelScope(shield=True):
            for stream in self._open:
                await anyio.aclose_forcefully(stream)

    async def _hand_on(
        self, source: ByteStream, target: ByteStream, kind: Side, is_counted: bool
    ) -> None:
        last = b""
        try:
            while True:
                data = await source.receive()
                left = self._left(kind) if is_counted else None
                if is_counted:
                    self.counts[kind] += len(data)
                if left is None or left > len(data):
                    await target.send(data)
                    last = data
                    continue
                self._is_broken = True
                if self.manner == "goodbye":  # nobody says it within a line
                    left = data.rfind(b"\n", 0, left) + 1
                self.ended_with_line = (last + data[:left]).endswith(b"\n") or not last + data[
                    :left
                ]
                await target.send(data[:left])
                return await self._break_off(source, target)
        except _GONE:
            with contextlib.suppress(*_GONE):
                return await target.send_eof()
            reset_stream(source)  # who still sends there has to know
            await anyio.aclose_forcefully(source)

    def _left(self, kind: Side) -> int | None:
        if self.position is None or kind != self.side or self._is_broken:
            return None
        return max(0, self.position - self.counts[kind])

    async def _break_off(self, source: ByteStream, target: ByteStream) -> None:
        if self.manner in _ENDLESS:
            while True:
                await target.send(_ENDLESS[self.manner])
                await anyio.sleep(0.001)
        if self.manner == "silence":
            return
        if self.manner == "goodbye":
            await target.send(b"421 Timeout: closing control connection.\r\n")
        for stream in (source, target):
            with contextlib.suppress(*_GONE):
                reset_stream(stream) if self.manner == "reset" else None
                await stream.aclose()
