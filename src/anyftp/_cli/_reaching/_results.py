"""Several results in one folder: none takes the place of another."""

from __future__ import annotations

import operator
import os
from collections import defaultdict
from collections.abc import Callable

from anyftp._cli._ending._failure import Failure
from anyftp._protocol import fold_name


class Results:
    """What one command has made.

    Args:
        is_same: whether two paths that differ in no more than case lead to one file.
    """

    def __init__(self, is_same: Callable[[str, str], bool] = operator.eq) -> None:
        self._is_same = is_same
        self._made: defaultdict[str, list[tuple[str, str]]] = defaultdict(list)

    def claim(self, result: str, source: str) -> None:
        """Have a path for what becomes of a source.

        Raises:
            Failure: another source has got it; only the last of them would be left.
        """
        made = self._made[fold_name(result)]
        for other, known in made:
            if other != source and self._is_same(known, result):
                raise Failure(f"{source}: it would replace {result}, which {other} has just become")
        made.append((source, result))


def is_same_here(known: str, path: str) -> bool:
    """Whether two paths lead to one file of this machine; equal ones always do."""
    try:
        return known == path or os.path.samefile(known, path)
    except OSError:
        return False
