"""What aioftp keeps in `aioftp.errors`."""

from __future__ import annotations

from types import TracebackType as TracebackType
from typing import Any as Any
from typing import TypeAlias as TypeAlias

from . import common as common
from ._ground._errors import AIOFTPException as AIOFTPException
from ._ground._errors import ExcInfo as ExcInfo
from ._ground._errors import InvalidCommand as InvalidCommand
from ._ground._errors import NoAvailablePort as NoAvailablePort
from ._ground._errors import OptExcInfo as OptExcInfo
from ._ground._errors import PathIOError as PathIOError
from ._ground._errors import PathIsNotAbsolute as PathIsNotAbsolute
from ._ground._errors import StatusCodeError as StatusCodeError

__all__ = (  # noqa: RUF022  # aioftp's order
    "AIOFTPException",
    "StatusCodeError",
    "PathIsNotAbsolute",
    "PathIOError",
    "NoAvailablePort",
)
