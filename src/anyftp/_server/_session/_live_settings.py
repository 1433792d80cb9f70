"""Settings that may change while a server runs."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from typing import Any, TypedDict

from anyftp._protocol import Networks, verb_table
from anyftp._server._ports._passive_host import PassiveHost, PassiveHosts
from anyftp._server._session._hidden import Hidden
from anyftp._server._session._options import Admit, PartialUploads, TLSSource
from anyftp._server._session._session import ServerOptions, UploadHook
from anyftp._server._session._tls_policy import TLSPolicy
from anyftp._server._users._bans import BanPolicy


class LiveSettings(TypedDict, total=False):
    """What `Server.change` takes; each means what it means for `Server`."""

    ssl_context: TLSSource | None
    require_tls: bool
    tls_policy: TLSPolicy
    passive_ports: Collection[int] | None
    passive_host: PassiveHost
    proxy_protocol: Collection[str]
    foreign_data_hosts: bool
    welcome: str
    max_connections: int
    max_connections_per_address: int
    admit: Admit | None
    ban: BanPolicy | None
    hide: Collection[str]
    max_login_failures: int
    max_unknown_commands: int
    max_listing: int
    idle_timeout: float
    login_timeout: float
    stall_timeout: float
    accept_timeout: float
    handshake_timeout: float
    command_rate: float | None
    command_rate_per_address: float | None
    extensions: Collection[str]
    on_upload: UploadHook | None
    partial_uploads: PartialUploads


def changed(options: ServerOptions, settings: LiveSettings) -> ServerOptions:
    """Options with some settings replaced.

    Raises:
        TypeError: there is no such setting, or it cannot change.
        ValueError: a setting makes no sense, by itself or with the others.
    """
    unknown = settings.keys() - LiveSettings.__annotations__.keys()
    if unknown:
        raise TypeError(
            f"these settings cannot change while the server runs: {', '.join(sorted(unknown))}"
        )
    values: dict[str, Any] = dict(settings)
    if "passive_host" in values:
        source = values.pop("passive_host")
        values["passive_hosts"] = None if source is None else PassiveHosts(source)
    if "proxy_protocol" in values:
        names = values.pop("proxy_protocol")
        values["proxies"] = Networks(names) if names else None
    if "hide" in values:
        values["hidden"] = Hidden(values.pop("hide"))
    if "extensions" in values:
        values["verbs"] = verb_table(values.pop("extensions"))
    return replace(options, **values)
