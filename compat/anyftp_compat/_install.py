"""Standing in for aioftp under its own name."""

from __future__ import annotations

import importlib
import sys

_SUBMODULES = ("client", "common", "errors", "pathio", "server")


def install_as_aioftp() -> None:
    """Make `import aioftp` and `import aioftp.client` give this package.

    Raises:
        ImportError: the real aioftp has been imported already; its classes may be in use.
    """
    package = importlib.import_module(__package__)
    known = sys.modules.get("aioftp")
    if known is not None and known is not package:
        raise ImportError("aioftp itself is loaded already; install the stand-in before it")
    sys.modules["aioftp"] = package
    for name in _SUBMODULES:
        sys.modules[f"aioftp.{name}"] = importlib.import_module(f"{__package__}.{name}")
