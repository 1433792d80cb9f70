"""The page over HTTP."""

from __future__ import annotations

import socket

import anyio
import pytest
from anyio import to_thread

from anyftp.status import serve_status
from status.asking import PATIENCE, page_of
from status.served import server_of

pytestmark = pytest.mark.anyio


async def test_a_client_that_sends_half_a_request_costs_nobody_anything() -> None:
    async with page_of(server_of()) as page:
        sockets = [socket.create_connection(("127.0.0.1", page.port)) for _ in range(50)]
        try:
            for number, sock in enumerate(sockets):
                sock.sendall(b"GET /state HTTP/1.1\r\nHost: localhost\r\nX: "[: 1 + number])
            assert (await page.ask("/state")).status == 200
        finally:
            for sock in sockets:
                sock.close()


async def test_a_head_that_has_no_end_is_refused() -> None:
    async with page_of(server_of()) as page:

        def flood() -> int:
            with socket.create_connection(("127.0.0.1", page.port), timeout=PATIENCE) as sock:
                sent = 0
                try:
                    sock.sendall(b"GET / HTTP/1.1\r\nX: ")
                    while sent < 50_000_000:
                        sent += sock.send(b"x" * 65536)
                except OSError:
                    pass
                return sent

        assert await to_thread.run_sync(flood) < 50_000_000
        assert (await page.ask("/state")).status == 200


async def test_it_ends_with_connections_open() -> None:
    with anyio.fail_after(PATIENCE):
        async with page_of(server_of()) as page:
            sock = socket.create_connection(("127.0.0.1", page.port), timeout=PATIENCE)
            sock.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
            assert await to_thread.run_sync(sock.recv, 100)
    while sock.recv(65536):
        pass
    sock.close()
    with pytest.raises(OSError, match="refused"):
        socket.create_connection(("127.0.0.1", page.port))


async def test_a_new_token_each_time() -> None:
    async with page_of(server_of(), token=None) as one, page_of(server_of(), token=None) as other:
        tokens = [url.partition("/#")[2] for url in (one.url, other.url)]
        assert tokens[0] != tokens[1]
        assert min(map(len, tokens)) >= 40
        assert (await one.ask("/state", token=tokens[0])).status == 200
        assert (await one.ask("/state", token=tokens[1])).status == 401


async def test_a_port_in_use() -> None:
    with socket.create_server(("127.0.0.1", 0)) as sock, pytest.raises(OSError, match="in use"):
        await serve_status(server_of(), port=sock.getsockname()[1])
