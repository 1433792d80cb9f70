"""Listings as they come from the data connection: blocks of bytes to entries.

A whole block is decoded, split and looked at at once; nothing is done line by line that can be done
by the block, and what an entry says beyond its name is parsed when asked. Memory is bounded by the
block and one line. One odd line never kills a listing: it is put aside in `skipped`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Literal

from anyftp._errors import ListingError
from anyftp._protocol._entry import Entry, ListParser
from anyftp._protocol._facts import FactsEntry, parse_mlsx_line
from anyftp._protocol._text import decode_text, encode_or_replace, encode_text

if TYPE_CHECKING:
    from anyftp._protocol._dialects import Dialect, ListReader

_MAX_SKIPPED = 100
_SHOWN = 200

#: This many lines, and this many bytes, are looked at in a few milliseconds, whatever is in them.
_PORTION_LINES = 500
_PORTION_BYTES = 16384
_PORTION = re.compile(rb"(?:[^\n]*\n){%d}" % _PORTION_LINES)


def portions(block: bytes) -> Iterator[bytes]:
    """Cut a block between lines, so that one can see to other things in between.

    A block of 256 KiB may hold 131,072 lines, or a few very long ones; and what makes no sense is
    tried in each dialect: together they would take seconds.
    """
    begin = 0
    while begin < len(block):
        end = _end_of_portion(block, begin)
        yield block[begin:end]
        begin = end


def _end_of_portion(block: bytes, begin: int) -> int:
    """Behind the last line that fits, or behind the first one."""
    most = begin + _PORTION_BYTES
    end = len(block)
    if end > most:
        end = block.rfind(b"\n", begin, most) + 1 or block.find(b"\n", most) + 1 or end
    if block.count(b"\n", begin, end) <= _PORTION_LINES:  # looked at faster than by a pattern
        return end
    match = _PORTION.match(block, begin, end)
    return end if match is None else match.end()


class ListingDecoder:
    """Turns the blocks of a listing into entries.

    Attributes:
        encoding: of the names; bytes it does not know survive as surrogates.
        skipped: the first hundred lines that made no sense, cut to 200 characters.
        skipped_count: how many there were.
        is_cut: whether it ended within a line, so that there may have been more.
    """

    def __init__(
        self,
        dialect: Literal["mlsd", "list"],
        encoding: str = "utf-8",
        now: datetime | None = None,
        max_line: int = 16384,
        *,
        directory: PurePosixPath | None = None,
        parser: ListParser | None = None,
    ) -> None:
        """Begin a listing.

        Args:
            dialect: "mlsd" or "list".
            encoding: of the names.
            now: the present time, needed for "list"; its zone is taken for the server's.
            max_line: longer lines are passed over, in bytes.
            directory: the folder that is listed, for `Entry.path`.
            parser: asked about each line of a LIST before the known dialects.
        """
        self.encoding = encoding
        self.skipped: list[str] = []
        self.skipped_count = 0
        self.is_cut = False
        self._reader: ListReader | None = None
        if dialect == "list":
            # Ten grammars that most clients never need: servers with MLSD do without.
            from anyftp._protocol._dialects import ListReader

            now = now or datetime(1970, 1, 1, tzinfo=UTC)
            self._reader = ListReader(now, directory, self._skip, parser)
        self._max_line = max_line
        self._directory = directory
        self._partial = bytearray()
        self._is_overlong = False

    @property
    def dialect(self) -> Dialect | Literal["mlsd"]:
        """What the lines so far look like; a LIST is taken for Unix's until they say otherwise."""
        return "mlsd" if self._reader is None else self._reader.dialect

    def feed(self, block: bytes | bytearray | memoryview) -> Sequence[Entry]:
        """Take a block, return the entries whose lines it completes."""
        data = bytes(block)
        end = data.rfind(b"\n") + 1
        entries: Sequence[Entry] = []
        if end:
            entries = self._parse(self._complete(data[:end]))
        self._hold(data[end:])
        return entries

    def close(self) -> Sequence[Entry]:
        """Take the end of the listing; a last line without an ending counts as well."""
        rest = bytes(self._partial)
        self._partial.clear()
        self.is_cut = bool(rest) or self._is_overlong
        entries = self._parse(rest + b"\n") if rest else []
        if self._reader is not None:
            self._reader.close()
        return entries

    def _complete(self, ended: bytes) -> bytes:
        """Join whole lines to what was held back before them."""
        if self._is_overlong:
            self._is_overlong = False
            return ended[ended.find(b"\n") + 1 :]
        if self._partial:
            ended = bytes(self._partial) + ended
            self._partial.clear()
        return ended

    def _hold(self, rest: bytes) -> None:
        if self._is_overlong:
            return
        self._partial += rest
        if self._is_too_long(self._partial):
            self._skip_long(bytes(self._partial))
            self._partial.clear()
            self._is_overlong = True

    def _is_too_long(self, line: bytes | bytearray) -> bool:
        return len(line) - line.endswith(b"\r") > self._max_line

    def _parse(self, whole: bytes) -> Sequence[Entry]:
        """Parse lines with their endings: all at once if they are regular, else one by one."""
        lines = self._split_regular(whole)
        if self._reader is not None:
            return self._reader.read(self._split_odd(whole) if lines is None else lines)
        return (
            self._parse_odd(self._split_odd(whole)) if lines is None else self._parse_facts(lines)
        )

    def _split_regular(self, whole: bytes) -> list[str] | None:
        """Split the block if each line ends with CRLF and nothing odd is in it, else None."""
        try:
            text = whole.decode(self.encoding, "surrogateescape")
        except UnicodeDecodeError:
            return None
        lines = text.split("\r\n")
        count = len(lines) - 1
        if text.count("\n") != count or text.count("\r") != count or "\0" in text or lines.pop():
            return None
        # No character takes more than four bytes.
        return None if max(map(len, lines), default=0) > self._max_line // 4 else lines

    def _split_odd(self, whole: bytes) -> Iterator[str]:
        for line in whole.split(b"\n")[:-1]:
            if self._is_too_long(line):
                self._skip_long(line)
            else:
                yield decode_text(line, self.encoding).rstrip("\r")  # CR CR LF is seen, too

    def _parse_facts(self, lines: list[str]) -> list[Entry]:
        directory = self._directory
        entries: list[Entry] = []
        for line in lines:
            facts, _, name = line.partition("; ")
            if name and "=" in facts:
                entries.append(FactsEntry(name, line, directory))
            else:
                entries += self._parse_odd((line,))
        return entries

    def _parse_odd(self, lines: Iterable[str]) -> list[Entry]:
        entries: list[Entry] = []
        for line in lines:
            if not line.strip():
                continue
            try:
                entries.append(parse_mlsx_line(line, self._directory))
            except ListingError:
                self._skip(line)
        return entries

    def _skip_long(self, line: bytes) -> None:
        # As much as is at hand however the network cut the line.
        self._skip(decode_text(line[: min(_SHOWN, self._max_line)], self.encoding))

    def _skip(self, line: str) -> None:
        self.skipped_count += 1
        if len(self.skipped) < _MAX_SKIPPED:
            self.skipped.append(line[:_SHOWN])


def encode_listing(lines: Iterable[str], encoding: str = "utf-8") -> bytes:
    """Encode lines for the data connection; empty ones, hidden names, are left out."""
    shown = [line for line in lines if line]
    shown.append("")
    try:
        return encode_text("\r\n".join(shown), encoding)
    except UnicodeEncodeError:
        return b"\r\n".join([encode_or_replace(line, encoding) for line in shown])
