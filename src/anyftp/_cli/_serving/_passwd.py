"""`anyftp passwd`: users in and out of the file that `anyftp serve --users` reads."""

from __future__ import annotations

import sys
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from anyftp import hash_password
from anyftp._cli._ending._failure import Failure
from anyftp._cli._ending._signals import signals_that_raise
from anyftp._cli._given._param_type import Place
from anyftp._cli._given._standard_input import read_line
from anyftp._cli._given._toml_file import edited
from anyftp._cli._serving._accounts import parse_accounts, parse_home

if TYPE_CHECKING:
    from tomlkit import TOMLDocument


def _home(ctx: click.Context, param: click.Parameter, text: str | None) -> str | None:
    try:
        return None if text is None else parse_home(text)
    except ValueError as error:
        raise click.BadParameter(str(error), ctx, param) from error


@click.command()
@click.argument("file", metavar="FILE", type=Place(path_type=Path, dir_okay=False))
@click.argument("name", metavar="NAME")
@click.option("--delete", is_flag=True, help="Remove the user.")
@click.option("--password-stdin", is_flag=True, help="Read the password from standard input.")
@click.option(
    "--home",
    metavar="PATH",
    callback=_home,
    help="The folder of the served one that is all this user sees; / is all of it.",
)
@click.option(
    "--read-only/--read-write", default=None, help="Let this user change nothing, or change files."
)
def passwd(
    file: Path,
    name: str,
    delete: bool,
    password_stdin: bool,
    home: str | None,
    read_only: bool | None,
) -> None:
    """Give the user NAME a password in FILE, for `anyftp serve --users FILE`.

    A user who is not there is added, a file that is not there is made. On a terminal you are asked
    for the password, twice. Whatever else is in the file stays as it is, comments too.
    """
    if delete and (password_stdin or home is not None or read_only is not None):
        raise click.UsageError("--delete cannot be combined with other options")
    if delete:
        with signals_that_raise(), _edited(file) as document:
            users = document.get("users", {})
            if name not in users:
                raise Failure(f"{file}: there is no user {name!r}")
            del users[name]
        return
    fields: dict[str, object] = {"password": hash_password(_password(name, password_stdin))}
    if home is not None:
        fields["home"] = home
    if read_only is not None:
        fields["read_only"] = read_only
    with signals_that_raise(), _edited(file) as document:
        _set(document, name, fields)


def _password(name: str, from_stdin: bool) -> str:
    if from_stdin:
        password = read_line()
    elif sys.stdin.isatty():
        with signals_that_raise():  # so that the terminal shows again what is typed
            password = click.prompt(
                f"New password of {name}", hide_input=True, confirmation_prompt=True, err=True
            )
    else:
        raise click.UsageError("there is no terminal to ask on: use --password-stdin")
    if not password:
        raise Failure("the password is empty")
    return password


def _set(document: TOMLDocument, name: str, fields: dict[str, object]) -> None:
    import tomlkit

    if "users" not in document:
        document["users"] = tomlkit.table(is_super_table=True)
    users = document["users"]
    if name not in users:
        is_inline = isinstance(users, tomlkit.items.InlineTable)
        users[name] = tomlkit.inline_table() if is_inline else tomlkit.table()
    for key, value in fields.items():
        users[name][key] = value


def _edited(path: Path) -> AbstractContextManager[TOMLDocument]:
    return edited(path, parse_accounts)
