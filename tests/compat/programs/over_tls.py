"""TLS on every connection: a certificate of one's own, one that nobody trusts, sessions by hand."""

# mypy: ignore-errors

from __future__ import annotations

import asyncio
import pathlib
import ssl
from typing import Any

import aioftp
import trustme


class Careful(aioftp.Client):
    """Wants to know that each connection is protected."""

    versions: list[str]

    async def _open_connection(self, host: str, port: int) -> Any:
        reader, writer = await super()._open_connection(host, port)
        found = writer.get_extra_info("ssl_object")
        self.versions.append(found.version() if found is not None else "clear")
        return reader, writer


async def main(root: pathlib.Path) -> list[object]:
    """Transfers over TLS, and the ways in which it fails."""
    authority, stranger = trustme.CA(), trustme.CA()
    for_server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost", "127.0.0.1").configure_cert(for_server)
    trusting, doubting = ssl.create_default_context(), ssl.create_default_context()
    authority.configure_trust(trusting)
    stranger.configure_trust(doubting)
    (root / "file").write_bytes(b"0123456789" * 50_000)
    server = aioftp.Server([aioftp.User("ann", "x", base_path=root)], ssl=for_server)
    await server.start("127.0.0.1", 0)
    told: list[object] = []
    async with aioftp.Client.context(
        "127.0.0.1", server.server_port, "ann", "x", ssl=trusting, socket_timeout=5
    ) as client:
        told.append(type(client.stream.writer.get_extra_info("ssl_object")).__name__)
        async with client.download_stream("file", offset=499_990) as stream:
            told.append(await stream.read())
        await client.upload(root / "file", "copy", write_into=True)
        told.append((root / "copy").read_bytes() == (root / "file").read_bytes())
        told.append(sorted(str(path) for path, _ in await client.list()))
        await client.remove("copy")
    asyncio.get_running_loop().set_exception_handler(lambda loop, context: None)
    for context in (doubting, True, None):
        other = aioftp.Client(ssl=context, connection_timeout=9, socket_timeout=0.5)
        try:
            await other.connect("127.0.0.1", server.server_port)
            told.append("connected")
        except ssl.SSLCertVerificationError as error:
            told.append(error.verify_code)
        except TimeoutError:
            told.append("nothing came")
        other.close()
    careful = Careful(ssl=trusting, socket_timeout=5)
    careful.versions = []
    await careful.connect("127.0.0.1", server.server_port)
    await careful.login("ann", "x")
    told.append(len(await careful.list()))
    told.append((len(careful.versions), "clear" in careful.versions[1:]))
    await careful.quit()
    bound = aioftp.SSLSessionBoundContext(ssl.PROTOCOL_TLS_CLIENT, trusting, session=None)  # type: ignore[arg-type]
    told.append((bound.context is trusting, bound.session, isinstance(bound, ssl.SSLContext)))
    await server.close()
    return told
