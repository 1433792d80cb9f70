"""Replies in aioftp's two forms."""

from __future__ import annotations

import pytest

from anyftp_compat._server._replies import reply_of


@pytest.mark.parametrize(
    ("lines", "is_list", "sent"),
    [
        ("done", False, b"200 done\r\n"),
        ("done", True, b"200 done\r\n"),
        ((), False, b"200 \r\n"),
        (("a", "b", "c"), False, b"200-a\r\n200-b\r\n200 c\r\n"),
        (("a", "b", "c"), True, b"200-a\r\n b\r\n200 c\r\n"),
        (("a", "b"), True, b"200-a\r\n200 b\r\n"),
    ],
)
def test_on_the_wire(lines: str | tuple[str, ...], is_list: bool, sent: bytes) -> None:
    assert reply_of("200", lines, is_list).encode() == sent
