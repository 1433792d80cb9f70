"""What may be handed to code that is written for trio, and where trio is not there."""

from __future__ import annotations

import sys

import pytest

from anyftp import as_trio_stream
from anyftp.testing import memory_stream_pair


def test_what_is_no_stream_is_refused() -> None:
    with pytest.raises(TypeError, match="stream must be"):
        as_trio_stream(object())  # type: ignore[arg-type]


def test_without_trio_the_error_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "trio", None)
    monkeypatch.delitem(sys.modules, "anyftp._streams._to_trio", raising=False)
    stream, _ = memory_stream_pair()
    with pytest.raises(ImportError, match=r'trio: python -m pip install "anyftp\[trio\]"$'):
        as_trio_stream(stream)
