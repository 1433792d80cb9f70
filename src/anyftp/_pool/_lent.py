"""A client that can be lent again: what its last user changed is known, and put back."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import anyio

from anyftp._client import Client
from anyftp._client._session._final_names import FinalNames
from anyftp._errors import FTPError
from anyftp._protocol import Reply

#: Commands that leave a session as it was, for whoever has it next.
_HARMLESS = frozenset(
    {"ALLO", "APPE", "AVBL", "CLNT", "DELE", "FEAT", "HASH", "HELP", "MDTM", "MFMT", "MKD", "MLST"}
    | {"NOOP", "PWD", "RMD", "SIZE", "STAT", "SYST", "XCRC", "XMD5", "XSHA1", "XSHA256", "XSHA512"}
)


class LentClient(Client):
    """One connection of a pool.

    Attributes:
        made_at: when it was connected, by the event loop's clock.
        idle_since: when it was given back last.
    """

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.made_at = self.idle_since = anyio.current_time()
        self._home: str | None = None
        self._is_spoilt = False

    async def change_directory(self, path: Any = "..") -> None:
        await self._remember_home()
        await super().change_directory(path)

    async def change_to_parent(self) -> None:
        await self._remember_home()
        await super().change_to_parent()

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
        self._is_spoilt = True
        await super().clear_command_channel()

    async def tidy_up(self) -> bool:
        """Be as new for the next user: no stream is open, and the folder is that of the login.

        Returns:
            Whether it can be lent again.

        Cancellation: not interrupted; it is bounded by `close_timeout`.
        """
        if not self.is_connected or self._is_spoilt:
            return False
        if self._home is None and not self._has_open_stream:
            return True
        with anyio.move_on_after(self._options.close_timeout, shield=True):
            try:
                await self.abort()
                if self._home is not None:
                    home, self._home = self._home, None
                    await super().change_directory(home)
            except (FTPError, anyio.BusyResourceError):
                return False
            return True
        return False

    def go_with(self, names: FinalNames | None) -> None:
        """Give copies only names that no other copy of the same undertaking has; None for any."""
        if self._session is not None:
            self._session.names = names

    @property
    def _has_open_stream(self) -> bool:
        session = self._session
        return session is not None and session.transfer is not None

    async def _remember_home(self) -> None:
        if self._home is None:
            self._home = str(await self.get_current_directory())

    def _note(self, verb: str) -> None:
        """A command of the user's own may have changed what cannot be put back."""
        self._is_spoilt |= verb.partition(" ")[0].upper() not in _HARMLESS
