"""The backends by name, as they are without asyncio's debug mode."""

from __future__ import annotations

from typing import Any

#: What `anyio.run` takes as backend and backend_options.
BY_NAME: dict[str, tuple[str, dict[str, Any]]] = {
    "asyncio": ("asyncio", {}),
    "uvloop": ("asyncio", {"use_uvloop": True}),
    "trio": ("trio", {}),
}
