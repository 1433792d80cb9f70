"""Which proxy stands between us and a host: --proxy, or what the environment says.

The variables are those that curl and wget know: `ftp_proxy`, then `all_proxy`, in lower or upper
case; `no_proxy` has hosts that are reached directly.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from ipaddress import ip_address, ip_network

#: --proxy with this value, or an empty one, connects directly whatever the environment says.
DIRECT = "none"


def find_proxy(host: str, option: str | None, environ: Mapping[str, str] = os.environ) -> str:
    """The URL of the proxy for a host, "" for none."""
    if option is not None:
        return "" if option == DIRECT else option
    proxy = _variable("ftp_proxy", environ) or _variable("all_proxy", environ)
    if not proxy or is_exempt(host, _variable("no_proxy", environ)):
        return ""
    return proxy if "://" in proxy else f"http://{proxy}"


def name_of_source(option: str | None, environ: Mapping[str, str] = os.environ) -> str:
    """What said which proxy: the option, a variable by its name, or a profile."""
    if option is not None:
        return "--proxy"
    names = ("ftp_proxy", "FTP_PROXY", "all_proxy", "ALL_PROXY")
    return next((name for name in names if environ.get(name)), "proxy")


def without_password(proxy: str) -> str:
    """The URL of a proxy as it can be shown."""
    scheme, _, rest = proxy.partition("://")
    return f"{scheme}://{rest.rpartition('@')[2]}"


def is_exempt(host: str, no_proxy: str) -> bool:
    """Whether a host is in the list: by name, by a domain that it is in, or by its network."""
    items = [item.strip().lower() for item in no_proxy.replace(",", " ").split()]
    return any(_fits(host.lower().rstrip("."), item) for item in items)


def _variable(name: str, environ: Mapping[str, str]) -> str:
    return environ.get(name) or environ.get(name.upper()) or ""


def _fits(host: str, item: str) -> bool:
    if item == "*":
        return True
    try:
        return ip_address(host) in ip_network(item, strict=False)
    except ValueError:
        domain = item.removeprefix("*").strip(".")
        return bool(domain) and (host == domain or host.endswith(f".{domain}"))
