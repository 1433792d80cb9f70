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
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from anyftp import LocalProtocolError
from anyftp._cli._ending._failure import Failure, describe
from anyftp._cli._ending._status import Status
from anyftp._cli._given._rates import parse_positive
from anyftp._cli._given._url import RemoteURL, below, parse_url

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
        ValueError: it is no TOML, or a value makes no sense.
    """
    import tomllib  # a machine without such a file starts sooner

    tables = tomllib.loads(text)
    return {
        name: _profile(f"profiles.{name}", table, folder)
        for name, table in _table("profiles", tables.get("profiles", {})).items()
    }


def is_profile_name(name: str) -> bool:
    """Whether `name:` can stand before a path."""
    return _PLACE.fullmatch(f"{name}:") is not None


def _table(name: str, value: object) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise ValueError(f"{name}: a table is wanted")
    return value


def _profile(name: str, value: object, folder: Path) -> RemoteURL:
    table = dict(_table(name, value))
    text = table.pop("url", None)
    if not isinstance(text, str):
        raise ValueError(f"{name}.url: a URL is wanted")
    settings = {}
    for key, given in table.items():
        if key not in _SETTINGS:
            raise ValueError(f"{name}.{key}: there is no such setting")
        try:
            settings[key] = _SETTINGS[key](given)
        except (ValueError, LocalProtocolError) as error:
            raise ValueError(f"{name}.{key}: {error}") from error
    if "ca_file" in settings:
        settings["ca_file"] = str(folder / Path(settings["ca_file"]).expanduser())
    try:
        return dataclasses.replace(parse_url(text), settings=settings)
    except LocalProtocolError as error:
        raise ValueError(f"{name}.url: {error}") from error


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise ValueError("a text is wanted")
    return value


def _flag(value: object) -> bool:
    if not isinstance(value, bool):
        raise ValueError("true or false is wanted")
    return value


def _seconds(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not value > 0:
        raise ValueError("a number of seconds above 0 is wanted")
    return float(value)


def _count(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise ValueError("a whole number, 0 or above, is wanted")
    return value


def _rate(value: object) -> int:
    return parse_positive(_text(value) if not isinstance(value, int) else str(value), "the rate")


_SETTINGS: dict[str, Callable[[object], Any]] = {
    "user": _text,
    "tls": _flag,
    "insecure": _flag,
    "ca_file": _text,
    "active": _flag,
    "timeout": _seconds,
    "limit_rate": _rate,
    "retry": _count,
    "proxy": _text,
}
