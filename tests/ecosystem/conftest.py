"""Servers of other programs, as in tests/interop."""

from __future__ import annotations

import pytest
from fsspec.asyn import get_loop

from interop.conftest import certificate as certificate
from interop.conftest import ftp_daemon as ftp_daemon


@pytest.fixture(scope="session", autouse=True)
def warm_fsspec(warm_backends: None) -> None:
    """The event loop that fsspec has for the life of the process is no leak of some test."""
    get_loop()
