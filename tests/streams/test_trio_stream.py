from __future__ import annotations

import pytest
import trio

from anyftp._streams import TrioStream


@pytest.mark.parametrize(
    ("kind", "is_stream"),
    [
        (trio.SocketStream, True),
        (trio.SSLStream, True),
        (trio.StapledStream, True),
        (trio.testing.MemorySendStream, False),
        (bytes, False),
    ],
)
def test_what_is_a_stream_of_trios(kind: type, is_stream: bool) -> None:
    assert issubclass(kind, TrioStream) == is_stream
