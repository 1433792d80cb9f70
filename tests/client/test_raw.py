"""A session piece by piece: TLS after an AUTH of one's own."""

from __future__ import annotations

import ssl

import pytest

from anyftp._errors import RemoteProtocolError, TLSError
from client.peer import CONTENT, Peer

pytestmark = pytest.mark.anyio


async def test_tls_after_an_auth_of_ones_own(
    server_tls: ssl.SSLContext, client_tls: ssl.SSLContext
) -> None:
    peer = Peer(tls=server_tls)
    async with peer.client() as client:
        await client.send_command("AUTH TLS")
        assert (await client.receive_reply()).code == "234"
        await client.start_tls(client_tls)
        async with client.download_stream("f") as stream:
            assert await stream.read() == CONTENT
    assert peer.commands[:3] == ["AUTH TLS", "PBSZ 0", "PROT P"]


async def test_another_name_in_the_certificate(
    server_tls: ssl.SSLContext, client_tls: ssl.SSLContext
) -> None:
    async with Peer(tls=server_tls).client() as client:
        await client.send_command("AUTH TLS")
        await client.receive_reply()
        with pytest.raises(TLSError, match="verify"):
            await client.start_tls(client_tls, "ftp.example.net")
        assert not client.is_connected


async def test_clear_text_after_the_reply(client_tls: ssl.SSLContext) -> None:
    async with Peer(AUTH="234 go\r\n230 in already").client() as client:
        await client.send_command("AUTH TLS")
        await client.receive_reply()
        with pytest.raises(RemoteProtocolError, match="injects"):
            await client.start_tls(client_tls)
