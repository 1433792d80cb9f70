"""What a client does with a server, as small programs that are run against every server.

Each function of the modules here whose name has no underscore is one operation: it gets a `Place`,
uses the client in it, and asserts what the server's disk and the client's answers have to be. The
client is the same for all of them, so that each begins where the one before left off.
"""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable
from types import ModuleType

from interop.operations import (
    _attributes,
    _connecting,
    _folders,
    _interrupted,
    _listing,
    _streams,
    _transfers,
    _trees,
)
from interop.operations._place import Place

__all__ = ["OPERATIONS", "Operation", "Place"]

Operation = Callable[[Place], Awaitable[None]]


def _operations(module: ModuleType) -> dict[str, Operation]:
    return {
        name.replace("_", " "): value
        for name, value in vars(module).items()
        if inspect.iscoroutinefunction(value)
        and value.__module__ == module.__name__
        and not name.startswith("_")
    }


#: In the order in which they are run: name and function.
OPERATIONS: dict[str, Operation] = {
    name: operation
    for module in (
        _connecting,
        _folders,
        _listing,
        _attributes,
        _streams,
        _transfers,
        _trees,
        _interrupted,
    )
    for name, operation in _operations(module).items()
}
