"""A page to look at a running server, and to act upon it (extra `status`).

Sessions, transfers with their rates as plots, limits that can be changed, clients that can be sent
away, refusals and bans. Starlette on Hypercorn serves it, which run on every backend of anyio. It
asks no other host for anything, and shows nothing without a token.
"""

from __future__ import annotations

try:
    import hypercorn as _hypercorn
    import starlette as _starlette
except ImportError as _error:
    _needed = 'anyftp.status needs starlette and hypercorn: python -m pip install "anyftp[status]"'
    raise ImportError(_needed) from _error

from anyftp.status._serve import check_token, serve_status

del _hypercorn, _starlette

__all__ = ["check_token", "serve_status"]
