"""`anyftp bookmark`: short names of servers, in the file of profiles."""

from __future__ import annotations

import click

from anyftp import LocalProtocolError
from anyftp._cli._ending._failure import Failure
from anyftp._cli._ending._signals import signals_that_raise
from anyftp._cli._given._profiles import (
    config_path,
    is_profile_name,
    parse_profiles,
    read_profiles,
)
from anyftp._cli._given._toml_file import edited
from anyftp._cli._given._url import parse_url


@click.command()
@click.argument("name", required=False)
@click.argument("url", required=False)
@click.option("--delete", is_flag=True, help="Forget the bookmark NAME.")
def bookmark(name: str | None, url: str | None, delete: bool) -> None:
    """Let NAME: stand for URL from now on; without URL, tell what it stands for; or list all.

    NAME:a/b is then a place below URL, and NAME:/a one below the server's root. Passwords belong
    into ~/.netrc. Other settings of a profile, and comments in its file, stay as they are.
    """
    if delete and (name is None or url is not None):
        raise click.UsageError("--delete takes a NAME and no URL")
    if name is None or (url is None and not delete):
        _tell(name)
        return
    path = config_path()
    path.parent.mkdir(parents=True, exist_ok=True)
    with signals_that_raise(), edited(path, lambda text: parse_profiles(text, path.parent)) as file:
        profiles = file.setdefault("profiles", {})
        if delete:
            if name not in profiles:
                raise Failure(f"there is no bookmark {name!r}")
            del profiles[name]
        else:
            profiles.setdefault(name, {})["url"] = _checked(name, url or "")


def _checked(name: str, url: str) -> str:
    """A URL that may be written down under a name.

    Raises:
        click.UsageError: it may not, or it is none.
    """
    if not is_profile_name(name):
        raise click.UsageError(
            f"{name!r} is no name of a bookmark: two or more letters, figures, dots, - and _"
        )
    try:
        place = parse_url(url)
    except LocalProtocolError as error:
        raise click.UsageError(str(error)) from None  # a traceback would show nothing more
    if place.password is not None:
        raise click.UsageError("a bookmark holds no password: put it into ~/.netrc")
    return url


def _tell(name: str | None) -> None:
    profiles = read_profiles(config_path())
    if name is not None and name not in profiles:
        raise Failure(f"there is no bookmark {name!r}")
    for each in sorted(profiles) if name is None else [name]:
        place = profiles[each]
        user = f"{place.user}@" if place.user else ""
        click.echo(f"{each}\t{str(place).replace('://', f'://{user}', 1)}")
