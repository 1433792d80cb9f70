"""Which modules of anyftp are entered on the way through an operation, in which order."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

SRC = Path(__file__).resolve().parents[2] / "src" / "anyftp"


class Entered:
    """What has been entered so far.

    Attributes:
        modules: paths below `src/anyftp`, in the order in which they were entered first.
        functions: "path:qualified name" of each function entered.
    """

    def __init__(self) -> None:
        self.modules: list[str] = []
        self.functions: set[str] = set()
        self._root = f"{SRC}/"

    def note(self, frame: FrameType, event: str, argument: object) -> None:
        """For `sys.setprofile`."""
        code = frame.f_code
        if event == "call" and code.co_filename.startswith(self._root):
            module = code.co_filename.removeprefix(self._root)
            if module not in self.modules:
                self.modules.append(module)
            self.functions.add(f"{module}:{code.co_qualname}")


@contextmanager
def entered() -> Iterator[Entered]:
    """Look on within the block, in this thread."""
    found = Entered()
    before = sys.getprofile()
    sys.setprofile(found.note)
    try:
        yield found
    finally:
        sys.setprofile(before)
