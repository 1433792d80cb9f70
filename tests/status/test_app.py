"""The page and its requests."""

from __future__ import annotations

import logging
from typing import Any

import anyio
import pytest

from anyftp.status._actions import ACTIONS
from status.asking import TOKEN, page_of
from status.served import server_of

pytestmark = pytest.mark.anyio


async def test_the_page_itself_holds_nothing_and_asks_nobody_else() -> None:
    async with page_of(server_of()) as page:
        for path, kind in (("/", "html"), ("/page.css", "css"), ("/page.js", "javascript")):
            answer = await page.ask(path, token=None)
            assert answer.status == 200
            assert kind in answer.headers["content-type"]
            assert answer.headers["cache-control"] == "no-store"
            assert "default-src 'none'" in answer.headers["content-security-policy"]
            assert answer.headers["x-content-type-options"] == "nosniff"
            text = answer.body.replace(b"http://www.w3.org/2000/svg", b"")
            assert b"//" not in text.replace(b"\n//", b"").replace(b"// ", b"")
            assert TOKEN.encode() not in text
            assert b"innerHTML" not in text


async def test_no_web_socket_and_no_other_method() -> None:
    async with page_of(server_of()) as page:
        upgrade = {
            "Connection": "Upgrade",
            "Upgrade": "websocket",
            "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
            "Sec-WebSocket-Version": "13",
        }
        assert (await page.ask("/state", headers=upgrade)).status == 403
        assert (await page.ask("/kick")).status == 405
        assert (await page.ask("/state", {})).status == 405
        assert (await page.ask("/", {}, token=None)).status == 401
        assert (await page.ask("/../_serve.py")).status == 404


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("/kick", {}),
        ("/kick", {"session": "1"}),
        ("/kick", {"session": True}),
        ("/kick", {"session": [1]}),
        ("/limit", {"of": "session", "session": 10**30, "read": 1}),
        ("/limit", {"of": "user", "session": None}),
        ("/lift", {"network": "2001:db8::/64"}),
    ],
)
async def test_what_is_not_there(path: str, value: Any) -> None:
    async with page_of(server_of()) as page, page.client():
        assert (await page.ask(path, {**value})).status == 404
        assert len(page.server.sessions) == 1


@pytest.mark.parametrize("action", sorted(ACTIONS))
async def test_who_goes_in_the_middle_of_a_request_is_no_fault(
    action: str, caplog: pytest.LogCaptureFixture
) -> None:
    async with page_of(server_of()) as page:
        head = f"POST /{action} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {TOKEN}\r\n"
        async with await anyio.connect_tcp("127.0.0.1", page.port) as stream:
            await stream.send(f"{head}Content-Length: 100\r\n\r\n{{".encode())
            await anyio.sleep(0.05)
        assert (await page.ask("/state")).status == 200
        await anyio.sleep(0.05)
    assert not [record for record in caplog.records if record.levelno >= logging.ERROR]
