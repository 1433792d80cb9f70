"""Arguments that are several names, as COMB's: words, in quotes where they hold blanks."""

from __future__ import annotations

import re

from anyftp._errors import RemoteProtocolError

_WORD = re.compile(r'"((?:[^"]|"")*)"(?= |$)|([^ "]+)(?= |$)')


def parse_words(argument: str) -> list[str]:
    """Split an argument at its blanks, but not inside double quotes; a quote is doubled there.

    Raises:
        RemoteProtocolError: a quote is not closed, or stands inside a word.
    """
    words = []
    rest = argument.strip(" ")
    while rest:
        match = _WORD.match(rest)
        if match is None:
            raise RemoteProtocolError(f"a quote that is not closed: {argument[:60]!r}")
        quoted, plain = match.groups()
        words.append(plain if quoted is None else quoted.replace('""', '"'))
        rest = rest[match.end() :].lstrip(" ")
    return words
