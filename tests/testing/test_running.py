"""How contract checks are run: what each outcome is, and that nothing stays open."""

from __future__ import annotations

from typing import Any

import anyio
import pytest

from anyftp.testing import MemoryStream, Skipped, memory_stream_pair, run_check
from anyftp.testing._running import MakePair, raises, run_checks

pytestmark = pytest.mark.anyio

Make = MakePair[MemoryStream]


async def pair(**options: Any) -> tuple[MemoryStream, MemoryStream]:
    return memory_stream_pair()


async def holds(make_pair: Make) -> None:
    """It holds."""
    await make_pair()


async def does_not_hold(make_pair: Make) -> None:
    """Two are three."""
    raise AssertionError("they are not")


async def breaks(make_pair: Make) -> None:
    """Nothing breaks."""
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(anyio.sleep, 1)
        raise KeyError("inside")


async def cannot_be_tried(make_pair: Make) -> None:
    """Of other streams."""
    raise Skipped("not here")


async def test_a_property_that_does_not_hold_is_named() -> None:
    with pytest.raises(AssertionError, match="they are not") as caught:
        await run_check(does_not_hold, pair)
    assert caught.value.__notes__ == ["property: does_not_hold: Two are three."]


async def test_whatever_is_raised_is_told_as_what_does_not_hold() -> None:
    with pytest.raises(AssertionError, match=r"breaks: KeyError\('inside'\): Nothing breaks\."):
        await run_check(breaks, pair)


async def test_what_cannot_be_tried_is_told_of_one_and_passed_over_among_many() -> None:
    with pytest.raises(Skipped):
        await run_check(cannot_be_tried, pair)
    await run_checks([cannot_be_tried, holds], pair, ())


async def test_the_names_to_skip_are_skipped() -> None:
    with pytest.raises(AssertionError):
        await run_checks([holds, does_not_hold], pair, ())
    await run_checks([holds, does_not_hold], pair, ("does_not_hold",))


@pytest.mark.parametrize("check", [holds, does_not_hold])
async def test_streams_are_closed_whatever_happens(check: Any) -> None:
    made: list[MemoryStream] = []

    async def make(**options: Any) -> tuple[MemoryStream, MemoryStream]:
        made.extend(memory_stream_pair())
        return made[-2], made[-1]

    async def with_streams(make_pair: Make) -> None:
        """As the check has it."""
        await make_pair()
        await check(make_pair)

    try:
        await run_check(with_streams, make)
    except AssertionError:
        assert check is does_not_hold
    assert made
    for stream in made:
        with pytest.raises(anyio.ClosedResourceError):
            await stream.receive()


def test_raises() -> None:
    with raises(KeyError, ValueError):
        raise ValueError
    with (
        pytest.raises(AssertionError, match="did not raise KeyError or ValueError"),
        raises(KeyError, ValueError),
    ):
        pass
    with (
        pytest.raises(AssertionError, match=r"raised OSError\(\) instead of KeyError"),
        raises(KeyError),
    ):
        raise OSError
