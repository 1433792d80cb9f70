"""The control connection: commands, replies, and getting back in step when a transfer goes wrong.

`_debts` keeps the book of owed replies. Here is what needs more than the order of replies to tell
which is which: transfers that are given up, and commands sent in the course of one.
"""

from __future__ import annotations

import socket
from contextlib import suppress

import anyio
from anyio.abc import ByteStream, SocketAttribute

from anyftp._client._control._debts import AS_CONFIGURED, DebtBook
from anyftp._client._control._debts import check_reply as check_reply
from anyftp._client._options._settings import Options
from anyftp._errors import ConnectionLost, RemoteProtocolError
from anyftp._protocol import Reply
from anyftp._streams import TLSStream

#: What servers say to NOOP when they do not want to hear it.
NOOP_REFUSALS = frozenset({"500", "501", "502", "503", "504"})

#: A question whose answer no other command can give (RFC 959, 5.4: only PWD and MKD say 257).
_MARKER = "PWD"
_MARKER_CODE = "257"

#: IAC IP, and IAC DM whose DM is urgent (RFC 854).
_INTERRUPT, _SYNCH = b"\xff\xf4", b"\xff\xf2"

#: Seconds in which a server notices that a data connection has been closed.
_MOMENT = 0.2


class ControlConnection(DebtBook):
    """One control connection over one byte stream."""

    def __init__(self, stream: ByteStream, options: Options, peer: str) -> None:
        super().__init__(stream, options, peer)
        self._nudges = 0

    def take_over(self, fresh: ControlConnection) -> None:
        """Go on over another connection, which owes nothing; the figures go on too."""
        self.replace_stream(fresh.stream)
        self.sent_at = fresh.sent_at
        self._debts.clear()
        self._nudges = 0
        self._end = None

    async def abort(self) -> bool:
        """Get back in step after a transfer was given up and its data connection closed.

        Most servers notice the end of the data connection and say how the transfer ended: one
        command, one reply. If that does not come in a moment, ABOR is sent, unless the options
        forbid it or `send_abort` has been called before. To send it at once is fine only once
        data flow: pyftpdlib, if it has not accepted the data connection yet, answers 225 and
        later sends the data of the transfer given up over the data connection of the next.

        Servers answer ABOR with 426 and 226, with one of them, or with 225; none of these says
        how many replies are still to come. So unless both have come together, PWD is sent after
        the first: its 257 is the answer to nothing else, and what precedes it is read off.

        Where all this takes longer than `close_timeout` the connection is given up; the next
        command says so.

        Returns:
            Whether the server has not said how the transfer ended, only that there is none (225).

        Cancellation: not interrupted; it is bounded.
        """
        if self._end is not None:
            return False
        self._nudges = 0
        is_unanswered = False
        # Errors mean that it is known by now to be disconnected; the next command will say so.
        with (
            suppress(ConnectionLost, RemoteProtocolError),
            anyio.move_on_after(self._options.close_timeout, shield=True),
        ):
            if "ABOR" not in self._debts:
                may_abort, patience = self.may_abort, self._options.close_timeout
                with anyio.move_on_after(min(_MOMENT, patience / 2) if may_abort else patience):
                    await self.receive_final(None)
                if self._debts and may_abort:
                    await self.send_abort()
            if self._debts:
                is_unanswered = await self._get_in_step()
        if self._debts and self._end is None:
            self.disconnect("the server did not answer the end of a transfer that was given up")
        return is_unanswered

    async def send_abort(self) -> None:
        """Send ABOR, where the options allow it; its reply is owed too.

        Raises:
            ConnectionLost: the connection is gone.

        Cancellation: not interrupted; it is bounded.
        """
        if self.may_abort and self._end is None:
            if self.habits.telnet_abort:
                await self._interrupt()
            self._debts.append("ABOR")
            await self._transmit(self.encode("ABOR"))

    async def abort_first(self) -> None:
        """Send ABOR and hear the server's word on it while the data connection is still open.

        For servers that end the session when a data connection breaks; those that answer only
        when it has been closed keep us waiting for half of `close_timeout`.

        Cancellation: not interrupted; it is bounded.
        """
        with (
            suppress(ConnectionLost, RemoteProtocolError),
            anyio.move_on_after(self._options.close_timeout / 2, shield=True),
        ):
            await self.send_abort()
            if "ABOR" in self._debts:
                await self.receive_final(None)

    def nudge(self, line: str, *, is_in_transfer: bool = False) -> None:
        """Send a command only to be heard, if that can be done at once; its reply is owed.

        Raises:
            ConnectionLost: the connection is gone.
            RemoteProtocolError: what came meanwhile is no reply.
        """
        verb, _, argument = line.partition(" ")
        data = memoryview(self.encode(verb, argument))
        self._take_in_what_came()
        while self._replies and not is_in_transfer:
            self._accept(self._replies.popleft())
        if self.stream.has_unsent or (self._debts and not is_in_transfer):
            return  # somebody is at it, or the server still owes the reply to the last one
        try:
            sent = self.stream.try_send(data)
        except (anyio.BrokenResourceError, anyio.ClosedResourceError, OSError) as error:
            raise self.disconnect(f"the server closed the connection ({error})") from error
        if 0 < sent < data.nbytes:
            raise self.disconnect("the server does not read its commands")
        if sent:
            self._trace_sent(bytes(data))
            self._debts.append(verb)
            self._nudges += is_in_transfer
            self.sent_at: float = anyio.current_time()

    async def send_in_transfer(self, verb: str, argument: str) -> None:
        """Send a command in the course of a transfer; its final reply is owed too.

        Raises:
            LocalProtocolError: the argument holds CR, LF or NUL; nothing was sent.
            ConnectionLost: the connection is gone.

        Cancellation: safe; a line is sent whole or not at all.
        """
        line = self.encode(verb, argument)
        await anyio.lowlevel.checkpoint_if_cancelled()
        self._check_connected()
        self._debts.append(verb)
        self._nudges += 1
        await self._transmit(line)

    @property
    def is_owed_in_transfer(self) -> bool:
        """Whether the reply to a command sent in the course of a transfer may still come."""
        return self._nudges > 0

    def answered_in_transfer(self, reply: Reply) -> None:
        """A reply has been taken for that to a command sent in the course of a transfer."""
        self._nudges -= not reply.is_preliminary

    def _may_end_transfer(self, reply: Reply) -> bool:
        return not self._nudges or reply.code not in NOOP_REFUSALS

    async def receive_confirmation(self, timeout: float | None = AS_CONFIGURED) -> Reply:
        """Receive the final reply of a transfer, past those to commands sent in its course.

        Raises and Cancellation: as `receive`.
        """
        nudges, self._nudges = self._nudges, 0
        if not nudges:
            return await self.receive_final(timeout)
        replies = await self._read_up_to_marker(timeout)
        if not replies:
            raise self.disconnect("the server did not confirm a transfer")
        return min(replies, key=_rank)

    async def receive_overdue(self, subject: str, patience: float) -> None:
        """Receive a final reply that may come by now, or may never; then PWD is asked.

        Args:
            subject: what it would be the reply to.
            patience: seconds after which it will hardly come any more.

        Raises:
            ConnectionLost: the connection is gone.

        Cancellation: safe; the reply counts as owed.
        """
        self._debts.append(subject)
        with anyio.move_on_after(patience):
            await self.receive_final(None)
        if self._debts:
            await self._read_up_to_marker(None)

    @property
    def may_abort(self) -> bool:
        """Whether ABOR may be sent."""
        return self._options.send_abort and self.habits.send_abort is not False

    async def _interrupt(self) -> None:
        """Say Telnet's IP and Synch (RFC 959, 4.1.3), for servers deaf during transfers."""
        raw = self.stream.extra(SocketAttribute.raw_socket, None)
        if raw is None or isinstance(self.stream, TLSStream):
            return await self._transmit(_INTERRUPT + _SYNCH)
        await self._transmit(_INTERRUPT)
        with suppress(OSError):
            raw.send(_SYNCH, socket.MSG_OOB)
        return None

    async def _get_in_step(self) -> bool:
        replies = [await self.receive_final(None)]
        if self._debts:
            self._take_in_what_came()
        while self._debts and self._replies:
            replies.append(self._accept(self._replies.popleft()))
        # Another one follows 426, even where the transfer was over before ABOR came.
        if self._debts or replies[-1].code.startswith("4"):
            replies += await self._read_up_to_marker(None)
        codes = {reply.code for reply in replies if not reply.is_preliminary}
        return codes - {"200", *NOOP_REFUSALS} == {"225"}

    async def _read_up_to_marker(self, timeout: float | None) -> list[Reply]:
        """Ask what no other command answers; all final replies before that are of earlier ones."""
        self._debts.append(_MARKER)
        await self._transmit(self.encode(_MARKER))
        replies = []
        while (reply := await self.receive_final(timeout)).code != _MARKER_CODE:
            replies.append(reply)
        self._debts.clear()
        return replies


def _rank(reply: Reply) -> int:
    """How likely it is that a reply is about a transfer rather than about a NOOP in its course."""
    if reply.is_positive and reply.code != "200":
        return 0
    return 1 if reply.is_refusal and reply.code not in NOOP_REFUSALS else 2
