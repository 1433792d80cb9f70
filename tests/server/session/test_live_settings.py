"""Settings that change while sessions are there."""

from __future__ import annotations

import pytest

from anyftp._server._session._live_settings import LiveSettings
from anyftp._server._session._session import ServerOptions
from server.probe import Probe, logged_in, server_of, serving

pytestmark = pytest.mark.anyio


async def test_sessions_that_are_there_stay_and_see_the_change() -> None:
    server = server_of()
    async with logged_in(server) as probe:
        assert (await probe.ask("XMD5 f"))[:3] == "500"
        server.change(
            welcome="anew", passive_host="203.0.113.9", extensions=["XMD5"], max_connections=1
        )
        assert (await probe.ask("XMD5 f"))[:3] == "550"
        assert "(203,0,113,9," in await probe.ask("PASV")
        async with await Probe.connect(probe.address) as other:
            assert (await other.reply())[:3] == "421"
        server.change(max_connections=2)
        async with await Probe.connect(probe.address) as other:
            assert await other.reply() == "220 anew"


async def test_a_proxy_that_is_trusted_from_now_on() -> None:
    server = server_of()
    async with serving(server) as address:
        server.change(proxy_protocol=["127.0.0.0/8"])
        async with await Probe.connect(address) as probe:
            await probe.send("PROXY TCP4 192.0.2.7 192.0.2.1 1 2")
            await probe.log_in()
            assert server.sessions[0].peer_host == "192.0.2.7"


@pytest.mark.parametrize(
    "settings",
    [
        {"require_tls": True},
        {"max_connections": 0},
        {"passive_host": "nonsense"},
        {"proxy_protocol": ["nonsense"]},
        {"extensions": ["NONSENSE"]},
    ],
)
async def test_what_makes_no_sense_changes_nothing(settings: LiveSettings) -> None:
    server = server_of()
    with pytest.raises(ValueError, match=r"."):
        server.change(welcome="anew", **settings)  # type: ignore[misc]  # none is a welcome
    async with serving(server) as address, await Probe.connect(address) as probe:
        assert await probe.reply() == "220 anyftp ready."


def test_what_cannot_change() -> None:
    with pytest.raises(TypeError, match="implicit_tls, users"):
        server_of().change(implicit_tls=True, users=[])  # type: ignore[call-arg]  # that is it


def test_each_setting_is_one_of_the_options() -> None:
    elsewhere = {"passive_host", "proxy_protocol", "extensions", "hide"}
    assert (
        LiveSettings.__annotations__.keys() - elsewhere <= ServerOptions.__dataclass_fields__.keys()
    )
