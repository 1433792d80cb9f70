"""What the page's requests tell and do, and to whom."""

from __future__ import annotations

import socket
from typing import Any

import anyio
import pytest
from anyio import to_thread

from anyftp import BanPolicy, ConnectionLost, FTPError, Server, User
from anyftp.status import check_token, serve_status
from status.asking import PATIENCE, TOKEN, Page, page_of, user

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


def server_of(*users: User, **options: Any) -> Server:
    options = {"login_delay": 0.0, **options}
    return Server(list(users) or [user("alice")], **options)


async def state(page: Page) -> Any:
    answer = await page.ask("/state")
    assert answer.status == 200
    return answer.value


async def told(page: Page, wanted: Any, *keys: Any) -> None:
    """Wait until a part of the state is as wanted."""
    with anyio.fail_after(PATIENCE):
        while True:
            found = await state(page)
            for key in keys:
                found = found[key] if not isinstance(found, list) or len(found) > key else None
            if found == wanted:
                return
            await anyio.sleep(0.01)


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


async def test_who_is_there_and_what_they_do() -> None:
    server = server_of(user("alice"), user("<b>\u202ebob"))
    async with page_of(server) as page, page.client() as alice, page.client("<b>\u202ebob") as bob:
        await bob.make_directory("<i>\u202ex")
        await bob.change_directory("<i>\u202ex")
        async with alice.upload_stream("<img src=x onerror=alert(1)>") as stream:
            await stream.write(b"1234")
            await told(page, 4, "sessions", 0, "transfer", "nbytes")
            found = await state(page)
            moving, idle = found["sessions"]
            assert moving["transfer"]["path"] == "/<img src=x onerror=alert(1)>"
            assert moving["transfer"]["verb"] == "STOR"
            assert (moving["user"], moving["host"], moving["tls"]) == ("alice", "127.0.0.1", False)
            assert (idle["user"], idle["transfer"]) == ("<b>\\u202ebob", None)
            assert idle["folder"] == "/<i>\\u202ex"
            assert [row["user"] for row in found["users"]] == ["<b>\\u202ebob", "alice"]
            assert found["statistics"]["sessions"] == 2
            assert found["statistics"]["nbytes_received"] == 4


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


NO_TOKENS = ["", "short", "fifteen-charact", "has a blank within it", "ümlaut" * 5]


@pytest.mark.parametrize("token", NO_TOKENS)
async def test_what_is_no_token(token: str) -> None:
    with pytest.raises(ValueError, match="16 characters"):
        check_token(token)
    with pytest.raises(ValueError, match="16 characters"):
        await serve_status(server_of(), port=0, token=token)


async def test_a_port_in_use() -> None:
    with socket.create_server(("127.0.0.1", 0)) as sock, pytest.raises(OSError, match="in use"):
        await serve_status(server_of(), port=sock.getsockname()[1])
