"""What `anyftp serve` is told: its options, and the record that they end up in."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, Literal, TypeVar

import click

from anyftp._cli._given._param_type import Place
from anyftp._cli._given._url import RemoteURL
from anyftp._cli._reaching._options import Seconds, backend_option, limit_option
from anyftp._cli._serving._config_file import config_option
from anyftp._cli._serving._logs import LogFormat
from anyftp._cli._serving._operation_options import OPERATION_OPTIONS
from anyftp._cli._serving._passive_names import check as check_passive_hosts
from anyftp._cli._serving._privileges import Account
from anyftp._cli._serving._self_signed import make_self_signed
from anyftp._cli._serving._server_options import Option, direct_options, direct_values
from anyftp._cli._serving._tls_options import TLS_OPTIONS
from anyftp._cli._serving._upload_program import upload_program
from anyftp._protocol import OPTIONAL_VERBS, Networks
from anyftp._server import Strictness

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
    listen: tuple[RemoteURL, ...]
    tls_session_reuse: Strictness
    tls_alpn: Strictness
    tls_data: bool | None
    allow_ccc: bool
    accept_truncated_uploads: bool
    client_certificates: Literal["ignore", "request", "require"]
    client_authorities: str | None
    passive_ports: range | None
    passive_host: Mapping[str, str]
    proxy_protocol: tuple[str, ...]
    foreign_data_hosts: bool
    allow: tuple[str, ...]
    deny: tuple[str, ...]
    ban_after: int | None
    ban_within: float
    ban_for: float
    welcome: str | None
    welcome_file: Path | None
    hide: tuple[str, ...]
    on_upload: str | None
    umask: int | None
    extensions: tuple[str, ...]
    limit_rate: int | None
    backend: str | None
    self_signed: bool
    run_as: Account | None
    workers: int
    shared: str | None
    when_lost: Literal["refuse", "local"]
    metrics: tuple[str, int] | None
    status: tuple[str, int] | None
    status_token: Path | None
    log_file: Path | None
    log_format: LogFormat
    verbose: bool
    trace: bool
    direct: Mapping[str, Any]

    @classmethod
    def of(cls, ctx: click.Context) -> Settings:
        """The settings in a context that click has filled."""
        names = [field.name for field in fields(cls) if field.name != "direct"]
        given = {name: ctx.params[name] for name in names}
        if given["self_signed"]:
            if given["cert"] or given["key"]:
                raise click.UsageError("--self-signed cannot be combined with --cert and --key")
            given["cert"] = str(_self_signed(ctx, given["host"]))
        return cls(**given, direct=direct_values(ctx.params))


def _self_signed(ctx: click.Context, host: str) -> Path:
    """The certificate of this start, made when it is first asked for."""
    if "anyftp.self_signed" not in ctx.meta:
        folder = ctx.find_root().with_resource(tempfile.TemporaryDirectory(prefix="anyftp-"))
        ctx.meta["anyftp.self_signed"] = make_self_signed(Path(folder), host)
    file: Path = ctx.meta["anyftp.self_signed"][0]
    return file


def _port_range(ctx: click.Context, param: click.Parameter, text: str | None) -> range | None:
    """Read FIRST-LAST, both included."""
    if text is None:
        return None
    match = _PORTS.fullmatch(text)
    if match is None:
        raise click.BadParameter(f"write the ports as 50000-50100, not {text!r}", ctx, param)
    first, last = int(match[1]), int(match[2])
    if not 1 <= first <= last <= 65535:
        raise click.BadParameter(f"ports must rise, within 1 to 65535, not {text!r}", ctx, param)
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
    _check(ctx, param, found, check_passive_hosts)
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


def _program(ctx: click.Context, param: click.Parameter, text: str | None) -> str | None:
    if text is not None:
        _check(ctx, param, text, upload_program)
    return text


def _octal(ctx: click.Context, param: click.Parameter, text: str | None) -> int | None:
    if text is None:
        return None
    if not _UMASK.fullmatch(text):
        raise click.BadParameter(f"write it as 027, not {text!r}", ctx, param)
    return int(text, 8)


_UMASK = re.compile(r"0?[0-7]{3}", re.ASCII)

_OPTIONS: tuple[Option, ...] = (
    click.argument("folder", metavar="DIR", type=Place(path_type=Path)),
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
        type=Place(path_type=Path),
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
        type=Place(),
        metavar="PEM",
        help="Offer TLS with this certificate (and its chain).",
    ),
    click.option(
        "--key",
        type=Place(),
        metavar="PEM",
        help="Its private key, where --cert does not hold it.",
    ),
    click.option("--tls-required", is_flag=True, help="Refuse logins and transfers in plain text."),
    click.option("--implicit-tls", is_flag=True, help="Speak TLS from the first byte (ftps://)."),
    *TLS_OPTIONS,
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
        help="IPv4 address or name for PASV (to clients of this network). May be repeated.",
    ),
    click.option(
        "--proxy-protocol",
        callback=_networks,
        multiple=True,
        metavar="NETWORK",
        help="Want a PROXY header of whoever connects from there. May be repeated.",
    ),
    click.option(
        "--foreign-data-hosts",
        is_flag=True,
        help="Let PORT and EPRT name other hosts than the client's own (FXP).",
    ),
    click.option(
        "--allow",
        callback=_networks,
        multiple=True,
        metavar="NETWORK",
        help="Let nobody in but who comes from there. May be repeated.",
    ),
    click.option(
        "--deny",
        callback=_networks,
        multiple=True,
        metavar="NETWORK",
        help="Let nobody in from there. May be repeated.",
    ),
    click.option(
        "--ban-after",
        type=click.IntRange(1),
        metavar="N",
        help="Keep an address out after this many failed logins (default: never).",
    ),
    click.option(
        "--ban-within",
        type=Seconds(),
        default=600.0,
        show_default=True,
        metavar="SECONDS",
        help="Seconds in which they have to come.",
    ),
    click.option(
        "--ban-for",
        type=Seconds(),
        default=3600.0,
        show_default=True,
        metavar="SECONDS",
        help="Seconds that it is kept out.",
    ),
    click.option("--welcome", metavar="TEXT", help="The text of the greeting."),
    click.option(
        "--welcome-file",
        type=Place(path_type=Path),
        metavar="FILE",
        help="The greeting, of several lines.",
    ),
    click.option(
        "--hide",
        multiple=True,
        metavar="PATTERN",
        help="Show no such names in listings: '*.tmp', '.*'. May be repeated.",
    ),
    click.option(
        "--on-upload",
        callback=_program,
        metavar="PROGRAM",
        help="Have a program look at each upload on its standard input; not 0 rejects it.",
    ),
    click.option(
        "--umask",
        callback=_octal,
        metavar="MODE",
        help="Rights that new files and folders do not get: 027.",
    ),
    *direct_options(),
    click.option(
        "--extension",
        "extensions",
        type=click.Choice(sorted(OPTIONAL_VERBS), case_sensitive=False),
        multiple=True,
        help="Switch on a command that is off by default, in place of HASH, which is on where"
        " nobody is anonymous. May be repeated.",
    ),
    limit_option,
    backend_option,
    *OPERATION_OPTIONS,
)


def serve_options(command: Callable[..., None]) -> Callable[..., None]:
    """Add the options of `Settings`."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command
