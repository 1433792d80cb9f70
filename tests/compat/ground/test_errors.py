"""The exceptions of aioftp's names."""

from __future__ import annotations

import copy
import pickle

import pytest

from anyftp_compat._ground._codes import Code
from anyftp_compat._ground._errors import (
    AIOFTPException,
    InvalidCommand,
    NoAvailablePort,
    PathIOError,
    PathIsNotAbsolute,
    StatusCodeError,
)


@pytest.mark.parametrize("again", [copy.copy, lambda error: pickle.loads(pickle.dumps(error))])
def test_a_refusal_survives_another_process(again: object) -> None:
    error = StatusCodeError(Code("2xx"), Code("550"), [" no"])
    assert callable(again)
    other = again(error)
    assert str(other) == str(error) == "Waiting for ('2xx',) but got ('550',) [' no']" or (
        str(other) == str(error)
    )
    assert (other.expected_codes, other.received_codes) == (("2xx",), ("550",))
    assert other.info == [" no"]


@pytest.mark.parametrize(
    ("kind", "above"),
    [
        (PathIsNotAbsolute, AIOFTPException),
        (NoAvailablePort, OSError),
        (InvalidCommand, ValueError),
    ],
)
def test_families(kind: type[Exception], above: type[Exception]) -> None:
    assert issubclass(kind, AIOFTPException)
    assert issubclass(kind, above)


def test_the_reason_of_a_file_systems_failure() -> None:
    assert PathIOError("x").reason is None
    assert PathIOError(reason=(None, None, None)).reason == (None, None, None)
