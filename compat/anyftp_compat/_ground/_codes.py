"""Constants of the protocol and reply codes with wildcards."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeVar, overload

StrType = TypeVar("StrType", bound=str)
NotStrType = TypeVar("NotStrType")

#: The release of aioftp whose surface this is.
RELEASE = "0.28.3"

END_OF_LINE = "\r\n"
DEFAULT_BLOCK_SIZE = 8192
DEFAULT_PORT = 21
DEFAULT_USER = "anonymous"
DEFAULT_PASSWORD = "anon@"
DEFAULT_ACCOUNT = ""
HALF_OF_YEAR_IN_SECONDS = 15778476
TWO_YEARS_IN_SECONDS = ((365 * 3 + 366) * 24 * 60 * 60) / 2


class Code(str):
    """Three digits of a reply that can be compared with a mask such as "2xx"."""

    __slots__ = ()

    def matches(self, mask: str) -> bool:
        """Tell whether every digit of the mask stands in the code at the same place."""
        for wanted, digit in zip(mask, self, strict=False):
            if wanted != digit and wanted.isdigit():
                return False
        return True


@overload
def wrap_with_container(o: StrType) -> tuple[StrType]: ...
@overload
def wrap_with_container(o: NotStrType) -> NotStrType: ...
def wrap_with_container(o: object) -> object:
    """Put a lone string into a tuple; leave anything else as it is."""
    return (o,) if isinstance(o, str) else o


def wrap_into_codes(o: Iterable[str]) -> tuple[Code, ...]:
    """Turn strings into codes."""
    return tuple(map(Code, o))
