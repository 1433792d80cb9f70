"""The exceptions that anyio has no name for: what they are besides, and what they carry."""

from __future__ import annotations

import pickle

import anyio

from anyftp import IncompleteReadError, TruncatedStreamError, UnreadPlaintextError


def test_an_incomplete_read_is_an_eof_and_carries_what_came() -> None:
    error = IncompleteReadError(b"abc", 10)
    assert isinstance(error, EOFError)
    assert isinstance(error, anyio.IncompleteRead)
    assert (error.partial, error.expected) == (b"abc", 10)
    assert str(error) == "the stream ended after 3 of 10 bytes"
    assert "abc" not in str(error), "what was sent may be a secret"


def test_it_survives_the_way_to_another_process() -> None:
    copy = pickle.loads(pickle.dumps(IncompleteReadError(b"abc", 10)))
    assert type(copy) is IncompleteReadError
    assert (copy.partial, copy.expected) == (b"abc", 10)


def test_both_others_are_broken_resources() -> None:
    assert issubclass(TruncatedStreamError, anyio.BrokenResourceError)
    assert issubclass(UnreadPlaintextError, anyio.BrokenResourceError)
