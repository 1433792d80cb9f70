"""Names as they are at this moment in the modules that stand for aioftp's.

Programs put functions and classes of their own there, by `unittest.mock.patch("aioftp.client.…")`
and the like. aioftp looks them up in its modules at each call, so what is made here is made through
`patchable`.
"""

from __future__ import annotations

import sys
from typing import Any

_PACKAGE = __name__.partition(".")[0]


def patchable(module: str, name: str) -> Any:
    """What `aioftp.module.name` is now, under this package's own name."""
    return getattr(sys.modules[f"{_PACKAGE}.{module}"], name)
