"""USER, PASS, ACCT, REIN, QUIT, HOST; SECURITY rows A1, A2."""

from __future__ import annotations

import anyio
import pytest

from anyftp._fs import MemoryFileSystem
from anyftp._server import Server, User, UserManager
from server.probe import Probe, conversing, logged_in, server_of, serving
from support.clocks import VIRTUAL_BACKENDS
from support.patient_clocks import patient

pytestmark = pytest.mark.anyio


async def test_a_login() -> None:
    async with serving(server_of()) as address, await Probe.connect(address) as probe:
        assert (await probe.reply())[:3] == "220"
        assert await probe.codes("USER bob", "PASS secret", "PWD") == ["331", "230", "257"]


async def test_nothing_without_a_login() -> None:
    async with serving(server_of()) as address, await Probe.connect(address) as probe:
        await probe.reply()
        for line in ("PWD", "LIST", "RETR x", "EPSV", "CWD /", "SITE HELP", "STAT /", "TYPE I"):
            assert (await probe.ask(line))[:3] == "530"
        for line in ("FEAT", "SYST", "NOOP", "HELP", "OPTS UTF8 ON", "STAT"):
            assert (await probe.ask(line))[0] == "2"


async def test_order() -> None:
    async with serving(server_of()) as address, await Probe.connect(address) as probe:
        await probe.reply()
        assert await probe.codes("PASS secret", "ACCT x", "HOST ftp.example.org") == [
            "503",
            "503",
            "220",
        ]
        await probe.log_in_again()
        assert await probe.codes("PASS secret", "ACCT x", "HOST x") == ["503", "202", "503"]


async def test_a2_unknown_users_are_answered_like_known_ones() -> None:
    answers = []
    for name in ("bob", "mallory"):
        async with serving(server_of()) as address, await Probe.connect(address) as probe:
            await probe.reply()
            answers.append([await probe.ask(f"USER {name}"), await probe.ask("PASS wrong")])
    assert answers[0] == answers[1]
    assert answers[0][1].startswith("530")


async def test_a1_three_wrong_passwords_end_the_session() -> None:
    async with serving(server_of()) as address, await Probe.connect(address) as probe:
        await probe.reply()
        codes = await probe.codes(*["USER bob", "PASS wrong"] * 3)
        assert codes == ["331", "530", "331", "530", "331", "421"]
        assert await probe.is_closed()


async def test_rein_forgets_everything() -> None:
    async with logged_in() as probe:
        await probe.codes("MKD /d", "CWD /d", "REST 5")
        assert (await probe.ask("REIN"))[:3] == "220"
        assert (await probe.ask("PWD"))[:3] == "530"
        await probe.log_in_again()
        assert '"/"' in await probe.ask("PWD")


async def test_user_again_logs_out() -> None:
    async with logged_in() as probe:
        assert await probe.codes("USER eve", "PWD", "PASS secret") == ["331", "530", "230"]
        assert (await probe.ask("MKD x"))[:3] == "550"


class Leaving(UserManager):
    """Lets in everybody, and is told who has gone."""

    def __init__(self) -> None:
        self.gone: list[str | None] = []

    async def authenticate(self, name: str, password: str, host: str) -> User | None:
        return User(name, file_system=MemoryFileSystem())

    def logout(self, user: User) -> None:
        self.gone.append(user.name)


@pytest.mark.parametrize("way", ["QUIT", "REIN", "USER eve", "lost", "kicked", "cancelled"])
async def test_each_login_ends_once(way: str) -> None:
    users = Leaving()
    server = Server(users)
    async with serving(server) as address, await Probe.connect(address) as probe:
        await probe.log_in()
        assert users.gone == []
        if way == "lost":
            probe.stream.close()
        elif way == "kicked":
            server.sessions[0].kick()
        elif way != "cancelled":
            await probe.send(way)
        with anyio.fail_after(10):
            while way != "cancelled" and not users.gone:
                await anyio.sleep(0.01)
        assert users.gone == ([] if way == "cancelled" else ["bob"])
    assert users.gone == ["bob"]


async def test_quit() -> None:
    async with logged_in() as probe:
        assert (await probe.ask("QUIT"))[:3] == "221"
        assert await probe.is_closed()


async def test_connections_of_one_user() -> None:
    user = User("bob", "secret", file_system=MemoryFileSystem(), max_connections=1)
    async with serving(Server([user])) as address:
        async with await Probe.connect(address) as first, await Probe.connect(address) as second:
            await first.log_in()
            await second.reply()
            assert await second.codes("USER bob", "PASS secret") == ["331", "421"]
            assert await second.is_closed()
            await first.ask("QUIT")
            assert await first.is_closed()
        async with await Probe.connect(address) as third:
            await third.log_in()


async def test_home_is_where_one_begins() -> None:
    tree = MemoryFileSystem()
    tree.put("/home/bob/f", b"x")
    server = Server([User("bob", "secret", file_system=tree, home="/home/bob")])
    async with logged_in(server) as probe:
        assert '"/home/bob"' in await probe.ask("PWD")
        assert (await probe.ask("CWD /"))[:3] == "250"
        for way in ("CWD", "CWD ~"):
            assert '"/home/bob"' in await probe.ask(way)


@patient
async def test_a3_a_user_manager_that_hangs() -> None:
    class Hanging(UserManager):
        async def authenticate(self, name: str, password: str, host: str) -> User | None:
            await anyio.sleep_forever()
            raise AssertionError

    async with (
        serving(Server(Hanging(), login_timeout=0.2)) as address,
        await Probe.connect(address) as probe,
    ):
        await probe.reply()
        assert await probe.codes("USER bob", "PASS secret") == ["331", "421"]
        assert await probe.is_closed()


@pytest.mark.parametrize("name", ["ftp.example.org", "192.0.2.7", "[::1]"])
async def test_host(name: str) -> None:
    async with logged_in() as probe:
        assert await probe.codes("REIN", f"HOST {name}", "USER bob") == ["220", "220", "331"]


@pytest.mark.parametrize("name", ["a b", "ftp.example.org:21", "::1", "[x]", "a" * 300, "\u00fc"])
async def test_host_with_what_is_none(name: str) -> None:
    async with logged_in() as probe:
        assert await probe.codes("REIN", f"HOST {name}") == ["220", "501"]


@pytest.mark.parametrize("anyio_backend", VIRTUAL_BACKENDS)
async def test_a_second_login_has_its_time_too() -> None:
    async with conversing(server_of(idle_timeout=1000)) as probe:
        await probe.log_in()
        await anyio.sleep(500)
        assert (await probe.ask("REIN"))[:3] == "220"
        await anyio.sleep(50)
        await probe.log_in_again()
        await anyio.sleep(500)
        assert (await probe.ask("REIN"))[:3] == "220"
        began = anyio.current_time()
        assert (await probe.reply())[:3] == "421"
        assert anyio.current_time() - began == pytest.approx(60)
