"""Many values, a portion at a time: all of them, in order, and others have their turn between."""

from __future__ import annotations

import threading
from types import SimpleNamespace
from typing import Any

import anyio
import pytest
from hypothesis import given
from hypothesis import strategies as st

from anyftp import Entry, ListingError
from anyftp._client._listing import _portions
from anyftp._client._listing._portions import Portions, TreeTooLarge, check_tree, worked_out
from anyftp._protocol import parse_mlsx_line
from support.backends import BY_NAME, run

pytestmark = pytest.mark.anyio


def entry_of(nbytes: int) -> Entry:
    """One whose line has so many bytes."""
    return parse_mlsx_line(" " + "n" * (nbytes - 1))


async def portions_of(values: Any) -> list[list[Any]]:
    return [portion async for portion in Portions(values)]


@pytest.mark.parametrize("backend", [name for name in BY_NAME if name != "uvloop"])
@given(count=st.integers(0, 1300))
def test_all_values_come_in_order_and_no_portion_is_large(backend: str, count: int) -> None:
    portions = run(portions_of, range(count), backend=backend)
    assert [value for portion in portions for value in portion] == list(range(count))
    assert all(portions)
    assert all(len(portion) == 500 for portion in portions[:-1])
    assert all(len(portion) <= 500 for portion in portions)


@given(st.lists(st.sampled_from([10, 1000, 40_000, 70_000]), max_size=30))
def test_long_lines_make_small_portions(sizes: list[int]) -> None:
    entries = [entry_of(nbytes) for nbytes in sizes]
    portions = run(portions_of, entries)
    assert [entry for portion in portions for entry in portion] == entries
    for portion in portions:
        assert sum(len(entry.line) for entry in portion[:-1]) < 65536


@pytest.mark.parametrize(("count", "nturns"), [(1001, 1), (2501, 4)])
async def test_others_have_a_turn_between_two_portions(count: int, nturns: int) -> None:
    """One each time, but that trio may have given the first one before."""
    turns = 0

    async def count_turns() -> None:
        nonlocal turns
        while True:
            turns += 1
            await anyio.lowlevel.checkpoint()

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(count_turns)
        await anyio.lowlevel.checkpoint()
        before = turns
        portions = await portions_of(range(count))
        assert turns - before >= nturns
        tasks.cancel_scope.cancel()
    assert sum(map(len, portions)) == count


async def test_cancelled_between_two_portions() -> None:
    seen = []
    with anyio.CancelScope() as scope:
        async for portion in Portions(range(2000)):
            seen += portion
            scope.cancel()
    assert seen == list(range(500))


async def test_few_values_are_worked_out_here_and_many_in_a_thread() -> None:
    assert await worked_out(2000, threading.get_ident) == threading.get_ident()
    assert await worked_out(2001, threading.get_ident) != threading.get_ident()


@pytest.mark.parametrize("limit", [0, 1, 250_000])
def test_a_tree_has_a_limit(limit: int) -> None:
    session: Any = SimpleNamespace(options=SimpleNamespace(max_tree_entries=limit))
    check_tree(session, limit)
    with pytest.raises(TreeTooLarge, match=rf"more than {limit} entries \(max_tree_entries\)"):
        check_tree(session, limit + 1)
    assert issubclass(TreeTooLarge, ListingError)


def test_a_portion_is_a_few_milliseconds_of_work() -> None:
    assert _portions._PORTION * 130 <= _portions._PORTION_BYTES
