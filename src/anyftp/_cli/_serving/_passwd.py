"""`anyftp passwd`: users in and out of the file that `anyftp serve --users` reads."""

from __future__ import annotations

import contextlib
import os
import secrets
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from anyftp import hash_password
from anyftp._cli._ending._failure import Failure
from anyftp._cli._ending._signals import signals_that_raise
from anyftp._cli._given._standard_input import read_line
from anyftp._cli._serving._accounts import parse_accounts, parse_home

if TYPE_CHECKING:
    from tomlkit import TOMLDocument

if sys.platform != "win32":
    import fcntl


def _home(ctx: click.Context, param: click.Parameter, text: str | None) -> str | None:
    try:
        return None if text is None else parse_home(text)
    except ValueError as error:
        raise click.BadParameter(str(error), ctx, param) from error


@click.command()
@click.argument("file", metavar="FILE", type=click.Path(path_type=Path, dir_okay=False))
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
        raise click.UsageError("--delete goes with no other option")
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


@contextlib.contextmanager
def _edited(path: Path) -> Iterator[TOMLDocument]:
    """Give what the file says; what it is made to say then takes the file's place.

    The file is checked before and after, so that a bad one is neither hidden nor made.

    Raises:
        Failure: something in it is wrong.
    """
    import tomlkit

    path = path.resolve()  # a link stays one
    with _locked(path.parent):
        document = tomlkit.parse(_checked(path, path.read_bytes() if path.exists() else b""))
        yield document
        content = tomlkit.dumps(document).encode("utf-8")
        _checked(path, content)
        _replace(path, content)


def _checked(path: Path, content: bytes) -> str:
    try:
        text = content.decode("utf-8")
        parse_accounts(text)
        return text
    except ValueError as error:
        raise Failure(f"{path}: {error}") from error


@contextlib.contextmanager
def _locked(folder: Path) -> Iterator[None]:
    """Keep other runs of this command out, or one of two changes would be lost."""
    if sys.platform == "win32":
        yield
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _replace(path: Path, content: bytes) -> None:
    """Put a new file, which its owner alone can read, in the place of the old one, at once."""
    new = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            _keep_owner(path, descriptor)
            file.write(content)
            file.flush()
            os.fsync(descriptor)
        os.replace(new, path)
    except BaseException:
        new.unlink(missing_ok=True)
        raise


def _keep_owner(path: Path, descriptor: int) -> None:
    """The server may run as somebody else than the administrator who sets a password."""
    if sys.platform == "win32" or not path.exists():
        return
    old, mine = path.stat(), os.fstat(descriptor)
    if (old.st_uid, old.st_gid) != (mine.st_uid, mine.st_gid):
        os.fchown(descriptor, old.st_uid, old.st_gid)
