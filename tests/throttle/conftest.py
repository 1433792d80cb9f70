"""The subject of these tests is time: clocks that jump."""

from __future__ import annotations

import pytest

from support.clocks import VIRTUAL_BACKENDS, Backend


@pytest.fixture(params=VIRTUAL_BACKENDS)
def anyio_backend(request: pytest.FixtureRequest) -> Backend:
    backend: Backend = request.param
    return backend
