"""The subject of these tests is time: clocks that jump, and no debug mode."""

from __future__ import annotations

import pytest

from support.clocks import QUICK_BACKENDS, Backend


@pytest.fixture(params=QUICK_BACKENDS)
def anyio_backend(request: pytest.FixtureRequest) -> Backend:
    backend: Backend = request.param
    return backend
