"""Counting what happens."""

from __future__ import annotations

import logging

import pytest

from anyftp._fs import MemoryFileSystem
from anyftp._server._events._events import (
    CommandRefused,
    Connected,
    ConnectionRefused,
    FileRemoved,
    LoggedIn,
    LoginRefused,
    SessionInfo,
    TransferEnded,
)
from anyftp._server._events._statistics import Counters
from server.probe import logged_in, server_of

WHO = SessionInfo(1, "192.0.2.1")


def test_each_event_counts_where_it_belongs() -> None:
    counters = Counters()
    for event in (
        Connected(WHO),
        ConnectionRefused("192.0.2.1", "no"),
        LoggedIn(WHO),
        LoginRefused(WHO, "x", "no"),
        CommandRefused(WHO, "X", "", "500", "no"),
        TransferEnded(WHO, "STOR", "/f", "226", 10, 1.0),
        TransferEnded(WHO, "APPE", "/f", "426", 5, 1.0),
        TransferEnded(WHO, "RETR", "/f", "226", 100, 1.0),
        TransferEnded(WHO, "MLSD", "/f", "451", 50, 1.0),
        FileRemoved(WHO, "/f"),
    ):
        counters.count(event)
    statistics = counters.snapshot([("STOR", 1), ("LIST", 2), ("RETR", 4)], sessions=9)
    assert (statistics.sessions, statistics.transfers) == (9, 3)
    assert (statistics.connections, statistics.connections_refused) == (1, 1)
    assert (statistics.logins, statistics.logins_refused) == (1, 1)
    assert (statistics.commands, statistics.commands_refused) == (0, 1)
    assert (statistics.uploads, statistics.uploads_failed) == (1, 1)
    assert (statistics.downloads, statistics.downloads_failed) == (1, 1)
    assert (statistics.nbytes_received, statistics.nbytes_sent) == (16, 156)


@pytest.mark.anyio
async def test_a_server_s_own() -> None:
    tree = MemoryFileSystem()
    server = server_of(tree)
    async with logged_in(server) as probe:
        await probe.upload("STOR f", b"12345")
        async with await probe.open_data() as data:
            await probe.ask("STOR g")
            await data.write(b"123")
            await probe.ask("NOOP")
            while server.statistics().nbytes_received < 8:
                await probe.ask("NOOP")
            now = server.statistics()
        assert (await probe.reply())[:3] == "226"
    assert (now.sessions, now.transfers, now.logins, now.uploads) == (1, 1, 1, 1)
    assert now.commands >= 7
    assert server.statistics().nbytes_received == 8
    assert server.statistics().sessions == 0


@pytest.mark.anyio
async def test_a_transfer_whose_reply_is_not_sent_yet_counts_once() -> None:
    server = server_of(MemoryFileSystem())
    seen: list[int] = []

    class Asking(logging.Handler):
        """Asks at the very moment at which the transfer has been counted."""

        def emit(self, record: logging.LogRecord) -> None:
            if record.__dict__.get("ftp_event") == "TransferEnded":
                seen.append(server.statistics().nbytes_received)

    logger, handler = logging.getLogger("anyftp.server"), Asking()
    level = logger.level
    logger.addHandler(handler)
    logger.setLevel(logging.INFO)
    try:
        async with logged_in(server) as probe:
            await probe.upload("STOR f", b"12345")
    finally:
        logger.removeHandler(handler)
        logger.setLevel(level)
    assert seen == [5]
