"""Options of `anyftp serve` about TLS, and about the addresses that have it from the first byte."""

from __future__ import annotations

from typing import get_args

import click

from anyftp import LocalProtocolError
from anyftp._cli._given._param_type import Place
from anyftp._cli._given._url import RemoteURL, parse_url
from anyftp._cli._serving._server_options import Option
from anyftp._server import Strictness

_STRICTNESS = click.Choice(get_args(Strictness))


def _addresses(
    ctx: click.Context, param: click.Parameter, texts: tuple[str, ...]
) -> tuple[RemoteURL, ...]:
    try:
        return tuple(parse_url(text) for text in texts)
    except LocalProtocolError as error:
        raise click.BadParameter(str(error), ctx, param) from None


TLS_OPTIONS: tuple[Option, ...] = (
    click.option(
        "--self-signed",
        is_flag=True,
        help="Offer TLS with a throw-away certificate, whose fingerprint is printed.",
    ),
    click.option(
        "--listen",
        callback=_addresses,
        multiple=True,
        metavar="URL",
        help="Listen there as well: ftp://HOST:PORT, or ftps:// for TLS from the first byte."
        " May be repeated.",
    ),
    click.option(
        "--tls-session-reuse",
        type=_STRICTNESS,
        default="off",
        show_default=True,
        help="Whether data connections have to resume the TLS session.",
    ),
    click.option(
        "--tls-alpn",
        type=_STRICTNESS,
        default="if-offered",
        show_default=True,
        help="Whether clients have to say by ALPN that they speak FTP.",
    ),
    click.option(
        "--tls-data/--no-tls-data",
        default=None,
        help="Whether data connections in plain text are refused (default: as --tls-required).",
    ),
    click.option(
        "--allow-ccc", is_flag=True, help="Let clients end TLS on the control connection."
    ),
    click.option(
        "--accept-truncated-uploads",
        is_flag=True,
        help="Take uploads that end without TLS close_notify for whole.",
    ),
    click.option(
        "--client-certificates",
        type=click.Choice(["ignore", "request", "require"]),
        default="ignore",
        show_default=True,
        help="Whether clients have to show a certificate.",
    ),
    click.option(
        "--client-authorities",
        type=Place(),
        metavar="PEM",
        help="Who signs the certificates of clients.",
    ),
)
