"""Opening a data connection: port, command, TLS, and the server's first word.

The order on the wire is EPSV, connect, command (in active mode EPRT, command, and the server
connects), then two things at once where TLS protects the data: the handshake and the wait for the
reply. Some servers do the handshake before they say 150, others (vsftpd) only when they have; a
client that does one after the other hangs on half of them.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from typing import Literal

from anyftp._client._control._control_connection import check_reply
from anyftp._client._control._wire import close_forcefully, reset_on_close
from anyftp._client._data._active import listen_for_data
from anyftp._client._data._endpoint import DataEndpoint, complete
from anyftp._client._data._lost_transfer import end_lost_transfer
from anyftp._client._data._transfer import Transfer
from anyftp._client._session._dial import (
    ask_port,
    connect_data,
    is_in_a_row,
    keeps_commands,
    port_question,
)
from anyftp._client._session._features import get_features
from anyftp._client._session._login import protect_data
from anyftp._client._session._session import UNKNOWN_COMMAND, Session
from anyftp._errors import (
    LocalProtocolError,
    PermanentReplyError,
    RemoteProtocolError,
    ReplyError,
    TransientReplyError,
)
from anyftp._protocol import Reply, parse_announced_size, parse_least_size, parse_size, reply_error
from anyftp._streams import OptimisticStream

#: "Can't open data connection": a port still in use from the time before, mostly.
_TRY_AGAIN = "425"

#: Transfer types: bytes as they are (image), or lines that end with CRLF on the wire (ASCII).
Kind = Literal["I", "A"]

_UPLOADS = frozenset({"STOR", "STOU", "APPE"})


async def open_transfer(
    session: Session,
    verb: str,
    argument: str = "",
    *,
    kind: str | None = "I",
    offset: int = 0,
    asks_size: bool = False,
    has_successor: bool | None = None,
) -> Transfer:
    """Send a command that moves data and return the transfer, ready to read or write.

    A refusal with 425 is met with one more try over a fresh data connection.

    Args:
        kind: transfer type to have in force, None for whichever is.
        offset: where in the file to begin (REST, RFC 3659, 5).
        asks_size: ask for the size of the file by SIZE, of a server that is known to answer that:
            before a download, unless the 150 tells; and after an upload, of one that keeps
            commands until it is over.
        has_successor: another transfer will be next, so its port is asked for as soon as may be;
            None for whoever cannot know: then files in a row let another one be expected.

    Raises:
        ReplyError: the server refused the command, the offset or every passive mode.
        DataConnectionError: no data connection could be had.
        TLSError: the data connection could not be protected.
        FTPTimeoutError: the server did not answer in time.
        ConnectionLost: the control connection is gone.

    Cancellation: leaves the control connection in step, or says that it is lost.
    """
    line = session.control.wire.encode(verb, argument)
    await session.make_way()
    if session.lacks_protection:
        await protect_data(session)
    if kind is not None and session.login.type != kind:
        await session.use_type(kind)
    if offset and verb in _UPLOADS and session.learnt.habits.resume_uploads is False:
        raise LocalProtocolError(
            "offset must be 0 in uploads to this server, which ignores REST: append instead"
        )
    asks_size = asks_size and "SIZE" in session.learnt.obeyed and _may_ask_size(session, verb)
    if has_successor is None:
        has_successor = verb == "RETR" and not offset and is_in_a_row(session)
    opening = _Opening(session, verb, argument, line, offset, asks_size, has_successor)
    try:
        return await opening.run()
    except TransientReplyError as error:
        if error.code != _TRY_AGAIN:
            raise
    return await opening.run()


def _may_ask_size(session: Session, verb: str) -> bool:
    if verb not in _UPLOADS:
        return session.learnt.announces_size is False
    return keeps_commands(session) and session.login.type == "I"


async def set_offset(session: Session, offset: int) -> None:
    """Say where the next transfer is to begin (REST, RFC 3659, 5).

    Raises:
        ReplyError: the server refused.

    Cancellation: safe; who is cancelled while the reply is awaited has said it all the same, so the
    next transfer takes it back.
    """
    was_stale = session.unsettled.has_offset
    session.unsettled.has_offset = True
    await session.control.send("REST", str(offset))
    try:
        await end_offset(session, offset)
    except ReplyError:
        session.unsettled.has_offset = was_stale
        raise


async def end_offset(session: Session, offset: int) -> None:
    """Receive the reply to REST.

    Raises:
        ReplyError: the server refused.

    Cancellation: safe; the reply stays owed.
    """
    check_reply(await session.control.receive_final(), "3xx", "REST", str(offset))
    session.learnt.obeyed.add("REST")


async def receive_size(session: Session) -> int | None:
    """Receive the answer to SIZE; None where it is none, for the file may be there all the same.

    Cancellation: safe; the reply stays owed.
    """
    reply = await session.control.receive_final()
    with suppress(RemoteProtocolError):
        return parse_size(reply.text) if reply.code == "213" else None
    return None


@dataclass(slots=True, eq=False, repr=False)
class _Opening:
    session: Session
    verb: str
    argument: str
    line: bytes
    offset: int
    asks_size: bool
    has_successor: bool
    is_offset_ahead: bool = False
    size: int | None = None

    async def run(self) -> Transfer:
        connected = await self._prepare()
        is_sent = False
        try:
            self.is_offset_ahead = self._is_offset_taken_for_granted
            ahead: list[tuple[str, str]] = []
            if self.is_offset_ahead:
                self.session.unsettled.has_offset = True
                ahead.append(("REST", str(self.offset)))
            elif self.offset or self.session.unsettled.has_offset:
                await self._send_offset()
            behind: list[tuple[str, str]] = []
            if self.asks_size:  # the answers to both come together
                (behind if self.is_upload else ahead).append(("SIZE", self.argument))
            next_port = port_question(self.session) if self.has_successor else None
            self.session.unsettled.port_asked = next_port
            if next_port is not None:
                behind.append((next_port, ""))
            await self.session.control.send_line(
                self.verb, self.line, is_settled=True, ahead=ahead, behind=behind
            )
            is_sent = True
            if self.verb == "RETR":
                self.session.unsettled.row = self.session.control.wire.nsent
            if isinstance(connected, DataEndpoint):
                reply = await complete(connected, self._first_reply, self.verb, self.argument)
            else:
                reply = await self._first_reply()
            self._check(reply)
            unsettled = self.session.unsettled
            is_place_known = bool(self.offset) or not unsettled.has_own_offset
            unsettled.has_offset = unsettled.has_own_offset = False
        except BaseException:
            await _give_up(connected, with_reset=self.is_upload or not is_sent)
            if is_sent and self.session.control.ledger.owes(self.verb):
                await self.session.abort(may_be_lost=True)
            raise
        stream = connected.stream if isinstance(connected, DataEndpoint) else connected
        assert stream is not None
        expected, least = self._announced(reply) if is_place_known else (None, 0)
        transfer = Transfer(
            self.session,
            stream,
            self.verb,
            self.argument,
            reply,
            is_upload=self.is_upload,
            expected=expected,
            is_exact=not self.offset,
            least=least,
            offset=self.offset if is_place_known else None,
        )
        transfer.has_successor = self.has_successor
        transfer.is_size_asked = self.asks_size and self.is_upload
        return transfer

    async def _first_reply(self) -> Reply:
        """Receive the first reply to the command, past those to what went ahead of it.

        Cancellation: safe; the replies stay owed.
        """
        if self.is_offset_ahead:
            await end_offset(self.session, self.offset)
        if self.asks_size and not self.is_upload:
            self.size = await receive_size(self.session)
        return await self.session.control.receive()

    def _announced(self, reply: Reply) -> tuple[int | None, int]:
        """How many bytes will come, by "150 Opening data connection (1234 bytes)", or by SIZE.

        And how many at least, where the server rounds.

        Behind an offset some servers mean the file by that and some the rest of it; so these are
        the fewest that can come. Text has another size on the server's disk.
        """
        session = self.session
        if self.verb != "RETR" or not reply.is_preliminary or session.login.type != "I":
            return None, 0
        told, least = parse_announced_size(reply.text), 0
        session.learnt.announces_size = told is not None
        if told is None:
            told, least = self.size, parse_least_size(reply.text)
        return None if told is None else max(0, told - self.offset), max(0, least - self.offset)

    @property
    def is_upload(self) -> bool:
        return self.verb in _UPLOADS

    @property
    def _is_offset_taken_for_granted(self) -> bool:
        """Whether the command may follow REST without waiting for its reply.

        A download that begins elsewhere after all can be given up; an upload has spoilt the file.
        """
        return self.offset > 0 and not self.is_upload and "REST" in self.session.learnt.obeyed

    async def _prepare(self) -> OptimisticStream | DataEndpoint:
        """Do what comes before the command: connect, or listen.

        Returns:
            The data connection, or an endpoint where more is to be done once the command is sent.
        """
        session = self.session
        if session.options.active:
            return DataEndpoint(session, None, listener=await listen_for_data(session))
        if session.learnt.habits.dial_late:
            commands = session.options.passive_commands
            address = await ask_port(session, session.learnt.passive or commands[0])
            return DataEndpoint(session, None, address=address)
        if session.unsettled.has_lost_transfer:
            await end_lost_transfer(session)
        if session.learnt.habits.send_pret:
            await self._announce()
        try:
            stream = await self._connect()
        except PermanentReplyError as refusal:
            await self._announce_late(refusal)
            stream = await self._connect()
        return DataEndpoint(session, stream) if session.protection.covers_data else stream

    async def _announce_late(self, refusal: PermanentReplyError) -> None:
        """Servers with slaves (DrFTPD) refuse until they are told what the port is for.

        They say so in FEAT, which is worth its round trip only now.
        """
        session = self.session
        if refusal.command not in ("EPSV", "PASV") or session.learnt.features is not None:
            raise refusal
        await get_features(session)
        if not session.learnt.habits.send_pret:
            raise refusal
        await self._announce()

    async def _announce(self) -> None:
        """Tell what the next data connection is for, to a server that wants to know (PRET)."""
        session = self.session
        if "PRET" in session.learnt.refused:
            return
        reply = await session.control.exchange("PRET", f"{self.verb} {self.argument}".rstrip(" "))
        if reply.code in UNKNOWN_COMMAND:
            session.learnt.refused.add("PRET")
        elif reply.is_refusal:
            # pure-ftpd looks at the path already, so this is the refusal of the command announced.
            raise reply_error(reply.code, reply.lines, command=self.verb, argument=self.argument)

    async def _send_offset(self) -> None:
        """Say where to begin; the beginning too, if an offset was said that led to nothing."""
        session = self.session
        if self.offset:
            await set_offset(session, self.offset)
        elif session.unsettled.has_offset:
            await session.control.exchange("REST", "0")
            session.unsettled.has_offset = False

    async def _connect(self) -> OptimisticStream:
        """Have a data connection to a server that owes nothing.

        A reply that comes unasked by now can only be the end of some earlier transfer, whose
        data the server may have sent over this connection; then another one is made.
        """
        while True:
            stream = await connect_data(self.session)
            try:
                if not await self.session.control.settle():
                    return stream
            except BaseException:
                await _give_up(stream, with_reset=True)
                raise
            await _give_up(stream, with_reset=True)

    def _check(self, reply: Reply) -> None:
        """Take the first reply: 1yz, or at once 2yz from servers that leave the other out."""
        if not (reply.is_preliminary or reply.is_positive):
            check_reply(reply, ("1xx", "2xx"), self.verb, self.argument)


async def _give_up(connected: OptimisticStream | DataEndpoint, *, with_reset: bool) -> None:
    """Close at once; see `DataEndpoint.aclose`. Cancellation: closed nonetheless."""
    if isinstance(connected, DataEndpoint):
        return await connected.aclose(with_reset=with_reset)
    if with_reset:
        reset_on_close(connected)
    await close_forcefully(connected)
