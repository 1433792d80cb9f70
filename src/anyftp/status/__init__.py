"""A page to look at a running server, and to act upon it (extra `status`).

Sessions, transfers with their rates as plots, limits that can be changed, clients that can be sent
away, refusals and bans. Starlette on Hypercorn serves it, which run on every backend of anyio. It
asks no other host for anything, and shows nothing without a token.
"""

from __future__ import annotations

from anyftp._extras import importing

with importing("status", "anyftp.status"):
    from anyftp.status._serve import check_token, serve_status

__all__ = ["check_token", "serve_status"]
