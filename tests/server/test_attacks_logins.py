"""Attacks on the login, on virtual clocks; SECURITY rows A1, P9."""

from __future__ import annotations

import anyio
import pytest

from server.probe import conversing, server_of
from support.clocks import VIRTUAL_BACKENDS, Backend

pytestmark = pytest.mark.anyio


@pytest.fixture(params=VIRTUAL_BACKENDS)
def anyio_backend(request: pytest.FixtureRequest) -> Backend:
    backend: Backend = request.param
    return backend


async def test_a1_each_guess_takes_twice_as_long_over_connections_and_a_login_pardons_none() -> (
    None
):
    server = server_of(login_delay=1.0)
    seconds = []
    for _ in range(4):
        async with conversing(server) as probe:
            await probe.reply()
            await probe.ask("USER eve")
            began = anyio.current_time()
            assert (await probe.ask("PASS guess"))[:3] == "530"
            seconds.append(anyio.current_time() - began)
            await probe.log_in_again("bob")
    assert seconds == pytest.approx([1, 2, 4, 8])


async def test_p9_who_says_nothing_before_the_login_is_told_421_after_a_minute() -> None:
    async with conversing(server_of()) as probe:
        await probe.reply()
        began = anyio.current_time()
        assert await probe.reply() == "421 The login took too long."
        assert anyio.current_time() - began == pytest.approx(60)
        assert await probe.is_closed()


async def test_p9_who_says_nothing_after_the_login_is_told_421_after_five_minutes() -> None:
    async with conversing(server_of()) as probe:
        await probe.log_in()
        await anyio.sleep(299)
        assert (await probe.ask("NOOP"))[:3] == "200"
        began = anyio.current_time()
        assert await probe.reply() == "421 You were idle too long."
        assert anyio.current_time() - began == pytest.approx(300)
        assert await probe.is_closed()


async def test_p9_chatter_does_not_prolong_the_login() -> None:
    async with conversing(server_of()) as probe:
        await probe.reply()
        began = anyio.current_time()
        for _ in range(9):
            assert (await probe.ask("NOOP"))[:3] == "200"
            await anyio.sleep(6)
        assert await probe.reply() == "421 The login took too long."
        assert anyio.current_time() - began == pytest.approx(60)


# A2: who exists.


REFUSALS = ["bob", "nobody", "eve", "bob ", "BOB", "root", "x" * 5000, "\udcff"]


async def test_a2_all_who_are_refused_are_told_the_same() -> None:
    told = set()
    for name in REFUSALS:
        async with conversing(server_of()) as probe:
            await probe.reply()
            wire = name.encode("utf-8", "surrogateescape")
            began = anyio.current_time()
            told.add((await probe.ask(b"USER " + wire), await probe.ask("PASS wrong")))
            assert anyio.current_time() == pytest.approx(began)
    assert told == {("331 Send password.", "530 Login incorrect.")}


async def test_a2_the_delay_tells_nothing_either() -> None:
    seconds = []
    for name in ("bob", "nobody"):
        async with conversing(server_of(login_delay=1.0)) as probe:
            await probe.reply()
            began = anyio.current_time()
            await probe.codes(f"USER {name}", "PASS wrong")
            seconds.append(anyio.current_time() - began)
    assert seconds == pytest.approx([1.0, 1.0])
