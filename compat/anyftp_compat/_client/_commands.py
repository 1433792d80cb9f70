"""The client's methods that exchange a command for a reply."""

from __future__ import annotations

import ssl
from pathlib import PurePosixPath

from .._ground._codes import DEFAULT_ACCOUNT, DEFAULT_PASSWORD, DEFAULT_PORT, DEFAULT_USER
from .._ground._errors import StatusCodeError
from .._ground._tls import default_context
from ._base_client import BaseClient, RemotePath


class Commands(BaseClient):
    """What a server does on a single command, or two; see `Client`."""

    async def connect(self, host: str, port: int = DEFAULT_PORT) -> list[str]:
        """Connect and receive the greeting, whose lines are returned.

        Raises:
            OSError: the server could not be reached.
            asyncio.TimeoutError: not within `connection_timeout`.
            StatusCodeError: the server sent us away.

        Cancellation: nothing stays open.
        """
        await super().connect(host, port)
        answer = await self.command(None, "220", "120")
        return [] if answer is None else answer[1]

    async def upgrade_to_tls(self, sslcontext: ssl.SSLContext | None = None) -> None:
        """Protect the connection by AUTH TLS, and data connections after it.

        Raises:
            ssl.SSLError: the certificate does not verify.
            StatusCodeError: the server refused.

        Cancellation: closes the connection.
        """
        context = sslcontext or await default_context()
        await self.command("AUTH TLS", "234")
        await self.stream.start_tls(sslcontext=context, server_hostname=self.server_host)
        await self.command("PBSZ 0", "200")
        await self.command("PROT P", "200")

    async def login(
        self,
        user: str = DEFAULT_USER,
        password: str = DEFAULT_PASSWORD,
        account: str = DEFAULT_ACCOUNT,
    ) -> None:
        """Log in.

        Raises:
            StatusCodeError: user or password are refused.

        Cancellation: safe.
        """
        code, info = await self._ask("USER " + user, ("230", "33x"))
        while code.matches("33x"):
            if code == "331":
                code, info = await self._ask("PASS " + password, ("230", "33x"), censor_after=5)
            elif code == "332":
                code, info = await self._ask("ACCT " + account, ("230", "33x"), censor_after=None)
            else:
                raise StatusCodeError("33x", code, info)  # type: ignore[arg-type]  # as there

    async def get_current_directory(self) -> PurePosixPath:
        """Ask where we are (PWD). Cancellation: safe."""
        _, info = await self._ask("PWD", "257")
        return self.parse_directory_response(info[-1])

    async def change_directory(self, path: RemotePath = "..") -> None:
        """Go to another folder (CWD, or CDUP for ".."). Cancellation: safe."""
        text = str(PurePosixPath(path))
        await self.command("CDUP" if text == ".." else f"CWD {text}", "2xx")

    async def remove_directory(self, path: RemotePath) -> None:
        """Remove an empty folder (RMD). Cancellation: safe."""
        await self.command(f"RMD {path}", "250")

    async def rename(self, source: RemotePath, destination: RemotePath) -> None:
        """Rename or move (RNFR, RNTO). Cancellation: safe."""
        await self.command(f"RNFR {source}", "350")
        await self.command(f"RNTO {destination}", "2xx")

    async def remove_file(self, path: RemotePath) -> None:
        """Remove a file (DELE). Cancellation: safe."""
        await self.command(f"DELE {path}", "2xx")
