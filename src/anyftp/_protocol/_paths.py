"""Paths and names: quoting in replies, the server's resolver, names that may be written locally.

Remote paths are `PurePosixPath` from "/". A name that the peer gave is text until `check_name` has
seen it.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from pathlib import PurePosixPath

from anyftp._errors import RemoteProtocolError, UnsafeNameError
from anyftp._protocol._text import breaks_lines

_ROOTED = r"(/|[A-Za-z]:|\\\\)"
_REMARK = r"(?i)\s(?:is |- )?(?:your |the )?(?:current|created|working)\b"

# What may follow the quote that ends a path. Others (pure-ftpd, aioftp) send quotes undoubled,
# `"/a"b" is…`: there the first quote is followed by more of the name.
_AFTER_QUOTE = frozenset(" \t\n.,;:!)")

_WINDOWS_ILLEGAL = r'[<>:"/\\|?*\x00-\x1f]'
_WINDOWS_DEVICE = r"(?i)(?:CON|PRN|AUX|NUL|CONIN\$|CONOUT\$|(?:COM|LPT)[0-9¹²³]) *(?:\..*)?"


def quote_257(path: str | PurePosixPath) -> str:
    """Quote a path for a reply 257: quotes inside are doubled (RFC 959, appendix II)."""
    return '"' + str(path).replace('"', '""') + '"'


def parse_257(text: str) -> str:
    """Find the path in the text of a reply 257.

    Servers that do not quote it, or do not double the quotes inside it, are understood as well.

    Raises:
        RemoteProtocolError: there is no path.
    """
    start = text.find('"')
    path = _unquoted(text) if start < 0 else _quoted(text, start + 1)
    if not path:
        raise RemoteProtocolError(f"no path in the reply: {text[:200]!r}")
    return path


def _quoted(text: str, start: int) -> str:
    first_end = -1
    place = text.find('"', start)
    while place >= 0:
        if text[place + 1 : place + 2] == '"':
            place = text.find('"', place + 2)
            continue
        if first_end < 0:
            first_end = place
        if place + 1 == len(text) or text[place + 1] in _AFTER_QUOTE:
            first_end = place
            break
        place = text.find('"', place + 1)
    if place < 0 <= first_end:
        # pure-ftpd: "/say "hi"" is … has no end by the rule, so its quotes are not doubled.
        last = text.rfind('"')
        if last + 1 == len(text) or text[last + 1] in _AFTER_QUOTE:
            return text[start:last]
    return "" if first_end < 0 else text[start:first_end].replace('""', '"')


def _unquoted(text: str) -> str:
    line = text.strip().split("\n")[0]
    return re.split(_REMARK, line, maxsplit=1)[0].rstrip() if re.match(_ROOTED, line) else ""


def join_remote(cwd: PurePosixPath, argument: str) -> PurePosixPath:
    """Resolve the path in a command against the working directory.

    The result is absolute, without `.`, `..` and doubled slashes, and never above "/". Backslashes,
    tildes and percent signs are characters like any other.

    Raises:
        UnsafeNameError: it holds CR, LF or NUL.
    """
    if breaks_lines(argument):
        raise UnsafeNameError(argument)
    parts = [] if argument.startswith("/") else list(cwd.parts[1:])
    for part in argument.split("/"):
        if part == "..":
            del parts[-1:]
        elif part not in ("", "."):
            parts.append(part)
    return PurePosixPath("/" + "/".join(parts))


def fold_name(name: str) -> str:
    """What two names have in common that a file system without regard to case takes for one.

    Accented letters in one piece and in two are the same there as well.
    """
    return unicodedata.normalize("NFC", unicodedata.normalize("NFD", name).casefold())


def collisions(names: Iterable[str]) -> list[tuple[str, str]]:
    """Names that such a file system takes for one: the first of each, and each other one."""
    seen: dict[str, str] = {}
    pairs = [(seen.setdefault(fold_name(name), name), name) for name in names]
    return [(first, name) for first, name in pairs if first != name]


def check_name(name: str, *, windows: bool = False) -> None:
    """Make sure that a name from the peer is one plain component, so that it stays in its folder.

    Args:
        name: as received.
        windows: it is for a Windows file system: no drives, streams, devices, trailing dots.

    Raises:
        UnsafeNameError: it is empty, `.` or `..`, or holds a slash, CR, LF or NUL, or is one of
            the things that only Windows minds.
    """
    if name in ("", ".", "..") or "/" in name or breaks_lines(name):
        raise UnsafeNameError(name)
    if windows and (
        re.search(_WINDOWS_ILLEGAL, name) or name[-1] in ". " or re.fullmatch(_WINDOWS_DEVICE, name)
    ):
        raise UnsafeNameError(name)
