"""The client's methods for programs that have put a `command` of their own in the place of ours.

Their `command` sees, and may answer, every command that aioftp's would; so here each one is sent
through it, in aioftp's order, where otherwise the core sends fewer.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Awaitable, Callable, Sequence

from .._ground._errors import StatusCodeError
from ._base_client import BaseClient

_UNKNOWN_COMMAND = "50x"


async def log_in(client: BaseClient, user: str, password: str, account: str) -> None:
    """USER, and PASS and ACCT as far as they are asked for. Cancellation: as `command`'s."""
    code, info = await client._ask(f"USER {user}", ("230", "33x"))
    while code.matches("33x"):
        if code == "331":
            code, info = await client._ask(f"PASS {password}", ("230", "33x"), censor_after=5)
        elif code == "332":
            code, info = await client._ask(f"ACCT {account}", ("230", "33x"), censor_after=None)
        else:
            raise StatusCodeError("33x", code, info)  # type: ignore[arg-type]


async def upgrade_to_tls(client: BaseClient, context: ssl.SSLContext) -> None:
    """AUTH, the handshake, PBSZ and PROT. Cancellation: breaks the connection."""
    await client.command("AUTH TLS", "234")
    await client.stream.start_tls(sslcontext=context, server_hostname=client.server_host)
    await client.command("PBSZ 0", "200")
    await client.command("PROT P", "200")


async def passive_port(client: BaseClient, kind: str, commands: Sequence[str]) -> tuple[str, int]:
    """TYPE, and EPSV or PASV: where the server listens. Cancellation: as `command`'s."""
    await client._ask(f"TYPE {kind}", "200")
    ask: dict[str, Callable[[], Awaitable[tuple[str, int]]]] = {
        "epsv": lambda: _epsv(client),
        "pasv": lambda: _pasv(client),
    }
    for number, name in enumerate(commands, 1):
        if name not in ask:
            raise ValueError(f"{name!r} not in {set(ask)!r}")
        try:
            return await ask[name]()
        except StatusCodeError as error:
            if number == len(commands) or not error.received_codes[-1].matches(_UNKNOWN_COMMAND):
                raise
    raise ValueError("no passive commands")


async def _epsv(client: BaseClient) -> tuple[str, int]:
    _, info = await client._ask("EPSV", "229")
    _, port = client.parse_epsv_response(info[-1])
    return client.server_host, port


async def _pasv(client: BaseClient) -> tuple[str, int]:
    _, info = await client._ask("PASV", "227")
    host, port = client.parse_pasv_response(info[-1])
    return (host if client.trust_server_pasv_ipv4_address else client.server_host), port


async def open_data_connection(
    client: BaseClient, kind: str, commands: Sequence[str]
) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """A data connection. Cancellation: nothing stays open."""
    host, port = await passive_port(client, kind, commands)
    async with asyncio.timeout(client.connection_timeout or None):
        return await client._open_connection(host, port)
