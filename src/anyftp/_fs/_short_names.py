"""Names like `SECRET~1.TXT`, by which FAT and NTFS have a file beside its own. Blocking.

No rule about the file's own name holds for such a one, and no listing shows it. So it leads to
nothing here; a file whose own name has that form is listed under it.
"""

from __future__ import annotations

import errno
import os
import re

from anyftp._fs._aliases import fold_alias
from anyftp._fs._folder import Folder

_SHORT_NAME = r"(?=[^.]{1,8}(?:\.|$))[^.~]{1,6}~[0-9]{1,6}(?:\.[^.]{0,3})?"


def refuse_short_name(folder: Folder, name: str) -> None:
    """Refuse to touch a file under a name that its disk has made up.

    Raises:
        FileNotFoundError: there is such a file, and the folder does not list it so.
    """
    if "~" not in name or re.fullmatch(_SHORT_NAME, name) is None:
        return
    try:
        folder.lstat(name)
        inner = folder.readable()
    except OSError:  # nothing is there, or nobody may look what
        return
    folded = fold_alias(name)
    try:
        with inner.scan() as entries:
            is_listed = any(fold_alias(entry.name) == folded for entry in entries)
    finally:
        inner.close()
    if not is_listed:
        raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT))
