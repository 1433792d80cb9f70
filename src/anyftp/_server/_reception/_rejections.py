"""Telling those who cannot be let in why (421; RFC 959, 5.4).

In clear text that is one line, sent at once. Where TLS begins with the first byte nothing can be
said before a handshake; so a few at a time are given one. In a flood of connections the rest are
closed without a word, because to refuse them must not cost more than to serve them.
"""

from __future__ import annotations

import logging
from contextlib import suppress

import anyio
from anyio.abc import TaskGroup

from anyftp._errors import ConnectionLost, FTPTimeoutError, TLSError
from anyftp._protocol import Reply, visible
from anyftp._server._session._control import Control
from anyftp._server._session._options import Options
from anyftp._server._verbs._security import make_context
from anyftp._streams import OptimisticStream

logger = logging.getLogger("anyftp.server")

#: Handshakes at the same time with those who are turned away.
_AT_ONCE = 16
#: Seconds for the handshake, the reason and close_notify together.
_SECONDS = 5.0


class Rejections:
    """The connections that are about to be closed."""

    def __init__(self) -> None:
        self._under_way = 0

    def tell(
        self,
        stream: OptimisticStream,
        reason: str,
        options: Options,
        tasks: TaskGroup,
        *,
        implicit_tls: bool,
    ) -> None:
        """Say why and close, without waiting for anything here."""
        if not implicit_tls:
            with suppress(anyio.BrokenResourceError):
                stream.try_send(memoryview(Reply("421", (visible(reason),)).encode()))
        elif self._under_way < _AT_ONCE:
            self._under_way += 1
            tasks.start_soon(self._tell_over_tls, stream, reason, options)
            return
        stream.close()

    async def _tell_over_tls(self, stream: OptimisticStream, reason: str, options: Options) -> None:
        """After a handshake. Cancellation: closes the connection."""
        control = Control(stream, max_line=options.max_line, send_timeout=_SECONDS)
        try:
            with anyio.move_on_after(_SECONDS):
                await control.start_tls(
                    await make_context(options), _SECONDS, options.tls_policy.alpn
                )
                await control.send(Reply("421", (visible(reason),)))
                await control.aclose()
        except (ConnectionLost, FTPTimeoutError, TLSError):
            pass  # it does not want to know
        except Exception:
            logger.exception("a connection could not be told why it was turned away")
        finally:
            control.close()
            self._under_way -= 1
