"""Servers of other programs, as in tests/interop."""

from __future__ import annotations

import gc
from collections.abc import Iterator

import pytest
from fsspec.asyn import get_loop

from interop.conftest import certificate as certificate
from interop.conftest import ftp_daemon as ftp_daemon


@pytest.fixture(scope="session", autouse=True)
def warm_fsspec(warm_backends: None) -> None:
    """The event loop that fsspec has for the life of the process is no leak of some test."""
    get_loop()


@pytest.fixture
def collected() -> Iterator[None]:
    """What a library leaves to the garbage collector goes here, where that is no error.

    And not in the midst of another module's tests.
    """
    yield
    gc.collect()
