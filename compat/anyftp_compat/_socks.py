"""A dialler through a SOCKS proxy, from aioftp's keywords."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

import anyftp

_KEYWORDS = {"socks_host", "socks_port", "socks_version", "username", "password"}

#: aioftp has the proxy look names up, whatever the version.
_SCHEMES = {4: "socks4a", 5: "socks5"}


def dialler(options: dict[str, Any]) -> anyftp.Dialler | None:
    """What connects through the proxy that the keywords name; None where they name none.

    Raises:
        TypeError: an unknown keyword.
        ValueError: an unknown version.
        ImportError: python-socks is not there (extra socks).
    """
    unknown = options.keys() - _KEYWORDS
    if unknown:
        raise TypeError(f"unexpected keyword arguments: {', '.join(sorted(unknown))}")
    host = options.get("socks_host")
    if host is None:
        return None
    version = options.get("socks_version") or 5
    if version not in _SCHEMES:
        raise ValueError(f"no such version of SOCKS: {version!r}")
    login = ":".join(quote(options.get(name) or "", safe="") for name in ("username", "password"))
    place = f"[{host}]" if ":" in host else host
    port = options.get("socks_port") or 1080
    return anyftp.proxy_dialler(f"{_SCHEMES[version]}://{login}@{place}:{port}")
