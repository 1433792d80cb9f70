"""The checks that users run on a `StreamIO` of their own: each of these is wrong in one way."""

from __future__ import annotations

from typing import Any

import pytest

from anyftp import StreamIO
from anyftp.testing import STREAM_IO_CHECKS, memory_stream_pair, run_check

pytestmark = pytest.mark.anyio


class Hasty(StreamIO):
    """Takes the first block for all."""

    async def read(self, count: int = -1) -> bytes:
        return await super().read(65536 if count < 0 else count)


class Bare(StreamIO):
    """Gives lines without their ends."""

    async def readline(self) -> bytes:
        return (await super().readline()).rstrip(b"\n")


class Short(StreamIO):
    """Gives what there is where exactly so much is asked for."""

    async def readexactly(self, count: int) -> bytes:
        return await self.read(count)


class Patient(StreamIO):
    """Takes lines of any length."""

    def __init__(self, stream: Any, **options: Any) -> None:
        super().__init__(stream, **options | {"max_line": 1 << 30})


class Lenient(StreamIO):
    """Writes after the end, to nobody."""

    async def write(self, data: Any) -> None:
        try:
            await super().write(data)
        except Exception:  # whatever it says
            return


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        (Hasty, "read_to_the_end"),
        (Bare, "lines"),
        (Short, "exact_reads"),
        (Patient, "longest_line"),
        (Lenient, "nothing_is_written_after_the_end"),
    ],
)
async def test_what_is_wrong_is_noticed_and_named(kind: type[StreamIO], name: str) -> None:
    async def make(**options: Any) -> tuple[StreamIO, StreamIO]:
        left, right = memory_stream_pair()
        return kind(left, **options), kind(right, **options)

    [check] = [each for each in STREAM_IO_CHECKS if each.__name__ == name]
    with pytest.raises(AssertionError) as caught:
        await run_check(check, make)
    said = [str(caught.value), *getattr(caught.value, "__notes__", ())]
    assert any(name in line for line in said), said
