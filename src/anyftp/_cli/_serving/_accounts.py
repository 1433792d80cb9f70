"""What a file of users says, checked: TOML text to accounts. Pure; no file is looked at.

    [users.alice]
    password = "scrypt$14$8$1$..."     # by `anyftp passwd`
    home = "/alice"                    # the folder of DIR that is all she sees

Each message names the user and the field, and never shows a value that may be a password.
"""

from __future__ import annotations

import functools
import tomllib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import PurePosixPath
from typing import Any, TypeAlias

from anyftp import FileSystem, Permission, User
from anyftp._cli._given import _toml_values as toml
from anyftp._server import is_hash, parse_hash

_Rights: TypeAlias = Permission | Mapping[str, Permission] | Sequence[tuple[str, Permission]]

#: How rights are called in the file: `list`, `read`, `make_directory`, `read_only`, `all`.
RIGHTS = {name.lower(): right for name, right in Permission.__members__.items()}


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """One user of the file; the fields have the names that they have there.

    Attributes:
        certificates: names of client certificates that let the user in, as in `User`.
        home: the folder, seen from the one that is served, which the user has as "/".
        folder: in place of the folder that is served, one anywhere on the disk.
        permissions: as in `User`, with the home as "/".
        quota: bytes in the home, for all users together whose home it is; it need be told once.
        quota_files: the same in files and folders.
    """

    name: str
    password: str | None = field(default=None, repr=False)
    certificates: tuple[str, ...] = ()
    home: str = "/"
    folder: str | None = None
    permissions: _Rights = Permission.ALL
    read_only: bool = False
    read_speed_limit: int | None = None
    write_speed_limit: int | None = None
    read_speed_limit_per_connection: int | None = None
    write_speed_limit_per_connection: int | None = None
    max_connections: int | None = None
    quota: int | None = None
    quota_files: int | None = None

    def user(self, file_system: FileSystem) -> User:
        """The user whose home is this file system."""
        return User(
            self.name,
            self.password,
            file_system=file_system,
            permissions=_only_reading(self.permissions) if self.read_only else self.permissions,
            read_speed_limit=self.read_speed_limit,
            write_speed_limit=self.write_speed_limit,
            read_speed_limit_per_connection=self.read_speed_limit_per_connection,
            write_speed_limit_per_connection=self.write_speed_limit_per_connection,
            max_connections=self.max_connections,
            certificates=self.certificates,
        )


def parse_accounts(text: str) -> list[Account]:
    """Read a file of users.

    Raises:
        ValueError: it is no TOML, or something in it is wrong; user and field are named.
    """
    document = tomllib.loads(text)
    for key in document:
        if key != "users":
            raise ValueError(f"unknown table or field {key!r}: users are [users.NAME]")
    users = document.get("users", {})
    if not isinstance(users, dict):
        raise ValueError("users must be a table: [users.NAME]")
    return _with_shared_quotas([_account(name, fields) for name, fields in users.items()])


def _account(name: str, fields: object) -> Account:
    if not name or not name.isprintable():
        raise ValueError(f"user {name!r}: the name must be of printable characters")
    if not isinstance(fields, dict):
        raise ValueError(f"user {name!r}: must be a table: [users.NAME]")
    values: dict[str, Any] = {}
    for key, value in fields.items():
        if key not in _FIELDS:
            raise ValueError(f"user {name!r}: {key}: there is no such field")
        try:
            values[key] = _FIELDS[key](value)
        except (ValueError, ImportError) as error:
            raise ValueError(f"user {name!r}: {key}: {error}") from error
    if "password" not in values and not values.get("certificates"):
        raise ValueError(f"user {name!r}: must have a password or certificates")
    return Account(name=name, **values)


def _with_shared_quotas(accounts: Sequence[Account]) -> list[Account]:
    """Let a quota hold for all who have the same home: counting some of them is counting wrong."""
    quotas: dict[tuple[str | None, str, str], Account] = {}
    for account in accounts:
        for key in ("quota", "quota_files"):
            if getattr(account, key) is None:
                continue
            other = quotas.setdefault((account.folder, account.home, key), account)
            if getattr(account, key) != getattr(other, key):
                raise ValueError(
                    f"user {account.name!r}: {key}: must be that of {other.name!r},"
                    " whose home is the same"
                )
    shared = []
    for account in accounts:
        place = (account.folder, account.home)
        in_bytes = quotas.get((*place, "quota"), account).quota
        in_files = quotas.get((*place, "quota_files"), account).quota_files
        shared.append(replace(account, quota=in_bytes, quota_files=in_files))
    return shared


def _password(value: object) -> str:
    text = toml.text(value)
    if not is_hash(text):
        raise ValueError("must be a hash, made by `anyftp passwd`")
    parse_hash(text)
    return text


def parse_home(value: object) -> str:
    """Read a folder below the one that is served.

    Raises:
        ValueError: it is not absolute, or climbs.
    """
    path = PurePosixPath(toml.text(value))
    if not path.is_absolute() or ".." in path.parts or "\0" in str(path):
        raise ValueError(f"must be an absolute path in the served folder, not {value!r}")
    return "/" + "/".join(path.parts[1:])


def _folder(value: object) -> str:
    text = toml.text(value)
    if not text.startswith("/") or "\0" in text:
        raise ValueError(f"must be an absolute path on the disk, not {value!r}")
    return text


def _permissions(value: object) -> _Rights:
    if isinstance(value, str):
        return _rights(value)
    if isinstance(value, dict):
        return {_pattern(path): _rights(words) for path, words in value.items()}
    if isinstance(value, list) and all(isinstance(e, list) and len(e) == 2 for e in value):
        return [(_pattern(pattern), _rights(words)) for pattern, words in value]
    raise ValueError(
        'must be words such as "list read", a table of paths, or a list of [PATTERN, WORDS]'
    )


def _rights(value: object) -> Permission:
    words = toml.text(value).split()
    for word in words:
        if word not in RIGHTS:
            raise ValueError(f"there is no right {word!r}; there are {', '.join(RIGHTS)}")
    return functools.reduce(Permission.__or__, (RIGHTS[word] for word in words), Permission(0))


def _pattern(value: object) -> str:
    text = toml.text(value)
    if not text.startswith("/"):
        raise ValueError(f"a path or pattern must begin with '/', unlike {text!r}")
    return text


def _only_reading(rights: _Rights) -> _Rights:
    if isinstance(rights, Permission):
        return rights & Permission.READ_ONLY
    if isinstance(rights, Mapping):
        return {path: right & Permission.READ_ONLY for path, right in rights.items()}
    return [(pattern, right & Permission.READ_ONLY) for pattern, right in rights]


def _certificates(value: object) -> tuple[str, ...]:
    return tuple(toml.text(each) for each in toml.items(value, '["CN=alice"]'))


_FIELDS: dict[str, Callable[[object], object]] = {
    "password": _password,
    "home": parse_home,
    "folder": _folder,
    "permissions": _permissions,
    "read_only": toml.flag,
    "read_speed_limit": toml.amount,
    "write_speed_limit": toml.amount,
    "read_speed_limit_per_connection": toml.amount,
    "write_speed_limit_per_connection": toml.amount,
    "max_connections": toml.positive_count,
    "certificates": _certificates,
    "quota": toml.amount,
    "quota_files": toml.positive_count,
}
