"""How fast it is, and what a server does that cannot be measured."""

from __future__ import annotations

from pathlib import PurePosixPath
from types import SimpleNamespace
from typing import Any

import anyio
import pytest

from anyftp._cli._doctor import _rates
from anyftp._cli._doctor._findings import Finding
from anyftp._cli._doctor._patient import Patient, examine
from client.peer import Hangup, Peer, send_data

pytestmark = pytest.mark.anyio

FILE = PurePosixPath("/f")


def patient_of(limit_rate: int | None = None, **answers: Any) -> Any:
    """Somebody whose every connection is to a server of its own that follows a script."""
    remote = SimpleNamespace(
        connect=lambda: Peer(**answers).client(close_timeout=5),
        limit_rate=limit_rate,
        failure=lambda error: SimpleNamespace(message=type(error).__name__),
    )
    return Patient(remote, sample=FILE, sample_size=_rates.BLOCK)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("one", "four", "limit_rate", "state", "advice"),
    [
        (1e6, 1.6e6, None, "ok", ""),
        (1e6, 1.8e6, None, "note", "--segments 4, --jobs 4"),
        (1e6, 1.8e6, 500_000, "note", "--limit-rate holds it back"),
        (1e6, 1e6, 500_000, "note", "--limit-rate holds it back"),
        (0.0, 0.0, None, "ok", ""),
    ],
)
async def test_what_holds_one_back(
    one: float,
    four: float,
    limit_rate: int | None,
    state: str,
    advice: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def read(patient: Patient, path: PurePosixPath, count: int) -> float:
        assert path == FILE
        return {1: one, 4: four}[count]

    monkeypatch.setattr(_rates, "_read", read)
    (finding,) = await _rates.down(patient_of(limit_rate))
    assert (finding.about, finding.state) == ("rate down", state)
    assert advice in finding.advice
    assert bool(advice) == bool(finding.advice)


async def test_a_small_file_tells_nothing() -> None:
    patient = patient_of()
    patient.sample_size = _rates.BLOCK - 1
    (finding,) = await _rates.down(patient)
    assert finding.state == "skipped"


async def hang_up(peer: Peer, argument: str) -> None:
    raise Hangup


async def test_a_server_that_hangs_up_is_told_and_no_traceback() -> None:
    """Whether one reads or four do: what they raise is one error, and no group of them."""
    patient = patient_of(RETR=hang_up)
    assert await examine(patient, "rate down", _rates.down) == [
        Finding("rate down", "bad", "ConnectionLost")
    ]


async def test_being_broken_off_is_no_matter_of_the_rate(monkeypatch: pytest.MonkeyPatch) -> None:
    """A busy server may not answer in time when the time of measuring is over."""
    monkeypatch.setattr(_rates, "RATE_SECONDS", 0.05)

    async def send_without_end(peer: Peer, argument: str) -> None:
        await peer.say("150 here it comes")
        data = await peer.accept_data()
        while True:
            try:
                await data.send(bytes(1000))
            except anyio.BrokenResourceError:
                raise Hangup from None
            await anyio.sleep(0.001)

    (finding,) = await _rates.down(patient_of(RETR=send_without_end))
    assert finding.state in ("ok", "note")
    assert not finding.told.startswith("0 B/s")


async def test_fewer_connections_than_four_are_measured(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_rates, "RATE_SECONDS", 0.05)

    async def send_some(peer: Peer, argument: str) -> None:
        await anyio.sleep(0.001)
        await send_data(peer, bytes(1000))

    connected = 0

    def connect() -> Any:
        nonlocal connected
        connected += 1
        answers: dict[str, Any] = {} if connected <= 3 else {"USER": "530 too many of you"}
        return Peer(RETR=send_some, **answers).client()

    patient = patient_of()
    patient.remote.connect = connect
    (finding,) = await _rates.down(patient)
    assert connected == 5
    assert finding.state in ("ok", "note")


async def test_a_server_that_is_far_is_a_note(monkeypatch: pytest.MonkeyPatch) -> None:
    async def answer_late(peer: Peer, argument: str) -> None:
        await anyio.sleep(0.06)
        await peer.say("200 there")

    (finding,) = await _rates.round_trip(patient_of(NOOP=answer_late))
    assert finding.state == "note"
    assert "--jobs 4" in finding.advice


async def test_how_many_are_let_in() -> None:
    connected = 0

    def connect() -> Any:
        nonlocal connected
        connected += 1
        answers: dict[str, Any] = {} if connected <= 2 else {"USER": "530 too many of you"}
        return Peer(**answers).client()

    patient = patient_of()
    patient.remote.connect = connect
    (finding,) = await _rates.parallel(patient)
    assert (finding.state, finding.told.partition(",")[0]) == ("ok", "2")
    connected = 1
    (finding,) = await _rates.parallel(patient)
    assert (finding.state, finding.told.partition(",")[0]) == ("note", "1")
