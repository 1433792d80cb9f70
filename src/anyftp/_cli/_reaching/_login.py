"""Who logs in, and with which password: from the command line down to ~/.netrc and the keyboard."""

from __future__ import annotations

import netrc
import os
import re
import sys
from pathlib import Path

import click

from anyftp._cli._ending._failure import Failure, describe_at
from anyftp._cli._ending._signals import signals_that_raise
from anyftp._cli._ending._status import Status
from anyftp._cli._given._url import RemoteURL

#: Names that any password, by custom an address, belongs to (RFC 1635).
ANONYMOUS = ("anonymous", "ftp")
ANONYMOUS_PASSWORD = "anon@"


def find_login(
    url: RemoteURL, user: str | None, from_input: str | None, from_environment: str | None
) -> tuple[str, str]:
    """User and password for a URL.

    Args:
        url: what it says counts less than the options, and more than anything else.
        user: of the option, with or without its password.
        from_input: the password that came through standard input.
        from_environment: the password in `ANYFTP_PASSWORD`.

    Raises:
        click.UsageError: a password without its user.
        Failure: no password can be found.
    """
    name, password = url.user, url.password
    if user is None and name is None:
        user = url.settings.get("user")
    if user is not None:
        name, colon, given = user.partition(":")
        password = given if colon else password if name == url.user else None
    if name == "":
        raise click.UsageError("the user name is empty")
    if from_input is not None:
        if name is None:
            raise click.UsageError("--password-stdin needs a user, from --user or the URL")
        return name, from_input
    if password is None and name is not None:
        password = from_environment
    if password is None:
        name, password = _from_netrc(url.host, name)
    if name is None:
        return ANONYMOUS[0], ANONYMOUS_PASSWORD
    return name, _asked_for(url, name) if password is None else password


def _from_netrc(host: str, name: str | None) -> tuple[str | None, str | None]:
    """What ~/.netrc, or the file that NETRC names, knows of a host and perhaps of a user."""
    named = os.environ.get("NETRC")
    path = Path(named) if named else Path.home() / ".netrc"
    if not path.is_file():
        return name, None
    try:
        found = (netrc.netrc(named) if named else netrc.netrc()).authenticators(host)
    except netrc.NetrcParseError as error:
        # A token that it could not read may be what follows the blank in a password.
        reason = re.sub(r"token .*", "token", error.msg)
        line = f"line {error.lineno}: " if error.lineno else ""
        raise Failure(f"{path}: {line}{reason}", Status.LOCAL_READ) from None
    except UnicodeDecodeError as error:
        raise Failure(f"{path}: it must be text in UTF-8", Status.LOCAL_READ) from error
    except OSError as error:
        raise Failure(describe_at(path, error), Status.LOCAL_READ) from error
    if found is None or (name is not None and found[0] != name):
        return name, None
    return found[0] or name, found[2] or None  # an empty one would be sent, and refused


def _asked_for(url: RemoteURL, name: str) -> str:
    if name.lower() in ANONYMOUS:
        return ANONYMOUS_PASSWORD
    if not sys.stdin.isatty():
        raise Failure(
            f"{url}: no password of {name} was given (--password-stdin reads it)", Status.LOGIN
        )
    with signals_that_raise():  # so that the terminal shows again what is typed
        password: str = click.prompt(
            f"Password of {name}", hide_input=True, default="", err=True, show_default=False
        )
    return password
