"""The exceptions of aioftp's names, and the way from the core's exceptions to them."""

from __future__ import annotations

import copyreg
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from types import TracebackType
from typing import Any, TypeAlias

import anyftp

from . import common as common
from ._codes import Code, wrap_into_codes, wrap_with_container

__all__ = (
    "AIOFTPException",
    "NoAvailablePort",
    "PathIOError",
    "PathIsNotAbsolute",
    "StatusCodeError",
)

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

    def __reduce__(self) -> tuple[Any, ...]:
        # as it is: the arguments have become a text
        return copyreg.__newobj__, (type(self), *self.args), self.__dict__  # type: ignore[attr-defined]


class PathIsNotAbsolute(AIOFTPException):
    """A path that has to be absolute is not."""


class PathIOError(AIOFTPException):
    """A file system failed.

    Attributes:
        reason: `sys.exc_info()` of the failure.
    """

    def __init__(self, *args: Any, reason: OptExcInfo | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.reason = reason


class NoAvailablePort(AIOFTPException, OSError):
    """All ports for passive data connections are in use."""


class InvalidCommand(AIOFTPException, ValueError):
    """A command that cannot be a line, such as one with a line ending inside."""


@contextmanager
def translated_errors(expected: str | Sequence[str] = ()) -> Iterator[None]:
    """Raise what aioftp raises where the core raises its own.

    Args:
        expected: the masks that aioftp would name as the expected ones; the core's if empty.

    Raises:
        StatusCodeError: for a refusal.
        InvalidCommand: for a command that cannot be sent.
        ConnectionResetError: the connection is gone.
        asyncio.TimeoutError: as such.
        ssl.SSLError: TLS failed.
    """
    try:
        yield
    except anyftp.FTPError as error:
        raise translated(error, expected) from error
    except Exception as error:
        if is_broken_stream(error):
            raise ConnectionResetError("Connection lost") from error
        raise


def translated(error: anyftp.FTPError, expected: str | Sequence[str] = ()) -> BaseException:
    """The exception of aioftp's that stands for one of the core's."""
    match error:
        case anyftp.ReplyError():
            masks = wrap_into_codes(wrap_with_container(expected or error.expected))
            return StatusCodeError(masks, Code(error.code), raw_info(error.info))
        case anyftp.LocalProtocolError():
            return InvalidCommand(str(error))
        case anyftp.TLSError():
            return _cause_of(error, expected)
        case anyftp.ConnectionLost():
            return _cause_of(error, expected)
        case anyftp.FTPTimeoutError():
            return TimeoutError(str(error))
        case anyftp.DataConnectionError() if isinstance(error.__cause__, OSError):
            return error.__cause__
        case anyftp.FileSystemError():
            return PathIOError(reason=(type(error), error, error.__traceback__))  # type: ignore[arg-type]
    return ConnectionResetError(str(error))


def _cause_of(error: anyftp.FTPError, expected: str | Sequence[str]) -> BaseException:
    """Why there is no connection: what the system, TLS or the server said."""
    cause = error.__cause__
    if isinstance(cause, anyftp.ReplyError):
        return translated(cause, expected)
    return cause if isinstance(cause, OSError) else ConnectionResetError(str(error))


def raw_info(lines: list[str]) -> list[str]:
    """A reply's lines as they stand behind the code on the wire."""
    if len(lines) < 2:
        return [f" {line}" if line else "" for line in lines] or [""]
    return [f"-{lines[0]}", *lines[1:-1], f" {lines[-1]}"]


def is_broken_stream(error: BaseException) -> bool:
    """Whether this is what the core's streams raise once they cannot be used any more."""
    return any(kind.__module__.partition(".")[0] == "anyio" for kind in type(error).__mro__)
