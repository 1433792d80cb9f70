"""Text on the wire: any bytes become a string and come back as the same bytes.

Names in one folder may be in several encodings, and servers switch theirs in mid-session
(`OPTS UTF8 ON`). A byte that the encoding does not know survives as a lone surrogate (PEP 383),
so that a name read from a listing can be sent back in a command as it was.
"""

from __future__ import annotations

#: Characters that end or hide a line: never inside a name, a command or a line of a reply.
LINE_BREAKERS = ("\r", "\n", "\0")


def decode_text(data: bytes, encoding: str) -> str:
    """Decode without ever failing on the bytes.

    Raises:
        LookupError: there is no such encoding.
    """
    try:
        return data.decode(encoding, "surrogateescape")
    except UnicodeDecodeError:
        # Some multi-byte codecs report an ASCII byte as part of the fault, which surrogateescape
        # declines. ASCII with surrogates still comes back as the same bytes.
        return data.decode("ascii", "surrogateescape")


def encode_text(text: str, encoding: str) -> bytes:
    """Encode, turning the surrogates of `decode_text` back into their bytes.

    Raises:
        UnicodeEncodeError: the encoding cannot say this text.
        LookupError: there is no such encoding.
    """
    return text.encode(encoding, "surrogateescape")


def encode_or_replace(text: str, encoding: str) -> bytes:
    """Encode like `encode_text`, with question marks where that cannot be done."""
    try:
        return encode_text(text, encoding)
    except UnicodeEncodeError:
        return text.encode(encoding, "replace")


def breaks_lines(text: str) -> bool:
    """Tell whether the text holds CR, LF or NUL."""
    return "\n" in text or "\r" in text or "\0" in text


def visible(text: str) -> str:
    """Write text so that each character in it is seen, on one line.

    Names and replies come from peers that may be hostile: a control character could repaint a
    terminal, a line feed forge a second line of a log. What does not print (control characters,
    and bytes that the encoding did not know) becomes an escape.
    """
    return text if text.isprintable() else "".join(map(_shown, text))


def _shown(character: str) -> str:
    if character.isprintable():
        return character
    return character.encode("unicode_escape").decode("ascii")
