"""Options of `anyftp serve` for whoever runs it: rights, logs, figures."""

from __future__ import annotations

import os
from pathlib import Path
from typing import get_args

import click

import anyftp.shared
from anyftp._cli._given._param_type import Place
from anyftp._cli._serving._logs import LogFormat
from anyftp._cli._serving._privileges import Account
from anyftp._cli._serving._server_options import Option


def _account(ctx: click.Context, param: click.Parameter, text: str | None) -> Account | None:
    try:
        return None if text is None else Account.of(text)
    except ValueError as error:
        raise click.BadParameter(str(error), ctx, param) from error


def _address(
    ctx: click.Context, param: click.Parameter, text: str | None
) -> tuple[str, int] | None:
    """Read HOST:PORT, IPv6 in brackets."""
    if text is None:
        return None
    host, _, port = text.rpartition(":")
    if not host or not port.isdecimal() or int(port) > 65535:
        raise click.BadParameter(f"write it as 127.0.0.1:9121, not {text!r}", ctx, param)
    return host.removeprefix("[").removesuffix("]"), int(port)


def _workers(ctx: click.Context, param: click.Parameter, count: int) -> int:
    if count > 1 and not hasattr(os, "fork"):
        raise click.BadParameter("this system cannot fork processes", ctx, param)
    return count


def _shared(ctx: click.Context, param: click.Parameter, url: str | None) -> str | None:
    if url is not None:
        try:
            anyftp.shared.SharedCounts(url)
        except (ValueError, ImportError) as error:
            raise click.BadParameter(str(error), ctx, param) from error
    return url


OPERATION_OPTIONS: tuple[Option, ...] = (
    click.option(
        "--run-as",
        callback=_account,
        metavar="USER[:GROUP]",
        help="Be this user once the sockets are there; for servers that root starts.",
    ),
    click.option(
        "--workers",
        type=click.IntRange(1),
        callback=_workers,
        default=1,
        show_default=True,
        metavar="N",
        help="Serve by this many processes, which count connections, bans and quotas together.",
    ),
    click.option(
        "--shared",
        callback=_shared,
        metavar="URL",
        help="Count them together with other servers there: redis://HOST, sqlite:///FILE.",
    ),
    click.option(
        "--when-lost",
        type=click.Choice(["refuse", "local"]),
        default="refuse",
        show_default=True,
        help="While nobody is to be asked there, refuse clients, or count them alone.",
    ),
    click.option(
        "--metrics",
        callback=_address,
        metavar="HOST:PORT",
        help="Serve figures for Prometheus there, over HTTP.",
    ),
    click.option(
        "--status",
        callback=_address,
        metavar="HOST:PORT",
        help="Serve a page there, over HTTP, to look at the server and to act upon it.",
    ),
    click.option(
        "--status-token",
        "status_token",
        type=Place(path_type=Path),
        metavar="FILE",
        help="What the page asks for is in this file (default: a new one each time, printed).",
    ),
    click.option(
        "--log-file",
        type=Place(path_type=Path),
        metavar="FILE",
        help="Write logins, transfers and changes to this file; begun anew when it was moved away.",
    ),
    click.option(
        "--log-format",
        type=click.Choice(get_args(LogFormat)),
        default="text",
        show_default=True,
        help="Lines for people, JSON objects, or transfers as other servers write them.",
    ),
    click.option(
        "-v",
        "--verbose",
        is_flag=True,
        help="Write logins, transfers and changes to standard error, a line each.",
    ),
    click.option(
        "--trace", is_flag=True, help="Write each command and reply as well, without passwords."
    ),
)
