"""Replies in aioftp's two forms: a code before each line, or before the first and the last."""

from __future__ import annotations

from collections.abc import Sequence

import anyftp


def reply_of(code: str, lines: str | Sequence[str], is_list: bool) -> anyftp.Reply:
    """A reply of one line or several, in aioftp's form of those."""
    texts = (lines,) if isinstance(lines, str) else tuple(lines)
    if not is_list:
        return anyftp.Reply(code, tuple(map(anyftp.CodedLine, texts or ("",))))
    return anyftp.Reply(code, (*texts[:1], *(f" {text}" for text in texts[1:-1]), *texts[1:][-1:]))
