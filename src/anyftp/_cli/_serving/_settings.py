"""What `anyftp serve` is told: its options, and the record that they end up in."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import TypeVar

import click

from anyftp._cli._reaching._options import Seconds, backend_option, limit_option
from anyftp._cli._serving._config_file import config_option
from anyftp._protocol import OPTIONAL_VERBS, Networks
from anyftp._server import PassiveHosts

_T = TypeVar("_T")

_PORTS = re.compile(r"([0-9]{1,5})-([0-9]{1,5})", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """The options of one start, checked one by one."""

    folder: Path
    host: str
    port: int
    descriptors: tuple[int, ...]
    users: tuple[str, ...]
    users_file: Path | None
    anonymous: bool
    anonymous_write: bool
    read_only: bool
    cert: str | None
    key: str | None
    tls_required: bool
    implicit_tls: bool
    passive_ports: range | None
    passive_host: Mapping[str, str]
    proxy_protocol: tuple[str, ...]
    max_connections: int
    max_connections_per_address: int
    idle_timeout: float
    extensions: tuple[str, ...]
    limit_rate: int | None
    backend: str | None
    verbose: bool

    @classmethod
    def of(cls, ctx: click.Context) -> Settings:
        """The settings in a context that click has filled."""
        return cls(**{field.name: ctx.params[field.name] for field in fields(cls)})


def _port_range(ctx: click.Context, param: click.Parameter, text: str | None) -> range | None:
    """Read FIRST-LAST, both included."""
    if text is None:
        return None
    match = _PORTS.fullmatch(text)
    if match is None:
        raise click.BadParameter(f"write the ports as 50000-50100, not {text!r}", ctx, param)
    first, last = int(match[1]), int(match[2])
    if not 1 <= first <= last <= 65535:
        raise click.BadParameter(f"ports rise from 1 to 65535, unlike {text!r}", ctx, param)
    return range(first, last + 1)


def _passive_host(
    ctx: click.Context, param: click.Parameter, texts: tuple[str, ...]
) -> Mapping[str, str]:
    """Read HOST, and NETWORK=HOST."""
    found: dict[str, str] = {}
    for text in texts:
        network, equals, host = text.rpartition("=")
        if (network or "0.0.0.0/0") in found:
            raise click.BadParameter(f"a second address for the same: {text!r}", ctx, param)
        found[network if equals else "0.0.0.0/0"] = host
    _check(ctx, param, found, PassiveHosts)
    return found


def _networks(
    ctx: click.Context, param: click.Parameter, texts: tuple[str, ...]
) -> tuple[str, ...]:
    _check(ctx, param, texts, Networks)
    return texts


def _check(
    ctx: click.Context, param: click.Parameter, value: _T, check: Callable[[_T], object]
) -> None:
    try:
        check(value)
    except ValueError as error:
        raise click.BadParameter(str(error), ctx, param) from error


_OPTIONS = (
    click.argument("folder", metavar="DIR", type=click.Path(path_type=Path)),
    config_option,
    click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on."),
    click.option(
        "--port",
        type=click.IntRange(0, 65535),
        default=0,
        show_default=True,
        help="Port to listen on; 0 takes a free one.",
    ),
    click.option(
        "--fd",
        "descriptors",
        type=click.IntRange(0),
        multiple=True,
        metavar="N",
        help="Listen on this inherited socket instead. May be repeated.",
    ),
    click.option(
        "--user",
        "users",
        multiple=True,
        metavar="NAME:PASSWORD",
        help="Let this user in, to read and write. May be repeated.",
    ),
    click.option(
        "--users",
        "users_file",
        type=click.Path(path_type=Path),
        metavar="FILE",
        help="Let in the users of this file (see passwd), read again when it changes.",
    ),
    click.option(
        "--anonymous", is_flag=True, help="Let anyone in, to read only; the default without users."
    ),
    click.option("--anonymous-write", is_flag=True, help="Let anyone in, to read and write."),
    click.option("--read-only", is_flag=True, help="Let nobody change anything."),
    click.option(
        "--cert",
        type=click.Path(),
        metavar="PEM",
        help="Offer TLS with this certificate (and its chain).",
    ),
    click.option(
        "--key",
        type=click.Path(),
        metavar="PEM",
        help="Its private key, where --cert does not hold it.",
    ),
    click.option("--tls-required", is_flag=True, help="Refuse logins and transfers in plain text."),
    click.option("--implicit-tls", is_flag=True, help="Speak TLS from the first byte (ftps://)."),
    click.option(
        "--passive-ports",
        callback=_port_range,
        metavar="FIRST-LAST",
        help="Ports for data connections (default: any).",
    ),
    click.option(
        "--passive-host",
        callback=_passive_host,
        multiple=True,
        metavar="[NETWORK=]HOST",
        help="IPv4 address that PASV names (to clients of this network). May be repeated.",
    ),
    click.option(
        "--proxy-protocol",
        callback=_networks,
        multiple=True,
        metavar="NETWORK",
        help="Want a PROXY header of whoever connects from there. May be repeated.",
    ),
    click.option(
        "--max-connections",
        type=click.IntRange(1),
        default=200,
        show_default=True,
        metavar="N",
        help="Clients at once.",
    ),
    click.option(
        "--max-connections-per-address",
        type=click.IntRange(1),
        default=10,
        show_default=True,
        metavar="N",
        help="Clients at once from one address.",
    ),
    click.option(
        "--idle-timeout",
        type=Seconds(),
        default=300.0,
        show_default=True,
        metavar="SECONDS",
        help="End sessions in which nothing happens for so long.",
    ),
    click.option(
        "--extension",
        "extensions",
        type=click.Choice(sorted(OPTIONAL_VERBS), case_sensitive=False),
        multiple=True,
        help="Switch on a command that is off by default. May be repeated.",
    ),
    limit_option,
    backend_option,
    click.option(
        "-v",
        "--verbose",
        is_flag=True,
        help="Write logins, transfers and changes to standard error, a line each.",
    ),
)


def serve_options(command: Callable[..., None]) -> Callable[..., None]:
    """Add the options of `Settings`."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command
