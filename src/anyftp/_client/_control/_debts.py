"""The book of owed replies: commands and replies never get out of step.

The theory: every command sent leaves a *debt*, the final
reply (2yz to 5yz) that the server owes. A final reply that is read pays the oldest debt. So when
a task is cancelled while it waits, nothing is lost: the debt stays, and whoever sends the next
command first reads off what is owed. Where that does not succeed within a bound, the connection
is given up for good and says so; a stale reply is never taken for another command's.

Replies that nobody is owed (421 above all, or a command answered twice) are looked for before
each command; they answer nothing and are dropped, save 421 (RFC 959, 5.4), which ends everything.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence

import anyio
from anyio.abc import ByteStream

from anyftp._client._control._wire import Wire
from anyftp._client._options._settings import Options
from anyftp._errors import FTPTimeoutError, reply_error
from anyftp._protocol import Reply

#: The default of a parameter for which None means "no limit".
AS_CONFIGURED = -1.0


class DebtBook(Wire):
    """A control connection that knows what it is owed.

    Attributes:
        is_timed: whether the time spent waiting for replies is measured, for a report.
        seconds_waited: that time so far.
    """

    def __init__(self, stream: ByteStream, options: Options, peer: str) -> None:
        super().__init__(stream, options, peer)
        self.is_timed = False
        self.seconds_waited: float = 0.0
        self._debts: deque[str] = deque()

    @property
    def is_owed(self) -> bool:
        """Whether the final reply to some command has not come yet."""
        return bool(self._debts)

    def owes(self, verb: str) -> bool:
        """Whether the final reply to this command has not come yet."""
        return verb in self._debts

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

    async def receive_final(self, timeout: float | None = AS_CONFIGURED) -> Reply:
        """Receive the final reply to the oldest command, past its preliminary ones.

        Each preliminary reply gives the server its time anew.

        Cancellation: safe; the reply stays owed.
        """
        reply = await self.receive(timeout)
        while reply.is_preliminary:
            reply = await self.receive(timeout)
        return reply

    async def receive(self, timeout: float | None = AS_CONFIGURED) -> Reply:
        """Receive one reply, preliminary or final.

        The time-out is for the reply as a whole: a server that sends a byte now and then does
        not prolong it.

        Raises:
            FTPTimeoutError: it did not come in time.
            ConnectionLost: the server closed, or said 421.
            RemoteProtocolError: what came is no reply; the connection is given up.

        Cancellation: safe; what had come stays for the next call.
        """
        if timeout == AS_CONFIGURED:
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
