"""The face of the server's events: each kind can be had from it, and is documented."""

from __future__ import annotations

from anyftp import _server, events


def subclasses(kind: type[object]) -> set[type[object]]:
    return {kind, *(below for each in kind.__subclasses__() for below in subclasses(each))}


def test_every_kind_of_event_can_be_had() -> None:
    kinds = {each for each in subclasses(_server.Event) if not each.__name__.startswith("_")}
    assert len(kinds) > 10
    assert {each.__name__ for each in kinds} <= set(vars(events))
    assert all(each.__doc__ for each in kinds)
