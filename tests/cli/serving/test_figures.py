"""The figures of all workers: a sum in which counters only grow."""

from __future__ import annotations

from dataclasses import fields

from anyftp import ServerStatistics
from anyftp._cli._serving._figures import Figures

NAMES = [field.name for field in fields(ServerStatistics)]
GAUGES = ("sessions", "transfers")


def counted(value: int) -> ServerStatistics:
    return ServerStatistics(**dict.fromkeys(NAMES, value))


def test_all_workers_are_summed() -> None:
    figures = Figures(3)
    assert figures.statistics() == counted(0)
    for index, value in enumerate((1, 20, 300)):
        figures.write(index, counted(value))
    assert figures.statistics() == counted(321)
    figures.write(1, counted(21))
    assert figures.statistics() == counted(322)


def test_what_an_ended_worker_has_counted_stays_and_its_sessions_are_gone() -> None:
    figures = Figures(2)
    for _ in range(2):
        figures.write(0, counted(5))
        figures.bury(0)
    figures.write(0, counted(1))
    told = figures.statistics()
    for name in NAMES:
        assert getattr(told, name) == (1 if name in GAUGES else 11), name
