"""What can be done from the page."""

from __future__ import annotations

import pytest

from anyftp import BanPolicy, ConnectionLost, FTPError
from status.asking import page_of
from status.served import server_of, state, told

pytestmark = pytest.mark.anyio


async def test_kick() -> None:
    server = server_of()
    async with page_of(server) as page, page.client() as client:
        (session,) = server.sessions
        assert (await page.ask("/kick", {"session": session.number})).status == 204
        with pytest.raises(ConnectionLost, match="disconnected by the operator"):
            await client.noop()
        await told(page, [], "sessions")
        assert (await page.ask("/kick", {"session": session.number})).status == 404


async def test_limits_hold_at_once() -> None:
    server = server_of()
    async with page_of(server) as page, page.client():
        (session,) = server.sessions
        here = {"session": session.number}
        for body, throttle in (
            ({"of": "server"}, server.throttle),
            ({"of": "each"}, server.throttle_per_connection),
            ({"of": "session", **here}, session.throttle),
            ({"of": "user", **here}, server.user_throttle("alice")),
        ):
            assert throttle is not None
            answer = await page.ask("/limit", {**body, "read": 1024, "write": 2048.5})
            assert (answer.status, answer.body) == (204, b"")
            assert (throttle.read.limit, throttle.write.limit) == (1024, 2048.5)
        found = await state(page)
        wanted = {"read": 1024, "write": 2048.5}
        assert found["limits"]["server"] == found["limits"]["each"] == wanted
        assert found["sessions"][0]["limits"] == found["users"][0]["limits"] == wanted
        assert (await page.ask("/limit", {"of": "server", "read": None})).status == 204
        assert (server.throttle.read.limit, server.throttle.write.limit) == (None, None)


async def test_how_many_may_come() -> None:
    server = server_of()
    async with page_of(server) as page, page.client():
        body = {"max_connections": 3, "max_connections_per_address": 1}
        assert (await page.ask("/connections", body)).status == 204
        assert (await state(page))["limits"].items() >= body.items()
        with pytest.raises(FTPError, match="Too many connections from your address"):
            async with page.client():
                pass
        await told(page, "Too many connections from your address.", "refusals", 0, "reason")


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/kick", b""),
        ("/kick", b"[]"),
        ("/kick", b"\xff"),
        ("/kick", b"[" * 4000),
        ("/kick", b'{"session": 1}' + b" " * 5000),
        ("/kick", b" " * 1_000_000),
        ("/limit", b'{"of": "server", "read": 0}'),
        ("/limit", b'{"of": "server", "read": -1}'),
        ("/limit", b'{"of": "server", "read": true}'),
        ("/limit", b'{"of": "server", "read": "5"}'),
        ("/limit", b'{"of": "server", "read": NaN}'),
        ("/limit", b'{"of": "server", "read": Infinity}'),
        ("/limit", b'{"of": "server", "read": 1e999}'),
        ("/limit", b'{"of": "server", "read": 5, "write": 0}'),
        ("/limit", b'{"of": "server", "read": 1' + b"0" * 400 + b"}"),
        ("/limit", b'{"of": "nobody"}'),
        ("/limit", b'{"of": ["server"]}'),
        ("/connections", b'{"max_connections": 1}'),
        ("/connections", b'{"max_connections": 1.5, "max_connections_per_address": 1}'),
        ("/connections", b'{"max_connections": 0, "max_connections_per_address": 1}'),
        ("/lift", b'{"network": 5}'),
    ],
)
async def test_what_makes_no_sense_changes_nothing(path: str, body: bytes) -> None:
    async with page_of(server_of()) as page, page.client():
        answer = await page.ask(path, body=body)
        assert answer.status == 400
        assert len(answer.body) < 400
        assert len(page.server.sessions) == 1
        assert page.server.throttle.read.limit is None
        assert page.server.max_connections == 200


async def test_bans_and_refusals() -> None:
    server = server_of(ban=BanPolicy(failures=2, within=60.0, seconds=100.0))
    async with page_of(server) as page:
        for name in ("<script>", "mallory"):
            with pytest.raises(FTPError):
                async with page.client(name):
                    pass
        with pytest.raises(FTPError, match="banned"):
            async with page.client():
                pass
        await told(page, "Your address is banned for a while.", "refusals", 0, "reason")
        found = await state(page)
        assert [row["user"] for row in found["refusals"]] == [None, "mallory", "<script>"]
        (ban,) = found["bans"]
        assert ban["network"] == "127.0.0.1"
        assert 90 < ban["seconds"] <= 100
        assert (await page.ask("/lift", {"network": "127.0.0.1"})).status == 204
        assert (await page.ask("/lift", {"network": "127.0.0.1"})).status == 404
        async with page.client():
            assert (await state(page))["bans"] == []
