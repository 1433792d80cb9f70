"""What a listing says of the listed folder itself and of the one above; it is not in them."""

from __future__ import annotations

from collections.abc import Sequence

from anyftp._protocol import Entry

#: What they are called, or what kind they are by facts; those stand in no block without "=".
_ENDS = (b".\r", b".\n")
_KINDS = (b"cdir", b"pdir")
_LONGEST_MARK = 8


class DotEntries:
    """Takes out the folder listed itself and the one above, where they are entries.

    They are found by looking into the whole block first: nothing is done for each entry unless
    one of the marks is in it.

    Attributes:
        itself: the folder listed, where it was among the entries.
    """

    def __init__(self) -> None:
        self.itself: Entry | None = None
        self._tail = b""
        self._is_marked = False

    def __call__(self, block: bytes, entries: Sequence[Entry]) -> Sequence[Entry]:
        """Those entries that came with a block and are neither of the two."""
        text = self._tail + block
        self._tail = text[-_LONGEST_MARK:]
        # Or in the beginning of a line that ends here.
        is_marked = self._is_marked or self._has_mark(text)
        self._is_marked = is_marked and not block.endswith(b"\n")
        return self.others(entries) if is_marked else entries

    def _has_mark(self, text: bytes) -> bool:
        if b"." in text and (_ENDS[0] in text or _ENDS[1] in text):
            return True
        if b"=" not in text:
            return False
        text = text.lower()
        return _KINDS[0] in text or _KINDS[1] in text

    def others(self, entries: Sequence[Entry]) -> list[Entry]:
        """Those that are neither the folder nor the one above."""
        others: list[Entry] = []
        for entry in entries:
            if entry.name == "." or entry.type == "cdir":
                self.itself = entry
            elif entry.name != ".." and entry.type != "pdir":
                others.append(entry)
        return others


def is_passed(entry: Entry, passed: frozenset[str]) -> bool:
    """Whether a folder is one of those that one has come through, as far as the server says."""
    return _unique_of(entry) in passed  # "" is never in it


def with_passed(entry: Entry, passed: frozenset[str]) -> frozenset[str]:
    """Those that one has come through, once one is in this one, too."""
    unique = _unique_of(entry)
    return passed | {unique} if unique else passed


def _unique_of(entry: Entry) -> str:
    """What names a folder uniquely, "" if nothing does; file systems without numbers say 0."""
    text = entry.facts.get("unique", "")
    return text if text.strip("0gU-") else ""
