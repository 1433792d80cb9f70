"""The client of one loan: what its user changes is noted, for the next one to have it as it was."""

from __future__ import annotations

import ssl
from collections.abc import Sequence
from typing import Any

from anyftp._client import Client
from anyftp._client._session._final_names import FinalNames
from anyftp._client._session._session import Session
from anyftp._protocol import Reply

#: Commands that leave a session as it was, for whoever has it next.
_HARMLESS = frozenset(
    {"ALLO", "APPE", "AVBL", "CLNT", "DELE", "FEAT", "HASH", "HELP", "MDTM", "MFMT", "MKD", "MLST"}
    | {"NOOP", "PWD", "RMD", "SIZE", "STAT", "SYST", "XCRC", "XMD5", "XSHA1", "XSHA256", "XSHA512"}
)


class LentClient(Client):
    """A client whose session belongs to a pool, until `end`."""

    def __init__(self, session: Session, ssl_context: ssl.SSLContext | None) -> None:
        # Not those of the class above: session and options are those of the pool.
        self._options, self._limits = session.options, session.limits
        self._ssl_context = ssl_context
        self._session: Session | None = session
        self._lent = session

    async def end(self) -> None:
        """Have no session any more; one that was connected meanwhile is closed.

        Cancellation: closed nonetheless.
        """
        session, self._session = self._session, None
        if session is not None and session is not self._lent:
            self._session = session
            await self.aclose()

    async def change_directory(self, path: Any = "..") -> None:
        await self._remember_home()
        await super().change_directory(path)

    async def change_to_parent(self) -> None:
        await self._remember_home()
        await super().change_to_parent()

    async def login(
        self, user: str = "anonymous", password: str = "anon@", account: str = ""
    ) -> None:
        self._lent.loan.is_spoilt = True
        await super().login(user, password, account)

    async def command(
        self,
        verb: str,
        argument: str = "",
        *,
        expected_codes: str | Sequence[str] = "2xx",
        wait_codes: str | Sequence[str] = "1xx",
    ) -> Reply:
        self._note(verb)
        return await super().command(
            verb, argument, expected_codes=expected_codes, wait_codes=wait_codes
        )

    async def send_command(
        self, verb: str, argument: str = "", *, in_transfer: bool = False
    ) -> None:
        self._note(verb)
        await super().send_command(verb, argument, in_transfer=in_transfer)

    async def clear_command_channel(self) -> None:
        self._lent.loan.is_spoilt = True
        await super().clear_command_channel()

    def go_with(self, names: FinalNames) -> None:
        """Give copies only names that no other copy of the same undertaking has."""
        self._lent.names = names

    async def _remember_home(self) -> None:
        loan = self._lent.loan
        if loan.home is None:
            loan.home = str(await self.get_current_directory())

    def _note(self, verb: str) -> None:
        """A command of the user's own may have changed what cannot be put back."""
        self._lent.loan.is_spoilt |= verb.partition(" ")[0].upper() not in _HARMLESS
