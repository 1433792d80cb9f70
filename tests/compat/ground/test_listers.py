"""Listings that can be awaited as a whole or iterated."""

from __future__ import annotations

import pytest

from anyftp_compat._ground._listers import AbstractAsyncLister

pytestmark = pytest.mark.anyio


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


class Count(AbstractAsyncLister[int]):
    number = 0

    async def __anext__(self) -> int:
        if self.number == 3:
            raise StopAsyncIteration
        self.number += 1
        return self.number


async def test_awaited_and_iterated() -> None:
    assert await Count() == [1, 2, 3]
    assert [number async for number in Count(timeout=5)] == [1, 2, 3]
    assert Count(timeout=5).timeout == 5


async def test_the_rest_is_awaited() -> None:
    count = Count()
    assert await anext(count) == 1
    assert await count == [2, 3]
