"""Profiles: servers by a short name, from a file of the user's.

    [profiles.work]
    url = "ftp://alice@ftp.example.org/www"
    tls = true

`work:` is then the URL; `work:a/b` lies below it, and `work:/pub` begins at the server's root. The
other keys are options of the command line by their long names; the command line wins.
"""

from __future__ import annotations

import dataclasses
import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from anyftp import LocalProtocolError
from anyftp._cli._ending._failure import Failure, describe
from anyftp._cli._ending._status import Status
from anyftp._cli._given import _toml_values as toml
from anyftp._cli._given._url import RemoteURL, below, parse_url

T = TypeVar("T")

#: A name and what follows it. One letter would be a drive on Windows.
_PLACE = re.compile(r"([A-Za-z0-9_][\w.-]+):(?!//)(.*)", re.DOTALL)


def config_path() -> Path:
    """Where the file is: `ANYFTP_CONFIG`, or the platform's place for settings."""
    if named := os.environ.get("ANYFTP_CONFIG"):
        return Path(named)
    from platformdirs import user_config_path

    return user_config_path("anyftp", appauthor=False) / "config.toml"


def bookmark_in(text: str) -> str:
    """The name of a profile that a text begins with, whether or not there is such a one; or ""."""
    match = _PLACE.fullmatch(text)
    return match[1] if match is not None else ""


def place_in_profile(text: str) -> RemoteURL | None:
    """The URL that `work:/pub` stands for; None if it begins with no profile's name.

    Raises:
        Failure: something in the file is wrong.
        LocalProtocolError: something in the text is.
    """
    match = _PLACE.fullmatch(text)
    if match is None:
        return None
    profile = read_profiles(config_path()).get(match[1])
    return None if profile is None else below(profile, match[2])


def read_profiles(path: Path) -> dict[str, RemoteURL]:
    """Each profile's URL, with its other settings; none if there is no such file.

    Raises:
        Failure: the file cannot be read, or something in it is wrong.
    """
    try:
        return parse_profiles(path.read_text("utf-8"), path.parent)
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise Failure(describe(error), Status.LOCAL_READ) from error
    except ValueError as error:  # no TOML, no UTF-8, or a value that makes no sense
        raise Failure(f"{path}: {error}", Status.USAGE) from error


def parse_profiles(text: str, folder: Path) -> dict[str, RemoteURL]:
    """Read the text of such a file.

    Args:
        folder: from which relative paths are seen.

    Raises:
        ValueError: it is not TOML, or a value is wrong; the message names its key.
    """
    import tomllib  # a machine without such a file starts sooner

    profiles = _checked("profiles", toml.table, tomllib.loads(text).get("profiles", {}))
    return {name: _profile(f"profiles.{name}", each, folder) for name, each in profiles.items()}


def is_profile_name(name: str) -> bool:
    """Whether `name:` can stand before a path."""
    return _PLACE.fullmatch(f"{name}:") is not None


def _profile(name: str, value: object, folder: Path) -> RemoteURL:
    given = dict(_checked(name, toml.table, value))
    if "url" not in given:
        raise ValueError(f"{name}: must have a url")
    url = _checked(f"{name}.url", _url, given.pop("url"))
    settings = {}
    for key, setting in given.items():
        if key not in _SETTINGS:
            raise ValueError(f"{name}.{key}: there is no such setting")
        settings[key] = _checked(f"{name}.{key}", _SETTINGS[key], setting)
    if "ca_file" in settings:
        settings["ca_file"] = str(folder / Path(settings["ca_file"]).expanduser())
    return dataclasses.replace(url, settings=settings)


def _checked(name: str, check: Callable[[object], T], value: object) -> T:
    try:
        return check(value)
    except (ValueError, LocalProtocolError) as error:
        raise ValueError(f"{name}: {error}") from error


def _url(value: object) -> RemoteURL:
    return parse_url(toml.text(value))


_SETTINGS: dict[str, Callable[[object], Any]] = {
    "user": toml.text,
    "tls": toml.flag,
    "insecure": toml.flag,
    "ca_file": toml.text,
    "active": toml.flag,
    "timeout": toml.seconds,
    "limit_rate": toml.amount,
    "retry": toml.count,
    "proxy": toml.text,
}
