"""Parsers of replies and listings in aioftp's terms, over the core's."""

from __future__ import annotations

import datetime
import functools
import operator
import re
from collections.abc import Callable
from pathlib import PurePosixPath
from typing import Protocol, TypeVar

import anyftp

from . import _entries
from ._entries import BasicListInfo, ListInfo, UnixListInfo

_Method = TypeVar("_Method", bound=Callable[..., object])

#: What the core does its own way, or is asked for by; filled by the classes that have the methods.
STOCK: dict[str, object] = {}


def stock(method: _Method) -> _Method:
    """Mark a method of ours: where a program puts its own there, the core's way is gone."""
    STOCK[method.__name__] = method
    return method


def is_own(client: object, name: str) -> bool:
    """Whether a program has put something of its own in the place of one of our methods.

    It may be a subclass, a mock or a patch, at any time.
    """
    return name in client.__dict__ or getattr(type(client), name) is not STOCK[name]


def has_any_own(client: object) -> bool:
    """Whether `is_own` is so of any of them; asked for each transfer."""
    of_class, methods = _stock_methods()
    return of_class(type(client)) != methods or not STOCK.keys().isdisjoint(client.__dict__)


@functools.cache
def _stock_methods() -> tuple[Callable[[object], object], tuple[object, ...]]:
    return operator.attrgetter(*STOCK), tuple(STOCK.values())


class ParseListLineCallable(Protocol):
    """A parser of lines of listings."""

    def __call__(self, b: bytes) -> tuple[PurePosixPath, ListInfo]:
        """The path and what is known of it."""


class ParseListLineCustomCallable(Protocol):
    """A parser of one's own."""

    def __call__(self, b: bytes) -> tuple[PurePosixPath, BasicListInfo]:
        """The path and what is known of it."""


class _ValueErrors:
    """Parsers raise ValueError for what they do not understand; entered once a line."""

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: object, error: BaseException | None, tb: object) -> None:
        if isinstance(error, anyftp.FTPError):
            raise ValueError(str(error)) from error


_VALUE_ERRORS = _ValueErrors()


class Parsers:
    """The methods of `BaseClient` that read text; subclasses may override them."""

    encoding: str
    parse_list_line_custom: ParseListLineCustomCallable | None
    parse_list_line_custom_first: bool

    @staticmethod
    @stock
    def parse_epsv_response(s: str) -> tuple[None, int]:
        """The port in the text of a reply to EPSV. Raises ValueError."""
        found = re.findall(r"\((.)\1\1(\d+)\1\)", s)
        with _VALUE_ERRORS:
            return None, anyftp.parse_epsv(f"(|||{found[-1][1]}|)" if found else s)

    @staticmethod
    @stock
    def parse_pasv_response(s: str) -> tuple[str, int]:
        """The address in the text of a reply to PASV. Raises ValueError."""
        with _VALUE_ERRORS:
            return anyftp.parse_pasv(s)

    @staticmethod
    def parse_directory_response(s: str) -> PurePosixPath:
        """The path in the text of a reply to PWD, "." if there is none."""
        try:
            return PurePosixPath(anyftp.parse_257(s))
        except anyftp.FTPError:
            return PurePosixPath()

    @staticmethod
    def parse_unix_mode(s: str) -> int:
        """The number for letters such as "rwxr-x--t". Raises ValueError."""
        with _VALUE_ERRORS:
            return _entries.parse_unix_mode(s)

    @staticmethod
    def format_date_time(d: datetime.datetime) -> str:
        """A moment as YYYYMMDDhhmmss, on the minute, as listings know it."""
        return _entries.format_date_time(d.replace(second=0))

    @classmethod
    def parse_ls_date(cls, s: str, *, now: datetime.datetime | None = None) -> str:
        """A date as `ls` prints it, as YYYYMMDDhhmmss. Raises ValueError."""
        with _VALUE_ERRORS:
            return cls.format_date_time(_entries.parse_ls_date(s, now))

    def parse_list_line_unix(self, b: bytes) -> tuple[PurePosixPath, UnixListInfo]:
        """A line of `ls -l`. Raises ValueError."""
        line = self._decoded(b)
        with _VALUE_ERRORS:
            name, info = _entries.parse_unix(line)
        if self._reads_columns():
            info["unix.mode"] = self.parse_unix_mode(line[1:10])
            info["modify"] = self.parse_ls_date(_entries.ls_date_in(line))
        return PurePosixPath(name), info

    def _reads_columns(self) -> bool:
        """Whether columns are read by something of a program's own."""
        kind = type(self)
        return (
            kind.parse_unix_mode is not Parsers.parse_unix_mode
            or kind.format_date_time is not Parsers.format_date_time
            or getattr(kind.parse_ls_date, "__func__", None) is not _OUR_LS_DATE
            or not self.__dict__.keys().isdisjoint(_COLUMNS)
        )

    def parse_list_line_windows(self, b: bytes) -> tuple[PurePosixPath, BasicListInfo]:
        """A line of DOS. Raises ValueError."""
        with _VALUE_ERRORS:
            entry = anyftp.parse_dos_line(_entries.padded_dos_line(self._decoded(b)))
        if entry.name in (".", ".."):
            raise ValueError(f"{entry.name!r} is no entry of its own")
        info = _entries.describe_dos(entry)
        if entry.modified is not None:
            info["modify"] = self.format_date_time(entry.modified)
        return PurePosixPath(entry.name), info

    def parse_list_line(self, b: bytes) -> tuple[PurePosixPath, ListInfo]:
        """A line of LIST, by the parser of one's own and those for Unix and DOS.

        Raises:
            ValueError: none of them knows it.
        """
        parsers: list[ParseListLineCallable] = [
            self.parse_list_line_unix,
            self.parse_list_line_windows,
        ]
        if self.parse_list_line_custom is not None:
            place = 0 if self.parse_list_line_custom_first else len(parsers)
            parsers.insert(place, self.parse_list_line_custom)
        failures = []
        for parse in parsers:
            try:
                return parse(b)
            except Exception as error:
                failures.append(error)
        raise ValueError("All parsers failed to parse", b, failures)

    def parse_mlsx_line(self, b: bytes | str) -> tuple[PurePosixPath, BasicListInfo]:
        """A line of MLSD or MLST. Raises ValueError."""
        text = self._decoded(b)
        if text.rstrip(" ").endswith(";"):  # MLST of a root that has no name
            text = f"{text.rstrip(' ')} ."
        try:
            entry = anyftp.parse_mlsx_line(text)
        except anyftp.FTPError as error:
            raise ValueError(str(error)) from error
        return PurePosixPath(entry.name), dict(entry.facts)  # type: ignore[return-value]  # whatever facts the server sends

    def _decoded(self, b: bytes | str) -> str:
        text = b if isinstance(b, str) else b.decode(self.encoding, "surrogateescape")
        return text.rstrip("\r\n")


_COLUMNS = ("parse_unix_mode", "parse_ls_date", "format_date_time")
_OUR_LS_DATE = vars(Parsers)["parse_ls_date"].__func__
