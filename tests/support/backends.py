"""The backends by name, as they are without asyncio's debug mode, and a run on one of them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any

import anyio
import trio

#: What `anyio.run` takes as backend and backend_options.
BY_NAME: dict[str, tuple[str, dict[str, Any]]] = {
    "asyncio": ("asyncio", {}),
    "uvloop": ("asyncio", {"use_uvloop": True}),
    "trio": ("trio", {}),
}


def run(
    function: Callable[..., Awaitable[Any]],
    *arguments: Any,
    backend: str = "asyncio",
    backend_options: dict[str, Any] | None = None,
) -> Any:
    """As `anyio.run`, which gives trio no options before anyio 4.13."""
    options = backend_options or {}
    if backend == "trio":
        return trio.run(partial(function, *arguments), **options)
    return anyio.run(function, *arguments, backend=backend, backend_options=options)
