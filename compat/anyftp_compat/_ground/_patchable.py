"""Names as they are at this moment in the modules that stand for aioftp's.

Programs put functions and classes of their own there, by `unittest.mock.patch("aioftp.client.…")`
and the like. aioftp looks them up in its modules at each call, so what is made here is made through
`patched`.
"""

from __future__ import annotations

from importlib import import_module
from types import ModuleType

_PACKAGE = __name__.partition(".")[0]


class _Modules:
    """`patched.client.Code` is what `aioftp.client.Code` is now."""

    def __getattr__(self, name: str) -> ModuleType:
        module = import_module(f"{_PACKAGE}.{name}")
        setattr(self, name, module)  # a module stays the same object, whatever is put into it
        return module


patched = _Modules()
