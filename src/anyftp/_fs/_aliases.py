"""Names that some disk takes for one. Pure; no file is looked at.

NTFS, FAT, APFS and HFS+ do not mind case, and ext4 does not where a folder is told so; APFS, HFS+,
ext4 there, and ZFS as it is set, take accented letters in one piece and in two for the same; HFS+
and ext4 there leave out characters that are not seen; FAT and Windows leave out dots and blanks at
the end. Which of them a folder lies on may differ from folder to folder, and cannot be seen where
nothing is yet. So what must not be had under another name is compared by what all of them let
count.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

# Unicode's Default_Ignorable_Code_Point; what begins with "." in a name begins with it still.
_UNSEEN = (
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e"
    "\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufff8\U0001bca0-\U0001bca3"
    "\U0001d173-\U0001d17a\U000e0000-\U000e0fff]"
)


def fold_alias(name: str) -> str:
    """What all names have in common that any disk takes for one; more names than any one does."""
    folded = name.lower() if name.isascii() else _fold(name)
    return folded.rstrip(". ") or folded


def fold_aliases(names: Iterable[str]) -> tuple[str, ...]:
    """The names of a path, as it is compared where some disk could take several for one."""
    return tuple(map(fold_alias, names))


def _fold(name: str) -> str:
    import unicodedata  # a megabyte of tables; most names are ASCII

    name = re.sub(_UNSEEN, "", unicodedata.normalize("NFKD", name))
    # Some disks go by small letters, some by capitals: dotless i and i have one capital.
    return unicodedata.normalize("NFKD", name.upper().casefold())
