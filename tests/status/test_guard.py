"""Who may speak to the page."""

from __future__ import annotations

from typing import Any

import pytest

from anyftp.status import check_token, serve_status
from status.asking import TOKEN, page_of
from status.served import server_of

pytestmark = pytest.mark.anyio

#: A path, and what is sent there.
ASKED: tuple[tuple[str, Any], ...] = (
    ("/state", None),
    ("/kick", {"session": 1}),
    ("/limit", {"of": "server", "read": 5, "write": 5}),
    ("/connections", {"max_connections": 1, "max_connections_per_address": 1}),
    ("/lift", {"network": "192.0.2.1"}),
    ("/nothing-of-the-kind", None),
)


@pytest.mark.parametrize(("path", "value"), ASKED)
@pytest.mark.parametrize("token", [None, "", "a-token-of-26-characters-y", TOKEN[:-1], f"{TOKEN}x"])
async def test_nothing_without_the_token(path: str, value: Any, token: str | None) -> None:
    server = server_of()
    async with page_of(server) as page, page.client():
        answer = await page.ask(path, value, token=token)
        assert (answer.status, answer.body) == (401, b"Unauthorized\n")
        assert answer.headers["www-authenticate"] == "Bearer"
        assert (len(server.sessions), server.throttle.read.limit) == (1, None)
        assert server.max_connections == 200


@pytest.mark.parametrize(
    ("name", "status"),
    [
        ("evil.example", 421),
        ("evil.example:8021", 421),
        ("localhost.evil.example", 421),
        ("127.0.0.1.evil.example", 421),
        ("127.1", 421),
        ("", 421),
        ("[", 421),
        ("localhost", 200),
        ("LOCALHOST:8021", 200),
        ("127.0.0.1:1", 200),
        ("[::1]:8021", 200),
        ("[2001:db8::7]", 200),
        ("ftp.example.org", 200),
        ("FTP.example.org:443", 200),
    ],
)
async def test_a_name_that_somebody_else_may_point_here(name: str, status: int) -> None:
    """DNS rebinding: the attacker's own page would be of the same origin."""
    async with page_of(server_of(), names=["ftp.example.org"]) as page:
        for path in ("/", "/state"):
            assert (await page.ask(path, headers={"Host": name})).status == status


@pytest.mark.parametrize(("path", "value"), ASKED[1:5])
async def test_another_sites_request(path: str, value: Any) -> None:
    async with page_of(server_of()) as page, page.client():
        for origin in ("http://evil.example", "null", "http://127.0.0.1:1", f"https://{page.port}"):
            assert (await page.ask(path, value, headers={"Origin": origin})).status == 403
        own = f"http://127.0.0.1:{page.port}"
        assert (await page.ask(path, value, headers={"Origin": own})).status in (204, 404)


NO_TOKENS = ["", "short", "fifteen-charact", "has a blank within it", "ümlaut" * 5]


@pytest.mark.parametrize("token", NO_TOKENS)
async def test_what_is_no_token(token: str) -> None:
    with pytest.raises(ValueError, match="16 characters"):
        check_token(token)
    with pytest.raises(ValueError, match="16 characters"):
        await serve_status(server_of(), port=0, token=token)
