"""Who may come: networks that are let in, and networks that are kept out."""

from __future__ import annotations

from collections.abc import Callable, Collection

from anyftp._protocol import Networks


def admission(
    allowed: Collection[str], denied: Collection[str]
) -> Callable[[str], str | None] | None:
    """What `Server(admit=...)` asks; None where anybody may come.

    A network that is denied wins over one that is allowed; with none allowed all are.

    Raises:
        ValueError: one of them is no network.
    """
    if not (allowed or denied):
        return None
    inside, outside = Networks(allowed), Networks(denied)

    def admit(host: str) -> str | None:
        if host in outside or (allowed and host not in inside):
            return "You may not come from your address."
        return None

    return admit
