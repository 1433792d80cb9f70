"""Several ways to the same thing, begun one after the other until the first arrives (RFC 8305)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Sequence
from itertools import chain, zip_longest
from typing import TypeVar

import anyio

#: How long an attempt runs alone before the next one begins beside it (RFC 8305, section 5).
STAGGER_SECONDS = 0.25

Thing = TypeVar("Thing")
Kind = TypeVar("Kind")


class NothingArrived(Exception):
    """All attempts failed.

    Attributes:
        failures: their errors, in the order of the attempts.
    """

    def __init__(self, failures: Sequence[OSError]) -> None:
        super().__init__("; ".join(str(failure) for failure in failures))
        self.failures = failures


async def first_to_arrive(
    attempts: Sequence[Callable[[], Awaitable[Thing]]], discard: Callable[[Thing], object]
) -> Thing:
    """Begin attempts in their order, the next as soon as one fails or takes long; give the first.

    All others are cancelled, and have ended, by the time this returns.

    Args:
        attempts: at least one; each gives the thing, or raises OSError.
        discard: what to do with one that arrives too late.

    Raises:
        NothingArrived: all have failed.

    Cancellation: safe; what had arrived is discarded.
    """
    arrived: list[Thing] = []
    failures: dict[int, OSError] = {}

    async def run(number: int, has_ended: anyio.Event) -> None:
        try:
            thing = await attempts[number]()
        except OSError as error:
            failures[number] = error
        else:
            if arrived:
                discard(thing)
            else:
                arrived.append(thing)
                tasks.cancel_scope.cancel()
        finally:
            has_ended.set()

    try:
        async with anyio.create_task_group() as tasks:
            for number in range(len(attempts)):
                has_ended = anyio.Event()
                tasks.start_soon(run, number, has_ended)
                with anyio.move_on_after(STAGGER_SECONDS):
                    await has_ended.wait()
    except BaseException:
        for thing in arrived:
            discard(thing)
        raise
    if arrived:
        return arrived[0]
    raise NothingArrived([failures[number] for number in sorted(failures)])


def in_turns(items: Iterable[Thing], kind: Callable[[Thing], Kind]) -> list[Thing]:
    """Take items of each kind in turns, the kind of the first one first (RFC 8305, section 4)."""
    by_kind: dict[Kind, list[Thing]] = {}
    for item in items:
        by_kind.setdefault(kind(item), []).append(item)
    rounds = zip_longest(*([[item] for item in same] for same in by_kind.values()), fillvalue=[])
    return list(chain.from_iterable(chain.from_iterable(rounds)))
