"""Our streams for code that is written for trio's; trio is loaded once that is asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from anyftp._streams._any_stream import AnyStream

if TYPE_CHECKING:
    import trio


def as_trio_stream(stream: AnyStream) -> trio.abc.HalfCloseableStream:
    """A stream for code that is written for trio's, such as `trio.SSLStream`.

    Args:
        stream: anything that `StreamIO` takes; it is owned from now on.

    Raises:
        ImportError: trio is not installed.
        TypeError: it is none of these.
    """
    from anyftp._extras import importing

    with importing("trio", "as_trio_stream"):
        from anyftp._streams._to_trio import ToTrio

    return ToTrio(stream)
