"""Options of `anyftp serve` that are arguments of `Server`, under the same names and defaults.

What is here needs no thought of the command's: it is read, checked and handed over. The rest stands
in `_settings`.
"""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable, Mapping
from typing import Any

import click

from anyftp import Server
from anyftp._cli._given._param_type import ParamType
from anyftp._cli._given._rates import parse_amount
from anyftp._cli._reaching._options import Seconds

Option = Callable[[Callable[..., None]], Callable[..., None]]


class Pace(ParamType):
    """A number of something per second, or "none"."""

    name = "rate"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> float | None:
        """Read it."""
        if value is None or str(value).lower() == "none":
            return None
        try:
            number = float(value)
        except ValueError:
            number = math.nan
        if not 0.0 < number < math.inf:
            self.fail(f"{value!r} must be a number above 0, or none.", param, ctx)
        return number


class Amount(ParamType):
    """Bytes per second: 512K, 1M."""

    name = "amount"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> int | None:
        """Read it."""
        if value is None or isinstance(value, int):
            return value
        try:
            return parse_amount(str(value), least=1)
        except ValueError as error:
            self.fail(str(error), param, ctx)


#: By the names that they have for `Server`: the type of the value, and what it is.
_DIRECT: Mapping[str, tuple[ParamType, str]] = {
    "read_speed_limit_per_connection": (Amount(), "Bytes per second of one session's uploads."),
    "write_speed_limit_per_connection": (Amount(), "Bytes per second of one session's downloads."),
    "max_connections": (click.IntRange(1), "Clients at once."),
    "max_connections_per_address": (click.IntRange(1), "Clients at once from one address."),
    "idle_timeout": (Seconds(), "End sessions in which nothing happens for this long."),
    "login_timeout": (Seconds(), "End sessions that are not logged in after this long."),
    "stall_timeout": (Seconds(), "End transfers that stand still for this long."),
    "accept_timeout": (Seconds(), "Wait this long for a data connection."),
    "handshake_timeout": (Seconds(), "Wait this long for a TLS handshake."),
    "send_timeout": (Seconds(), "Wait this long for a client to read a reply."),
    "login_delay": (click.FloatRange(0), "Answer the first wrong password after this long."),
    "max_login_failures": (click.IntRange(1), "Wrong passwords until a session is closed."),
    "max_unknown_commands": (click.IntRange(1), "Unknown commands until a session is closed."),
    "max_line": (click.IntRange(64), "Bytes in a command."),
    "max_listing": (click.IntRange(1), "Files and folders that are listed of one folder."),
    "command_rate": (Pace(), "Commands per second that a session may give, or none."),
    "command_rate_per_address": (Pace(), "The same of all sessions from one address."),
    "partial_uploads": (
        click.Choice(["delete", "keep"]),
        "What becomes of an upload that breaks off.",
    ),
    "system": (click.STRING, "What SYST says."),
}
_METAVARS = {Seconds: "SECONDS", Pace: "N", Amount: "AMOUNT", click.FloatRange: "SECONDS"}
#: What is not changed while the server runs.
LASTING_DIRECT = frozenset({"send_timeout", "login_delay", "max_line", "system"})


def direct_options() -> list[Option]:
    """The options, as decorators."""
    defaults = inspect.signature(Server).parameters
    return [
        click.option(
            f"--{name.replace('_', '-')}",
            name,
            type=kind,
            default=defaults[name].default,
            show_default=defaults[name].default is not None,
            metavar=_METAVARS.get(type(kind), None if isinstance(kind, click.Choice) else "N")
            if kind is not click.STRING
            else "TEXT",
            help=what,
        )
        for name, (kind, what) in _DIRECT.items()
    ]


def direct_values(params: Mapping[str, Any]) -> dict[str, Any]:
    """The values of these options."""
    return {name: params[name] for name in _DIRECT}
