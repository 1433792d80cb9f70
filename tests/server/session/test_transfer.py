"""A transfer under way."""

from __future__ import annotations

import anyio
import pytest

from anyftp._server._session._transfer import Transfer
from support.clocks import VIRTUAL_BACKENDS, Backend

pytestmark = pytest.mark.anyio


@pytest.fixture(params=VIRTUAL_BACKENDS)
def anyio_backend(request: pytest.FixtureRequest) -> Backend:
    backend: Backend = request.param
    return backend


async def test_its_rate_is_counted_from_its_announcement() -> None:
    transfer = Transfer("RETR", "f", "/f", anyio.CancelScope())
    await anyio.sleep(5)
    assert (transfer.seconds, transfer.bytes_per_second) == (0.0, 0.0)
    transfer.began = anyio.current_time()
    assert transfer.bytes_per_second == 0.0
    transfer.stats.nbytes = 100
    await anyio.sleep(4)
    assert (transfer.seconds, transfer.bytes_per_second) == (4.0, 25.0)


@pytest.mark.parametrize("is_over", [False, True])
async def test_what_is_over_is_not_broken_off(is_over: bool) -> None:
    transfer = Transfer("RETR", "f", "/f", anyio.CancelScope(), is_over=is_over)
    transfer.abort()
    assert transfer.scope.cancel_called is not is_over
