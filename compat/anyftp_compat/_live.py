"""Names as they are at this moment in the modules that stand for aioftp's.

Programs put functions and classes of their own there, by `unittest.mock.patch("aioftp.client.…")`
and the like. aioftp looks them up in its modules at each call, so what is made here is made through
`live`.
"""

from __future__ import annotations

import sys
from typing import Any


def live(module: str, name: str) -> Any:
    """What `aioftp.module.name` is now, under this package's own name."""
    return getattr(sys.modules[f"{__package__}.{module}"], name)
