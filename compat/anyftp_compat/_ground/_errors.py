"""The exceptions of aioftp's names."""

from __future__ import annotations

import copyreg
from types import TracebackType
from typing import TypeAlias

from ._codes import Code, wrap_with_container

ExcInfo: TypeAlias = tuple[type[BaseException], BaseException, TracebackType]
OptExcInfo: TypeAlias = ExcInfo | tuple[None, None, None]


class AIOFTPException(Exception):
    """Root of the exceptions of this package's own."""


class StatusCodeError(AIOFTPException):
    """The server answered with another code than the expected ones.

    Attributes:
        expected_codes: masks that would have been fine.
        received_codes: what came.
        info: the text of the reply.
    """

    def __init__(
        self,
        expected_codes: tuple[Code, ...] | Code,
        received_codes: tuple[Code, ...] | Code,
        info: list[str] | str,
    ) -> None:
        super().__init__(f"Waiting for {expected_codes} but got {received_codes} {info!r}")
        self.expected_codes: tuple[Code, ...] = wrap_with_container(expected_codes)
        self.received_codes: tuple[Code, ...] = wrap_with_container(received_codes)
        self.info = info

    def __reduce__(self) -> tuple[object, ...]:
        # as it is: the arguments have become a text
        return copyreg.__newobj__, (type(self), *self.args), self.__dict__  # type: ignore[attr-defined]


class PathIsNotAbsolute(AIOFTPException):
    """A path that has to be absolute is not."""


class PathIOError(AIOFTPException):
    """A file system failed.

    Attributes:
        reason: `sys.exc_info()` of the failure.
    """

    def __init__(self, *args: object, reason: OptExcInfo | None = None, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        self.reason = reason


class NoAvailablePort(AIOFTPException, OSError):
    """All ports for passive data connections are in use."""


class InvalidCommand(AIOFTPException, ValueError):
    """A command that cannot be a line, such as one with a line ending inside."""
