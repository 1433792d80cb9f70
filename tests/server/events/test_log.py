"""Events as log records; SECURITY row P13."""

from __future__ import annotations

import logging

import pytest

from anyftp._server._events._events import (
    CommandRefused,
    Connected,
    ConnectionRefused,
    Disconnected,
    Event,
    EventsDropped,
    FileRemoved,
    LoggedIn,
    LoginRefused,
    Renamed,
    SessionInfo,
    TransferEnded,
    TransferStarted,
)
from anyftp._server._events._log import attributes, describe, log_event

WHO = SessionInfo(7, "192.0.2.1", "bob")
NOBODY = SessionInfo(8, "192.0.2.2")


@pytest.mark.parametrize(
    ("event", "line"),
    [
        (ConnectionRefused("192.0.2.3", "Too many."), "refused 192.0.2.3: Too many."),
        (Connected(NOBODY), "-@192.0.2.2: connected"),
        (LoggedIn(WHO), "bob@192.0.2.1: logged in"),
        (LoginRefused(NOBODY, "eve", "wrong"), "-@192.0.2.2: login of 'eve' refused: wrong"),
        (TransferStarted(WHO, "RETR", "/f"), "bob@192.0.2.1: RETR '/f' begins"),
        (
            TransferEnded(WHO, "RETR", "/f", "226", 2048, 0.5),
            "bob@192.0.2.1: RETR '/f': 226, 2048 bytes in 0.500 s (4 KiB/s)",
        ),
        (FileRemoved(WHO, "/a b"), "bob@192.0.2.1: file removed: '/a b'"),
        (Renamed(WHO, "/a", "/b"), "bob@192.0.2.1: renamed '/a' to '/b'"),
        (CommandRefused(WHO, "CWD", "x", "550", "No."), "bob@192.0.2.1: CWD 'x': 550 No."),
        (Disconnected(WHO, "left", 2.0), "bob@192.0.2.1: gone after 2.0 s: left"),
        (EventsDropped(3), "EventsDropped"),
    ],
)
def test_one_line_an_event(event: Event, line: str) -> None:
    assert describe(event) == line


HOSTILE = "a\r\nb\x1b[2J\udcff\u202e"


@pytest.mark.parametrize(
    "event",
    [
        LoginRefused(NOBODY, HOSTILE, "wrong"),
        LoggedIn(SessionInfo(1, "192.0.2.1", HOSTILE)),
        CommandRefused(WHO, HOSTILE, HOSTILE, "500", HOSTILE),
        Renamed(WHO, HOSTILE, HOSTILE),
        FileRemoved(WHO, HOSTILE),
    ],
)
def test_p13_no_client_forges_a_line(event: Event) -> None:
    assert describe(event).isprintable()
    texts = [value for value in attributes(event).values() if isinstance(value, str)]
    assert all(text.isprintable() for text in texts)


def test_the_record_has_the_fields(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "anyftp.server")
    log_event(TransferEnded(WHO, "STOR", "/f", "226", 10, 0.5))
    log_event(TransferStarted(WHO, "STOR", "/f"))
    log_event(LoginRefused(NOBODY, "eve", "wrong"))
    ended, refused = caplog.records
    assert ended.levelname == "INFO"
    fields = {key: value for key, value in vars(ended).items() if key.startswith("ftp_")}
    fields.pop("ftp_at")
    assert fields == {
        "ftp_event": "TransferEnded",
        "ftp_session": 7,
        "ftp_peer_host": "192.0.2.1",
        "ftp_user": "bob",
        "ftp_verb": "STOR",
        "ftp_path": "/f",
        "ftp_code": "226",
        "ftp_nbytes": 10,
        "ftp_seconds": 0.5,
        "ftp_seconds_throttle": 0.0,
        "ftp_seconds_network": 0.0,
        "ftp_seconds_disk": 0.0,
    }
    assert refused.levelname == "WARNING"
