"""`--config FILE`: a command's options in TOML, under their long names with "_" for "-".

    folder = "/srv/ftp"                     # the argument DIR
    port = 21
    users = "users.toml"                    # paths are seen from the file's folder
    passive_ports = "50000-50100"
    extension = ["HASH", "MODE Z"]          # what may be repeated is a list

Each value is checked as on the command line, which wins where both say something.
"""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import click

from anyftp._cli._ending._failure import Failure, describe
from anyftp._cli._given import _toml_values as toml
from anyftp._cli._given._param_type import Place
from anyftp._errors import LocalProtocolError


class BadConfig(Failure):
    """Something in the file is wrong: wrong usage, told in one line."""

    exit_code = 2


def _read(ctx: click.Context, param: click.Parameter, path: Path | None) -> Path | None:
    """Make the file's values the defaults of all options."""
    if path is not None:
        known = {_key(each): each for each in ctx.command.params if each is not param}
        defaults: dict[str, Any] = {}
        for key, value in _parsed(path).items():
            option = known.get(key)
            if option is None or option.name is None:
                raise BadConfig(f"{path}: {key}: there is no such option")
            try:
                plain = _plain(option, value, path.parent)
                option.process_value(ctx, plain)  # once more, with the others, when its turn comes
                defaults[option.name] = plain
            except (click.UsageError, ValueError, LocalProtocolError) as error:
                reason = error.message if isinstance(error, click.UsageError) else str(error)
                raise BadConfig(f"{path}: {key}: {reason}") from error
        # What stands there already is from the command line, before the command's name.
        ctx.default_map = {**defaults, **(ctx.default_map or {})}
    return path


config_option = click.option(
    "--config",
    type=Place(path_type=Path),
    callback=_read,
    is_eager=True,
    expose_value=False,
    metavar="FILE",
    help="Read these options from a TOML file; the command line wins.",
)


def _key(param: click.Parameter) -> str:
    longest = max(param.opts, key=len)
    return longest.lstrip("-").replace("-", "_")


def _parsed(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text("utf-8"))
    except OSError as error:
        raise BadConfig(describe(error)) from error
    except ValueError as error:  # no TOML, or no UTF-8
        raise BadConfig(f"{path}: {error}") from error


def _plain(option: click.Parameter, value: object, folder: Path) -> object:
    """A value as the command line would have it.

    Raises:
        ValueError: it is of the wrong kind.
    """
    if isinstance(option, click.Option) and option.is_flag:
        return toml.flag(value)
    if option.multiple:
        return [toml.text_or_number(each) for each in toml.items(value, '["one", "two"]')]
    text = toml.text_or_number(value)
    return str(folder / text) if isinstance(option.type, click.Path) else text
