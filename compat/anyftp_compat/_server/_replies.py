"""Replies in aioftp's two forms: a code before each line, or before the first and the last."""

from __future__ import annotations

from collections.abc import Sequence

import anyftp


class CodedReply(anyftp.Reply):
    """A reply with its code before each of its lines."""

    def encode(self, encoding: str = "utf-8") -> bytes:
        *lines, last = (anyftp.Reply(self.code, (text,)).encode(encoding) for text in self.lines)
        return b"".join([*(line[:3] + b"-" + line[4:] for line in lines), last])


def reply_of(code: str, lines: str | Sequence[str], is_list: bool) -> anyftp.Reply:
    """A reply of one line or several, in aioftp's form of those."""
    texts = (lines,) if isinstance(lines, str) else tuple(lines)
    if not is_list:
        return CodedReply(code, texts or ("",))
    return anyftp.Reply(code, (*texts[:1], *(f" {text}" for text in texts[1:-1]), *texts[1:][-1:]))
