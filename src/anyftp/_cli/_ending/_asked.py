"""What all commands can be asked for: the traceback of a failure, the dialogue with the server.

Both options may stand before the command and after it.
"""

from __future__ import annotations

from collections.abc import Callable

import click

DEBUG = "anyftp.debug"
VERBOSE = "anyftp.verbose"


def asking_options() -> list[click.Option]:
    """The options for a command; their values go into the context, not to the command."""
    return [
        click.Option(
            ["--debug"],
            is_flag=True,
            expose_value=False,
            callback=_noted(DEBUG),
            help="Show the traceback of a failure.",
        ),
        click.Option(
            ["-v", "--verbose"],
            is_flag=True,
            expose_value=False,
            callback=_noted(VERBOSE),
            help="Show the dialogue with the server.",
        ),
    ]


def _noted(key: str) -> Callable[[click.Context, click.Parameter, bool], None]:
    def note(ctx: click.Context, param: click.Parameter, value: bool) -> None:
        ctx.meta[key] = ctx.meta.get(key, False) or value

    return note


def is_asked_for(key: str) -> bool:
    """Whether the command that runs was asked for DEBUG or VERBOSE."""
    ctx = click.get_current_context(silent=True)
    return ctx is not None and bool(ctx.meta.get(key))
