"""The control connection: commands go out, replies come in, and the two never get out of step.

The theory: every command sent leaves a *debt*, the final
reply (2yz to 5yz) that the server owes. A final reply that is read pays the oldest debt. So when
a task is cancelled while it waits, nothing is lost: the debt stays, and whoever sends the next
command first reads off what is owed. Where that does not succeed within a bound, the connection
is given up for good and says so; a stale reply is never taken for another command's.

Replies that nobody is owed (421 above all, or a command answered twice) are looked for before
each command; they answer nothing and are dropped, save 421 (RFC 959, 5.4), which ends everything.
"""

from __future__ import annotations

import socket
from collections import deque
from collections.abc import Sequence
from contextlib import suppress

import anyio
from anyio.abc import ByteStream, SocketAttribute

from anyftp._client._options import Options
from anyftp._client._wire import Wire
from anyftp._errors import ConnectionLost, FTPTimeoutError, RemoteProtocolError, reply_error
from anyftp._protocol import Reply
from anyftp._streams import TLSStream

#: A question whose answer no other command can give (RFC 959, 5.4: only PWD and MKD say 257).
_MARKER = "PWD"
_MARKER_CODE = "257"

#: IAC IP, and IAC DM whose DM is urgent (RFC 854).
_INTERRUPT, _SYNCH = b"\xff\xf4", b"\xff\xf2"

#: Seconds in which a server notices that a data connection has been closed.
_MOMENT = 0.2

#: The default of a parameter for which None means "no limit".
_AS_CONFIGURED = -1.0


class ControlConnection(Wire):
    """One control connection over one byte stream.

    Attributes:
        is_timed: whether the time spent waiting for replies is measured, for a report.
        seconds_waited: that time so far.
    """

    def __init__(self, stream: ByteStream, options: Options) -> None:
        super().__init__(stream, options)
        self.is_timed = False
        self.seconds_waited = 0.0
        self._debts: deque[str] = deque()

    @property
    def is_owed(self) -> bool:
        """Whether the final reply to some command has not come yet."""
        return bool(self._debts)

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
        return check_reply(await self.exchange(verb, argument), expected, verb)

    async def exchange(self, verb: str, argument: str = "") -> Reply:
        """Send a command and return its final reply, whatever it says.

        Cancellation: safe; the reply stays owed.
        """
        await self.send(verb, argument)
        return await self.receive_final()

    async def send(self, verb: str, argument: str = "") -> None:
        """Send a command; its final reply is owed from here on.

        Cancellation: safe; a line is sent whole or not at all.
        """
        await self.send_line(verb, self.encode(verb, argument))

    async def send_line(self, verb: str, line: bytes, *, is_settled: bool = False) -> None:
        """Send a command that has been put together before; see `send`.

        Args:
            is_settled: `settle` has been called right before.
        """
        await anyio.lowlevel.checkpoint_if_cancelled()
        if not is_settled:
            await self.settle()
        self._debts.append(verb)
        await self._transmit(line)

    async def receive_final(self, timeout: float | None = _AS_CONFIGURED) -> Reply:
        """Receive the final reply to the oldest command, past its preliminary ones.

        Each preliminary reply gives the server its time anew.

        Cancellation: safe; the reply stays owed.
        """
        reply = await self.receive(timeout)
        while reply.is_preliminary:
            reply = await self.receive(timeout)
        return reply

    async def receive(self, timeout: float | None = _AS_CONFIGURED) -> Reply:
        """Receive one reply, preliminary or final.

        The time-out is for the reply as a whole: a server that sends a byte now and then does
        not prolong it.

        Raises:
            FTPTimeoutError: it did not come in time.
            ConnectionLost: the server closed, or said 421.
            RemoteProtocolError: what came is no reply; the connection is given up.

        Cancellation: safe; what had come stays for the next call.
        """
        if timeout == _AS_CONFIGURED:
            timeout = self._options.timeout
        self._check_connected()
        if not self.is_timed:
            return await self._receive_in_time(timeout)
        start = anyio.current_time()
        try:
            return await self._receive_in_time(timeout)
        finally:
            self.seconds_waited += anyio.current_time() - start

    async def _receive_in_time(self, timeout: float | None) -> Reply:
        if timeout is None:
            return await self._next_reply()
        with anyio.move_on_after(timeout):
            return await self._next_reply()
        verb = self._debts[0] if self._debts else "the greeting"
        raise FTPTimeoutError(f"reply to {verb}", timeout)

    async def receive_greeting(self) -> Reply:
        """Receive what the server says first: 220, perhaps after a 120 (RFC 959, 5.4)."""
        self._debts.append("the connection")
        return check_reply(await self.receive_final(), "2xx", "greeting")

    async def settle(self) -> int:
        """Read off what is owed to earlier commands, and what came unasked.

        Returns:
            How many replies came unasked.

        Raises:
            ConnectionLost: the owed replies did not come within the bound, or the server left.

        Cancellation: safe.
        """
        self._check_connected()
        if self._debts:
            with anyio.move_on_after(self._options.close_timeout):
                while self._debts:
                    await self._next_reply()
        if self._debts:
            raise self.disconnect(f"the reply to {self._debts[0]} never came")
        self._take_in_what_came()
        nreplies = len(self._replies)
        while self._replies:
            self._accept(self._replies.popleft())
        return nreplies

    async def abort(self) -> None:
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

        Cancellation: not interrupted; it is bounded.
        """
        if self._end is not None:
            return
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
                await self._get_in_step()
        if self._debts and self._end is None:
            self.disconnect("the server did not answer the end of a transfer that was given up")

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

    async def _get_in_step(self) -> None:
        await self.receive_final(None)
        if self._debts:
            self._take_in_what_came()
        while self._debts and self._replies:
            self._accept(self._replies.popleft())
        if self._debts:
            await self._transmit(self.encode(_MARKER))
            while (await self._next_reply()).code != _MARKER_CODE:
                pass
            self._debts.clear()

    async def _next_reply(self) -> Reply:
        return self._accept(await self._next())

    def _accept(self, reply: Reply) -> Reply:
        """Take note of a reply: a debt is paid, or everything is over."""
        if reply.code == "421":
            cause = reply_error(reply.code, reply.lines)
            raise self.disconnect(f"the server said {reply.code} {reply.text}") from cause
        if not reply.is_preliminary and self._debts:
            self._debts.popleft()
        return reply


def check_reply(reply: Reply, expected: str | Sequence[str], verb: str) -> Reply:
    """Return the reply if it is one of the expected.

    Raises:
        ReplyError: it is not.
    """
    if expected == "2xx" and reply.is_positive:
        return reply
    masks = (expected,) if isinstance(expected, str) else tuple(expected)
    if reply.matches(*masks):
        return reply
    raise reply_error(reply.code, reply.lines, expected=masks, command=verb)
