"""Text on the wire: any bytes become a string and come back as the same bytes; and commands.

Names in one folder may be in several encodings, and servers switch theirs in mid-session
(`OPTS UTF8 ON`). A byte that the encoding does not know survives as a lone surrogate (PEP 383),
so that a name read from a listing can be sent back in a command as it was.

A command (RFC 959, 5.3) is a line of such text; how it is put together stands in `_dialogue`.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from anyftp._errors import SECRET_VERBS, RemoteProtocolError

#: Characters that end or hide a line: never inside a name, a command or a line of a reply.
LINE_BREAKERS = frozenset("\r\n\0")

# What nearly all commands look like: a word, and perhaps a blank and more.
_USUAL = re.compile(rb"([A-Za-z]+)(?: ([^\r\n\0]*))?")

# Telnet (RFC 854) in front of a command: option negotiation, IP and DM before ABOR, in whole or in
# whatever order urgent data has left them. No verb begins with such a byte.
_TELNET_PREFIX = re.compile(rb"(?:\xff[\xfb-\xfe].|[\xf0-\xff])+", re.DOTALL)


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
    return text if text.isprintable() else "".join(map(_escaped, text))


def _escaped(character: str) -> str:
    if character.isprintable():
        return character
    return character.encode("unicode_escape").decode("ascii")


class Command(NamedTuple):
    """One command.

    Attributes:
        verb: in upper case; empty for an empty line.
        argument: all after the first blank, blanks included; empty if there is none.
    """

    verb: str
    argument: str = ""

    def __str__(self) -> str:
        """The command as it may be shown and logged: on one line, without secrets."""
        if not self.argument:
            return self.verb
        if self.verb in SECRET_VERBS:
            return f"{self.verb} ****"
        return f"{self.verb} {_printable(self.argument)}"

    def __repr__(self) -> str:
        return f"<Command {self}>"


def decode_command(line: bytes, encoding: str = "utf-8") -> Command:
    """Decode one line, its ending taken off.

    Telnet commands and blanks in front are dropped, the verb is put in upper case. Bytes that the
    encoding does not know survive (`_text`).

    Raises:
        RemoteProtocolError: CR, LF or NUL inside; to be answered with 501.
    """
    usual = _USUAL.fullmatch(line)
    head, tail = usual.groups(b"") if usual else _taken_apart(line)
    verb = decode_text(head.upper(), "ascii")
    if not tail:
        argument = ""
    elif breaks_lines(argument := decode_text(tail, encoding)):
        raise RemoteProtocolError("a command must not hold CR, LF or NUL")
    return Command(verb, argument)


def _taken_apart(line: bytes) -> tuple[bytes, bytes]:
    """The verb and the argument of any line."""
    telnet = _TELNET_PREFIX.match(line)
    text = line[telnet.end() :] if telnet else line
    head, _, tail = text.strip(b"\r").lstrip(b" \t").partition(b" ")
    if breaks_lines(decode_text(head, "ascii")):
        raise RemoteProtocolError("a command must not hold CR, LF or NUL")
    return head, tail


def _printable(text: str) -> str:
    return text if text.isprintable() else repr(text)[1:-1]
