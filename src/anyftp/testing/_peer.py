"""A peer that follows a script: expected lines and answers, over any byte stream."""

from __future__ import annotations

import re
import ssl
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol

import anyio
from anyio.abc import ByteStream

from anyftp._streams import StreamIO
from anyftp.testing._reset import reset_stream


class ScriptError(AssertionError):
    """The other side did not do what the script says; the text shows all that was said."""


class Step(Protocol):
    """One step of a script; write your own if those here do not suffice."""

    async def play(self, peer: ScriptedPeer) -> None:
        """Do it."""


@dataclass(frozen=True)
class Expect:
    """The other side sends this line (without its ending), or one that the pattern matches."""

    line: str | re.Pattern[str]

    async def play(self, peer: ScriptedPeer) -> None:
        got = await peer.receive_line()
        if isinstance(self.line, str):
            is_right = got == self.line
        else:
            is_right = got is not None and self.line.fullmatch(got) is not None
        if not is_right:
            wanted = self.line if isinstance(self.line, str) else self.line.pattern
            raise peer.failure(
                f"expected {wanted!r}, got {'the end' if got is None else repr(got)}"
            )


@dataclass(frozen=True)
class Say:
    """Send these lines, each with CRLF."""

    lines: Sequence[str]

    def __init__(self, *lines: str) -> None:
        object.__setattr__(self, "lines", lines)

    async def play(self, peer: ScriptedPeer) -> None:
        for line in self.lines:
            peer.note("->", line)
        await peer.io.write("".join(f"{line}\r\n" for line in self.lines).encode(peer.encoding))


@dataclass(frozen=True)
class SayBytes:
    """Send exactly these bytes."""

    data: bytes

    async def play(self, peer: ScriptedPeer) -> None:
        peer.note("->", repr(self.data))
        await peer.io.write(self.data)


@dataclass(frozen=True)
class ExpectEnd:
    """The other side ends the stream."""

    async def play(self, peer: ScriptedPeer) -> None:
        got = await peer.receive_line()
        if got is not None:
            raise peer.failure(f"expected the end, got {got!r}")


@dataclass(frozen=True)
class Pause:
    """Let time pass."""

    seconds: float

    async def play(self, peer: ScriptedPeer) -> None:
        await anyio.sleep(self.seconds)


@dataclass(frozen=True)
class StartTLS:
    """Do the TLS handshake, as the server unless told otherwise."""

    context: ssl.SSLContext
    server_hostname: str | None = None
    server_side: bool = True

    async def play(self, peer: ScriptedPeer) -> None:
        peer.note("--", "TLS handshake")
        await peer.io.start_tls(self.context, self.server_hostname, server_side=self.server_side)


@dataclass(frozen=True)
class HangUp:
    """Close the connection."""

    async def play(self, peer: ScriptedPeer) -> None:
        peer.note("--", "hang up")
        await peer.io.aclose()


@dataclass(frozen=True)
class Reset:
    """Break the connection abruptly."""

    async def play(self, peer: ScriptedPeer) -> None:
        peer.note("--", "reset")
        reset_stream(peer.io)


Pair = tuple[str | re.Pattern[str], str]


class ScriptedPeer:
    """Plays one side of a line protocol by a script, client or server.

        peer = ScriptedPeer(stream, [Say("220 ready"), ("USER bob", "331 password"), HangUp()])
        await peer.play()

    Args:
        stream: where the other side is; owned from now on.
        script: steps; a pair means: expect the first, say the second.
        timeout: seconds that the other side may take for each step; None for any time.
        encoding: of the lines.

    Attributes:
        io: the stream, for steps of your own.
        transcript: what was said, each line with its direction: "->" is the peer's.
    """

    def __init__(
        self,
        stream: ByteStream,
        script: Iterable[Step | Pair],
        *,
        timeout: float | None = 10.0,
        encoding: str = "utf-8",
    ) -> None:
        self.io: StreamIO = stream if isinstance(stream, StreamIO) else StreamIO(stream)
        self.encoding = encoding
        self.transcript: list[str] = []
        self._timeout = timeout
        self._steps = list(_steps(script))
        self._number = 0

    async def play(self) -> None:
        """Play the script to its end and leave the stream open.

        Raises:
            ScriptError: the other side did something else, or nothing in time.

        Cancellation: safe between steps.
        """
        for number, step in enumerate(self._steps, 1):
            self._number = number
            try:
                with anyio.fail_after(self._timeout):
                    await step.play(self)
            except TimeoutError:
                raise self.failure(f"nothing came within {self._timeout:g} s for {step}") from None
            except (anyio.BrokenResourceError, anyio.ClosedResourceError) as error:
                raise self.failure(f"{step} failed: {error!r}") from error

    async def receive_line(self) -> str | None:
        """The next line without its ending; None at the end of the stream."""
        line = await self.io.readline()
        if not line:
            self.note("<-", "(the end)")
            return None
        text = line.decode(self.encoding, "surrogateescape").removesuffix("\n").removesuffix("\r")
        self.note("<-", text)
        return text

    def note(self, direction: str, text: str) -> None:
        """Add a line to the transcript."""
        self.transcript.append(f"{direction} {text}")

    def failure(self, what: str) -> ScriptError:
        """An error that shows what was said so far, and what was still to come."""
        said = "\n".join(f"  {line}" for line in self.transcript) or "  (nothing)"
        rest = "\n".join(f"  {step}" for step in self._steps[self._number :]) or "  (nothing)"
        return ScriptError(
            f"step {self._number} of {len(self._steps)}: {what}\n"
            f"said so far (-> the script, <- the other side):\n{said}\nstill to come:\n{rest}"
        )


def _steps(script: Iterable[Step | Pair]) -> Iterable[Step]:
    for item in script:
        if isinstance(item, tuple):
            yield Expect(item[0])
            yield Say(item[1])
        else:
            yield item
