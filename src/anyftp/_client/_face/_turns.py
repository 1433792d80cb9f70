"""What every part of the client's face stands on: the session, and the turn at it."""

from __future__ import annotations

from contextlib import AbstractContextManager

from anyftp._client._session._session import Session
from anyftp._errors import LocalProtocolError


class Turns:
    """A client that may be connected; its parts take the session from here, for a turn each."""

    _session: Session | None

    def _connected(self) -> Session:
        if self._session is None:
            raise LocalProtocolError("not connected")
        return self._session

    def _turn(self) -> AbstractContextManager[Session]:
        return self._connected().turn()
