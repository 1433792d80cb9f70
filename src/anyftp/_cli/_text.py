"""Text from elsewhere, made fit for a terminal.

Names and replies come from a server that may be hostile: a control character could repaint the
screen, and a line feed could forge a second message.
"""

from __future__ import annotations


def visible(text: str) -> str:
    """Write text so that each character in it is seen, on one line.

    What does not print (control characters, and bytes that were not UTF-8) becomes an escape.
    """
    if text.isprintable():
        return text
    return "".join(map(_shown, text))


def _shown(character: str) -> str:
    if character.isprintable():
        return character
    return character.encode("unicode_escape").decode("ascii")
