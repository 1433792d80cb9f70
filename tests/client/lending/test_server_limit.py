"""What is believed of a server's limit, and for how long; the clock is a number."""

from __future__ import annotations

import math

import pytest

from anyftp._client._lending._server_limit import ServerLimit
from anyftp._errors import ConnectionLost, FTPError, FTPTimeoutError, TLSError
from anyftp._protocol import reply_error


def refused(code: str, command: str = "PASS") -> FTPError:
    return reply_error(code, ("no",), expected=("2xx",), command=command)


def caused_by(error: FTPError) -> FTPError:
    lost = ConnectionLost("sent away")
    lost.__cause__ = error
    return lost


TOLD = [refused("421"), refused("430"), refused("530"), caused_by(refused("421"))]
SHOWN = [ConnectionLost("closed without a word"), FTPTimeoutError("greeting", 1.0)]
SHOWN += [
    refused(code, at) for at in ("greeting", "USER", "PASS") for code in ("425", "500", "550")
]


def test_nothing_is_known_at_first() -> None:
    limit = ServerLimit()
    assert limit.of(8, 0.0) == 8
    assert limit.seconds_believed(0.0) == math.inf
    assert limit.answer_for(0, 0.0) is None


@pytest.mark.parametrize("error", TOLD + SHOWN, ids=repr)
def test_a_refusal_shows_a_limit_which_is_grown_out_of_one_by_one(error: FTPError) -> None:
    limit = ServerLimit()
    assert limit.turned_away(3, error, 100.0)
    seconds = 60.0 if error in TOLD else 5.0
    for now in (100.0, 100.0 + seconds - 0.1):
        assert limit.of(8, now) == 3
        assert limit.seconds_believed(now) == pytest.approx(100.0 + seconds - now)
    now = 100.0 + seconds
    assert limit.seconds_believed(now) == math.inf
    for nopen in (4, 5, 6, 7, 8):
        assert limit.of(8, now) == nopen
        limit.let_in(nopen)
    assert limit.of(8, now) == 8


def test_who_is_let_in_below_the_limit_does_not_lift_it() -> None:
    limit = ServerLimit()
    limit.turned_away(3, refused("421"), 0.0)
    limit.let_in(2)
    assert limit.of(8, 1.0) == 3
    assert limit.of(2, 1.0) == 2


@pytest.mark.parametrize(
    "error", [refused("534", "AUTH"), TLSError("no"), refused("550", "TYPE")], ids=repr
)
def test_other_errors_say_nothing_about_numbers(error: FTPError) -> None:
    limit = ServerLimit()
    assert not limit.turned_away(3, error, 0.0)
    assert limit.of(8, 0.0) == 8


def test_who_came_before_an_attempt_has_its_answer() -> None:
    limit, error = ServerLimit(), ConnectionLost("down")
    limit.failed(error, 5, 10.0)
    assert limit.answer_for(4, 10.0) is error
    assert limit.answer_for(5, 10.0) is None


def test_refusals_in_a_row_are_believed_for_longer_and_longer() -> None:
    limit, error, now, tries = ServerLimit(), refused("530"), 0.0, 0
    while now < 3600:  # somebody who asks ten times a second for an hour
        if limit.answer_for(tries, now) is None:
            tries += 1
            limit.failed(error, tries, now)
        now += 0.1
    assert tries <= 2 + 6 + 60
    limit.let_in(1)
    assert limit.answer_for(tries, now) is None


def test_lost_connections_in_a_row_are_tried_each_time() -> None:
    limit = ServerLimit()
    for attempt in range(1, 10):
        limit.failed(ConnectionLost("down"), attempt, 1.0)
        assert limit.answer_for(attempt, 1.0) is None
