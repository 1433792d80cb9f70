"""The control connection: a wire for the lines, and a ledger of the replies that are owed.

Whoever sends a command enters it, whoever receives a reply enters that (`ReplyLedger` has the
theory); so nobody who is cancelled, or out of time, leaves a reply to be taken for another's. What
needs more than the order of replies is in `_markers` and `_back_in_step`.
"""

from __future__ import annotations

import enum
from collections.abc import Sequence
from contextlib import suppress
from typing import Final, Literal

import anyio
from anyio.abc import ByteStream
from anyio.lowlevel import checkpoint, checkpoint_if_cancelled

from anyftp._client._control._wire import Wire
from anyftp._client._options._settings import Options
from anyftp._errors import ConnectionLost, FTPTimeoutError, RemoteProtocolError
from anyftp._protocol import Habits, Meaning, Reply, ReplyLedger, reply_error
from anyftp._streams import OptimisticStream


class Patience(enum.Enum):
    """Defaults of parameters for which None means "no limit"."""

    AS_CONFIGURED = enum.auto()
    AS_BEFORE = enum.auto()


AS_CONFIGURED: Final = Patience.AS_CONFIGURED
AS_BEFORE: Final = Patience.AS_BEFORE

#: How many times its time-out a command may take whose server goes on saying "not yet" (1yz).
_MAX_PROLONGED = 10

Timeout = float | Literal[Patience.AS_CONFIGURED] | None
Later = float | Patience | None


class ControlConnection:
    """One control connection over one byte stream.

    Args:
        peer: how errors call the server.

    Attributes:
        wire: lines out, replies in.
        ledger: which replies are owed.
    """

    def __init__(self, stream: ByteStream, options: Options, peer: str) -> None:
        self.options = options
        self.wire: Wire = Wire(stream, options, peer)
        self.ledger: ReplyLedger = ReplyLedger()

    @property
    def stream(self) -> OptimisticStream:
        """What carries the connection."""
        return self.wire.stream

    @property
    def habits(self) -> Habits:
        """What is known of the server."""
        return self.wire.habits

    @property
    def is_connected(self) -> bool:
        """Whether commands can still be sent, as far as is known."""
        return self.wire.is_connected

    @property
    def is_owed(self) -> bool:
        """Whether the final reply to some command has not come yet."""
        return self.ledger.is_owed

    def disconnect(self, reason: str) -> ConnectionLost:
        """Give the connection up; returns the error to raise."""
        return self.wire.disconnect(reason)

    def take_over(self, fresh: ControlConnection) -> None:
        """Go on over another connection, which owes nothing; the figures go on too."""
        self.wire.take_over(fresh.wire)
        self.ledger.clear()

    async def aclose(self) -> None:
        """Close at once. Cancellation: closed nonetheless."""
        await self.wire.aclose()

    # Commands

    async def command(
        self, verb: str, argument: str = "", *, expected: str | Sequence[str] = "2xx"
    ) -> Reply:
        """Send a command, return its final reply if it is one of the expected.

        Raises:
            LocalProtocolError: the argument holds CR, LF or NUL; nothing was sent.
            ReplyError: the server answered otherwise.
            FTPTimeoutError: no reply in time; it is still owed.
            ConnectionLost: the connection is gone.

        Cancellation: safe; the reply stays owed.
        """
        return check_reply(await self.exchange(verb, argument), expected, verb, argument)

    async def exchange(self, verb: str, argument: str = "") -> Reply:
        """Send a command and return its final reply, whatever it says.

        Cancellation: safe; the reply stays owed.
        """
        await self.send_line(verb, self.wire.encode(verb, argument))
        return await self.receive_final()

    async def send(self, verb: str, argument: str = "") -> None:
        """Send a command; its final reply is owed from here on.

        Cancellation: safe; a line is sent whole or not at all.
        """
        await self.send_line(verb, self.wire.encode(verb, argument))

    async def send_line(
        self,
        verb: str,
        line: bytes,
        *,
        is_settled: bool = False,
        ahead: Sequence[tuple[str, str]] = (),
        behind: Sequence[tuple[str, str]] = (),
    ) -> None:
        """Send a command that has been put together before; see `send`.

        Args:
            is_settled: `settle` has been called right before.
            ahead: commands and arguments that go before it, in one piece: the server wakes up once.
            behind: what goes after it, in the same piece.
        """
        if ahead or behind:
            around = [[self.wire.encode(*each) for each in side] for side in (ahead, behind)]
            line = b"".join([*around[0], line, *around[1]])
        await self.wire.backend.checkpoint_if_cancelled()
        if not is_settled:
            await self.settle()
        for other, _ in ahead:
            self.ledger.sent(other)
        self.ledger.sent(verb)
        for other, _ in behind:
            self.ledger.sent(other)
        await self.wire.transmit(line)

    async def send_in_transfer(
        self, verb: str, argument: str = "", *, is_aside: bool = True
    ) -> None:
        """Send a command in the course of a transfer; its final reply is owed too.

        Args:
            is_aside: that may come before the transfer's, or not at all.

        Raises:
            LocalProtocolError: the argument holds CR, LF or NUL; nothing was sent.
            ConnectionLost: the connection is gone.

        Cancellation: safe; a line is sent whole or not at all.
        """
        line = self.wire.encode(verb, argument)
        await checkpoint_if_cancelled()
        self.wire.check_connected()
        self.ledger.sent(verb, is_aside=is_aside)
        await self.wire.transmit(line)

    def nudge(self, line: str, *, is_in_transfer: bool = False) -> None:
        """Send a command only to be heard, if that can be done at once; its reply is owed.

        Raises:
            ConnectionLost: the connection is gone.
            RemoteProtocolError: what came meanwhile is no reply.
        """
        verb, _, argument = line.partition(" ")
        data = memoryview(self.wire.encode(verb, argument))
        self.wire.take_in_what_came()
        while self.wire.received and not is_in_transfer:
            self._accept(self.wire.received.popleft())
        if self.stream.has_unsent or (self.is_owed and not is_in_transfer):
            return  # somebody is at it, or the server still owes the reply to the last one
        if self.wire.try_transmit(data):
            self.ledger.sent(verb, is_aside=is_in_transfer)

    # Replies

    async def receive_greeting(self) -> Reply:
        """Receive what the server says first: 220, perhaps after a 120 (RFC 959, 5.4)."""
        self.ledger.sent("the connection")
        return check_reply(await self.receive_final(), "2xx", "greeting")

    async def receive_final(
        self,
        timeout: Timeout = AS_CONFIGURED,
        later: Later = AS_BEFORE,
        *,
        wait_codes: Sequence[str] = ("1xx",),
    ) -> Reply:
        """Receive the final reply to the oldest command, past its preliminary ones.

        Each preliminary reply gives the server its time anew, but all of them together no more
        than ten times that.

        Args:
            later: the time-out for what follows a preliminary reply.
            wait_codes: masks of the codes after which another reply comes.

        Cancellation: safe; the reply stays owed.
        """
        reply = await self.receive(timeout)
        if not reply.matches(*wait_codes):
            return reply
        later = timeout if later is AS_BEFORE else later
        limit = self.options.timeout if isinstance(later, Patience) else later
        overall = None if limit is None else limit * _MAX_PROLONGED
        with anyio.move_on_after(overall):
            while reply.matches(*wait_codes):
                reply = await self.receive(later)
            return reply
        raise FTPTimeoutError(f"final reply to {self.ledger.oldest}", overall)

    async def receive(self, timeout: Later = AS_CONFIGURED) -> Reply:
        """Receive one reply, preliminary or final.

        The time-out is for the reply as a whole: a server that sends a byte now and then does
        not prolong it.

        Raises:
            FTPTimeoutError: it did not come in time.
            ConnectionLost: the server closed, or said 421.
            RemoteProtocolError: what came is no reply; the connection is given up.

        Cancellation: safe; what had come stays for the next call.
        """
        if self.wire.received:  # it has come by now
            return self._accept(self.wire.received.popleft())
        limit = self.options.timeout if isinstance(timeout, Patience) else timeout
        if limit is None:
            return self._accept(await self.wire.next_reply())
        with anyio.move_on_after(limit):
            return self._accept(await self.wire.next_reply())
        raise FTPTimeoutError(f"reply to {self.ledger.oldest or 'the greeting'}", limit)

    async def settle(self) -> int:
        """Read off what is owed to earlier commands, and what came unasked.

        Returns:
            How many replies came unasked.

        Raises:
            ConnectionLost: the owed replies did not come within the bound, or the server left.

        Cancellation: safe.
        """
        wire = self.wire
        wire.check_connected()
        if self.ledger.is_owed:
            with anyio.move_on_after(self.options.close_timeout):
                while self.is_owed:
                    self._accept(await self.wire.next_reply())
            if self.is_owed:
                raise self.disconnect(f"the reply to {self.ledger.oldest} never came")
        nreplies = 0
        while (is_more := wire.take_in_what_came()) or wire.received:
            nreplies += len(wire.received)
            while wire.received:
                self._accept(wire.received.popleft())
            if is_more:  # a flood: the ledger bounds it, and others want to run meanwhile
                await checkpoint()
        return nreplies

    def take_received(self) -> list[Reply]:
        """The replies that have come by now, as far as some are owed; nothing is waited for."""
        if self.is_owed:
            self.wire.take_in_what_came()
        replies: list[Reply] = []
        while self.is_owed and self.wire.received:
            replies.append(self._accept(self.wire.received.popleft()))
        return replies

    def _accept(self, reply: Reply) -> Reply:
        """Enter a reply in the ledger; 421 is the end of everything."""
        try:
            meaning = self.ledger.accept(reply)
        except RemoteProtocolError:
            self.disconnect("the server sends replies without end that answer nothing")
            raise
        if meaning is Meaning.CLOSING:
            cause = reply_error(reply.code, reply.lines)
            self.wire.received.appendleft(reply)  # where the reason is looked for
            raise self.disconnect("the server said goodbye") from cause
        return reply

    # What has come

    def has_unread_input(self) -> bool:
        """Whether the server has said anything more than it was asked."""
        self.wire.take_in_what_came()
        return self.wire.has_input

    def has_refusal_waiting(self) -> bool:
        """Whether the server has refused, meanwhile, what is still going on."""
        self.wire.take_in_what_came()
        return any(self.ledger.may_end_transfer(reply) for reply in self.wire.received)

    def is_alive(self) -> bool:
        """Whether commands can be sent, as far as can be told without waiting."""
        if self.is_connected:
            with suppress(ConnectionLost, RemoteProtocolError):
                self.wire.take_in_what_came()
            if any(reply.code == "421" for reply in self.wire.received):
                self.disconnect("the server said goodbye")
        return self.is_connected


def check_reply(
    reply: Reply, expected: str | Sequence[str], verb: str, argument: str = ""
) -> Reply:
    """Return the reply if it is one of the expected.

    Raises:
        ReplyError: it is not.
    """
    if expected == "2xx" and reply.is_positive:
        return reply
    masks = (expected,) if isinstance(expected, str) else tuple(expected)
    if reply.matches(*masks):
        return reply
    raise reply_error(reply.code, reply.lines, expected=masks, command=verb, argument=argument)
